from datetime import date

import pytest

from registry.domain.vocab import ConditionKind, Outcome, Stage
from registry.policy.conditions import (
    ALWAYS,
    All,
    AnyOf,
    Compare,
    Condition,
    FactRef,
    Not,
    Op,
    condition_to_json,
)
from registry.policy.decision import Decision
from registry.policy.explain import (
    condition_text,
    effect_text,
    fact_label,
    rule_text,
    sentence,
    tree,
    unknown_text,
)
from registry.policy.rules import (
    Effect,
    Impose,
    Inform,
    Require,
    RequirementKind,
    Rule,
    SetExplainability,
    SetTier,
)
from tests.unit.policy.making import BLOCK, REFER, complete_pack, make_decision, make_facts, make_rule

HASHED = Compare("version.artifact_hashed", Op.IS_FALSE)
LIMIT = Impose(kind=ConditionKind.EXPIRY, text="Ends soon.")


def said(decision: Decision, until: date | None = None) -> str:
    return sentence(decision=decision, version="pd-cards/1", use="cards", until=until)


def test_what_is_allowed_is_said_with_its_end_and_its_reason() -> None:
    assert said(make_decision([complete_pack()])) == (
        "pd-cards/1 may be validated for cards, because no rule in force stands against it in tier 3."
    )
    limited = make_decision([complete_pack(make_rule("l", LIMIT))], stage=Stage.GATE_APPROVE)
    assert said(limited, date(2027, 5, 1)) == (
        "pd-cards/1 may be approved for cards until 2027-05-01 under 1 condition, "
        "because no rule in force stands against it in tier 3."
    )


def test_a_denial_names_rule_source_and_remedy() -> None:
    denied = make_decision([complete_pack(*(make_rule(name, BLOCK) for name in "ab"), make_rule("c", REFER))])
    assert said(denied) == (
        "pd-cards/1 may not be used for cards: title of a (Clause 1); stop; and 1 further reason."
    )


def test_a_referral_names_what_is_not_known() -> None:
    unsure = make_decision([complete_pack(make_rule("a", BLOCK, HASHED))])
    assert said(unsure) == (
        "A person must decide whether pd-cards/1 may be validated for cards: it is not known whether "
        "a digest was taken over the artefact's bytes (Clause 1); stop."
    )
    empty = make_decision([])
    assert "no rule in force decides at stage tiering; load a pack" in said(empty)
    assert said(empty).endswith("and 4 further reasons.")
    assert empty.outcome is Outcome.REFER


def test_a_rule_that_errs_has_no_remedy_of_its_own() -> None:
    erring = make_rule("e", LIMIT, Compare("tier", Op.IS_TRUE))
    words = said(make_decision([complete_pack(erring)]))
    assert "title of e; the rule could not be evaluated" in words
    assert words.endswith("(Clause 1).")


def test_without_a_tier_none_is_named() -> None:
    lone = make_decision([complete_pack()], stage=Stage.TIERING)
    assert said(lone).startswith("pd-cards/1 may go on for cards")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (ALWAYS, "always"),
        (HASHED, "it is not so that a digest was taken over the artefact's bytes"),
        (Compare("tier", Op.LE, 2), "the risk tier is at most 2"),
        (Compare("validation.age_days", Op.GT, 365), "days since the validation is above 365 days"),
        (
            Compare("use.materiality", Op.IN, ("low", "high")),
            "exposure and purpose taken together is one of low, high",
        ),
        (
            Compare("evidence.explainability_achieved", Op.LT, FactRef("use.required_explainability")),
            "explainability shown by evidence is below the explainability that the use needs",
        ),
        (
            Not(Compare("validation.completed", Op.IS_TRUE)),
            "it is not so that a validation run has completed",
        ),
        (
            All(
                (
                    Compare("permit.issued", Op.IS_TRUE),
                    AnyOf((HASHED, Compare("permit.suspended", Op.IS_TRUE))),
                )
            ),
            (
                "a permit was issued and (it is not so that a digest was taken over the artefact's bytes "
                "or the permit is suspended)"
            ),
        ),
    ],
)
def test_conditions_in_plain_english(condition: Condition, text: str) -> None:
    assert condition_text(condition=condition) == text
    assert condition_text(condition=condition_to_json(condition=condition)) == text


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        (SetTier(tier=2), "the tier is at least as strict as 2"),
        (SetExplainability(level=3), "explainability of level 3 or more is required"),
        (Require(kind=RequirementKind.CHECK, name="explain.shap"), "check `explain.shap` is required"),
        (LIMIT, "a condition is imposed: Ends soon"),
        (BLOCK, "denied: Stop"),
        (REFER, "a person decides: Ask"),
        (Inform(text="Note."), "note: Note"),
    ],
)
def test_effects_in_plain_english(effect: Effect, text: str) -> None:
    assert effect_text(effect=effect.to_json()) == text


def test_a_rule_reads_as_a_sentence() -> None:
    rule: Rule = make_rule("r", BLOCK, Compare("permit.suspended", Op.IS_TRUE))
    assert rule_text(rule=rule) == "Title of r. When the permit is suspended: denied: Stop."


def test_labels_and_unknowns() -> None:
    assert fact_label(name="no.such_fact") == "no.such_fact"
    assert fact_label(name="capital.model_share_of_benchmark").startswith("RWA ")
    assert unknown_text(name="evidence.auc") == "area under the ROC curve is not known"
    assert unknown_text(name="no.such_fact") == "no.such_fact is not known"


def test_the_tree_shows_every_rule_with_what_it_saw() -> None:
    condition = All((Not(Compare("permit.issued", Op.IS_TRUE)), HASHED))
    rule = make_rule("r", BLOCK, condition, stage=Stage.GATE_USE)
    decision = make_decision(
        [complete_pack(rule)], make_facts(version__artifact_hashed=False), stage=Stage.GATE_USE
    )
    node = next(item for item in tree(decision=decision) if item["rule"] == "test/1#r")
    assert (node["text"], node["truth"], node["effect"], node["citations"]) == (
        "Title of r",
        "unknown",
        "denied: Stop",
        ["Clause 1"],
    )
    (root,) = node["children"]  # type: ignore[misc]
    assert (root["text"], [child["truth"] for child in root["children"]]) == ("All of", ["unknown", "true"])  # type: ignore[index, call-overload, union-attr]
    leaf = root["children"][1]  # type: ignore[index, call-overload]
    assert leaf["text"] == "it is not so that a digest was taken over the artefact's bytes"  # type: ignore[index, call-overload]
    assert leaf["observed"][0]["value"] is False  # type: ignore[index, call-overload]
    always = next(item for item in tree(decision=decision) if item["rule"] == "test/1#tier")
    assert always["children"][0]["text"] == "always"  # type: ignore[index, call-overload]
