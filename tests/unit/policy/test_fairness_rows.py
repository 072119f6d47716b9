"""Fairness by jurisdiction: the page's table is what the packs hold, and each row rules as the table says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.domain.vocab import BindingLevel, Outcome, Verification
from registry.policy.conditions import All, Compare
from registry.policy.facts import Facts
from registry.policy.rules import Clause, Inform, Pack, Require, Rule, Threshold
from tests.unit.policy.shipped import PACKS, flips, having, ruling, without
from tests.unit.policy.test_shipped_packs import SCORECARD

PAGE = (Path(__file__).parents[3] / "docs" / "packs.md").read_text(encoding="utf-8")
BY_REF: dict[str, Pack] = {pack.ref: pack for pack in PACKS}
FAIRNESS = BY_REF["house-fairness/2026-11"]
CLAUSES: dict[str, Clause] = {ref: item for pack in PACKS for ref, item in pack.clauses_by_ref.items()}
MEASURES = ("adverse_impact_ratio", "standardised_mean_difference", "equalised_odds_difference")
HEAD = (
    "| use in | approval ratio | distance of scores | gap of errors | at approval the ratio must be | cited |\n"
    "|---|---|---|---|---|---|"
)
REACHING_EFFECTS = {"UK", "EU", "HK"}
UNMEASURED = ("evidence.adverse_impact_ratio", "evidence.adverse_impact_ratio_lower")


def rows() -> Iterator[tuple[tuple[str, ...], Rule, Rule]]:
    """Each jurisdiction's codes, the rule that sets its limits, and the one that gates."""
    by_id = {rule.id: rule for rule in FAIRNESS.rules}
    for rule in FAIRNESS.rules:
        if rule.id.startswith("row-") and isinstance(rule.effect, Require):
            yield codes(rule), rule, by_id[rule.id.replace("row-", "justified-")]


def leaves(rule: Rule) -> dict[str, Compare]:
    assert isinstance(rule.when, All)
    return {leaf.fact: leaf for leaf in rule.when.members if isinstance(leaf, Compare)}


def codes(rule: Rule) -> tuple[str, ...]:
    found = leaves(rule)["use.jurisdiction"].value
    assert isinstance(found, tuple)
    return tuple(str(code) for code in found)


def limits(rule: Rule, metric: str) -> tuple[Threshold, ...]:
    assert isinstance(rule.effect, Require)
    return tuple(limit for limit in rule.effect.thresholds if limit.metric.partition(".")[0] == metric)


def said(rule: Rule, metric: str) -> str:
    words = {"at_least": "below", "at_most": "above"}
    parts = [
        f"{limit.verdict.value} {words[limit.direction.value]} {limit.value}"
        + (" (lower bound)" if limit.metric.endswith(".lower") else "")
        for limit in limits(rule, metric)
    ]
    return ", ".join(parts)


def line(names: tuple[str, ...], rule: Rule, gate: Rule) -> str:
    how = "shown" if UNMEASURED[1] in leaves(gate) else "estimated"
    cited = "; ".join(
        f"{CLAUSES[cite].citation} ({CLAUSES[cite].verification.value})"
        for cite in rule.cites
        if not cite.startswith(FAIRNESS.ref)
    )
    at_least = next(leaf.value for fact, leaf in leaves(gate).items() if fact in UNMEASURED)
    figures = " | ".join(said(rule, metric) for metric in MEASURES)
    return f"| {', '.join(names)} | {figures} | {how} at {at_least} or more | {cited} |"


def test_the_page_shows_the_rows_of_the_pack() -> None:
    expected = "\n".join([HEAD, *(line(*row) for row in rows())])
    assert expected in PAGE, f"docs/packs.md should hold:\n{expected}"


def test_seven_jurisdictions_have_a_row_and_only_binding_texts_on_effects_fail() -> None:
    found = {names[0]: rule for names, rule, _ in rows()}
    assert set(found) == {"UK", "EU", "HK", "US", "CA", "SG", "IN"}
    for name, rule in found.items():
        verdicts = {limit.verdict.value for metric in MEASURES for limit in limits(rule, metric)}
        assert verdicts == ({"warn", "fail"} if name in REACHING_EFFECTS else {"warn"})
        assert all(limits(rule, metric) for metric in MEASURES)
        assert all(limit.cites for metric in MEASURES for limit in limits(rule, metric))


def test_texts_nobody_read_inform_and_never_gate() -> None:
    unread = {ref for ref, clause in CLAUSES.items() if clause.verification is Verification.UNVERIFIED}
    citing = [rule for pack in PACKS for rule in pack.rules if unread & set(rule.cites)]
    assert {"us-reg-b/2026-07#OTHER-LAW", "ca-human-rights-act/2017-06#EFFECTS"} <= unread
    assert citing
    assert all(isinstance(rule.effect, Inform) for rule in citing)


def test_texts_of_law_only_inform_and_the_numbers_are_the_houses() -> None:
    laws = {cite.partition("#")[0] for _, rule, _ in rows() for cite in rule.cites} - {FAIRNESS.ref}
    assert {type(rule.effect) for ref in laws for rule in BY_REF[ref].rules} == {Inform}
    assert BindingLevel.HOUSE not in {BY_REF[ref].binding_level for ref in laws}
    numbers = [FAIRNESS.clauses_by_ref[f"{FAIRNESS.ref}#{name}"].text for name in ("F2", "F3", "F4")]
    assert all("no regulator gives" in text for text in numbers)


def use_in(jurisdiction: str, **values: object) -> Facts:
    return having(SCORECARD, use__jurisdiction=jurisdiction, **values)


@pytest.mark.parametrize("jurisdiction", ["UK", "GB", "EU", "HK", "US", "CA", "SG", "IN"])
def test_a_use_that_decides_on_customers_has_its_groups_compared(jurisdiction: str) -> None:
    decision = ruling(use_in(jurisdiction))
    assert decision.outcome is Outcome.ALLOW_WITH_CONDITIONS
    (entry,) = (item for item in decision.plan if item.check == "fairness.outcomes")
    assert {str(limit["metric"]) for limit in entry.thresholds} >= {*MEASURES, "groups_too_small"}  # type: ignore[index, call-overload]
    unmeasured = ruling(without(use_in(jurisdiction), *UNMEASURED))
    assert (unmeasured.outcome, set(unmeasured.missing) <= set(UNMEASURED)) == (Outcome.REFER, True)
    assert any("`segment`" in reason.remedy for reason in unmeasured.reasons)


@pytest.mark.parametrize("jurisdiction", ["UK", "EU", "HK"])
def test_where_law_reaches_effects_the_lower_bound_gates(jurisdiction: str) -> None:
    unsure = use_in(
        jurisdiction, evidence__adverse_impact_ratio="0.88", evidence__adverse_impact_ratio_lower="0.79"
    )
    assert ruling(unsure).outcome is Outcome.REFER
    answered = having(unsure, validation__opinion="fit_with_conditions")
    assert ruling(answered).outcome is Outcome.ALLOW_WITH_CONDITIONS
    assert [("evidence.adverse_impact_ratio_lower", "0.80")] in [
        [(change.fact, change.then) for change in changes]
        for changes in flips(unsure, Outcome.ALLOW_WITH_CONDITIONS).sets
    ]


@pytest.mark.parametrize("jurisdiction", ["US", "CA", "SG", "IN"])
def test_elsewhere_the_estimate_gates(jurisdiction: str) -> None:
    unsure = use_in(
        jurisdiction, evidence__adverse_impact_ratio="0.88", evidence__adverse_impact_ratio_lower="0.79"
    )
    assert ruling(unsure).outcome is Outcome.ALLOW_WITH_CONDITIONS
    assert ruling(having(unsure, evidence__adverse_impact_ratio="0.79")).outcome is Outcome.REFER


def test_a_jurisdiction_without_a_row_is_referred_with_its_figures_kept() -> None:
    decision = ruling(use_in("NZ"))
    assert decision.outcome is Outcome.REFER
    (reason,) = (item for item in decision.reasons if item.outcome == Outcome.REFER.value)
    assert reason.rule == "house-fairness/2026-11#row-missing"
    assert "fairness.outcomes" in [item.check for item in decision.plan]


def test_half_the_rate_of_another_is_referred_whatever_the_opinion() -> None:
    facts = use_in("SG", evidence__adverse_impact_ratio="0.49", validation__opinion="fit_with_conditions")
    assert ruling(facts).outcome is Outcome.REFER
