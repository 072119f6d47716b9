"""The bound on false alarms in figures and words, and read back from recorded results."""

from decimal import Decimal

import pytest

from registry.domain.canonical import canonical_bytes
from registry.domain.false_alarms import FAMILY_LEVEL, FalseAlarmBound, JudgedLimit, LimitKind, read_bound

PROOF = JudgedLimit(check="auc", figure="gini.lower", kind=LimitKind.PROOF)
ESTIMATE = JudgedLimit(check="psi", figure="psi", kind=LimitKind.ESTIMATE)


def spending(spends: str, check: str = "one") -> JudgedLimit:
    return JudgedLimit(
        check=check, figure="p_value", kind=LimitKind.CHANCE, null="all is well", spends=Decimal(spends)
    )


def bound(*limits: JudgedLimit, level: Decimal = FAMILY_LEVEL) -> FalseAlarmBound:
    return FalseAlarmBound(level=level, limits=limits)


def test_parts_add_up_to_the_level_and_no_further() -> None:
    found = bound(spending("0.02"), PROOF, spending("0.01", "two"), ESTIMATE, spending("0.02", "three"))
    assert (found.spent, found.is_within) == (Decimal("0.05"), True)
    assert [limit.check for limit in found.alarms] == ["one", "two", "three"]
    assert (found.proofs, found.estimates) == ((PROOF,), (ESTIMATE,))
    assert not bound(spending("0.02"), spending("0.031")).is_within
    assert bound(spending("0.6"), spending("0.6")).spent == 1


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            (spending("0.02"), spending("0.01"), PROOF),
            (
                "If the model is sound, at most 3 % of runs of this plan raise any of its 2 statistical alarms "
                "(Bonferroni: 2 % + 1 % of the 5 % declared)."
            ),
        ),
        (
            (spending("0.05"),),
            (
                "If the model is sound, at most 5 % of runs of this plan raise its only statistical alarm "
                "(Bonferroni: 5 % of the 5 % declared)."
            ),
        ),
        (
            (spending("0.05"), spending("0.0416666")),
            (
                "On a sound model up to 9.17 % of runs of this plan may raise any of its 2 statistical alarms "
                "(Bonferroni: 5 % + 4.17 %), more than the 5 % declared: such an alarm weighs less."
            ),
        ),
        (
            (PROOF, ESTIMATE),
            "This plan holds no statistical alarm: no limit on a p-value or on the near end of an interval.",
        ),
    ],
)
def test_the_bound_is_one_sentence(limits: tuple[JudgedLimit, ...], sentence: str) -> None:
    assert bound(*limits).sentence() == sentence


@pytest.mark.parametrize(
    ("limits", "rest"),
    [
        ((spending("0.05"),), ""),
        (
            (PROOF, ESTIMATE),
            (
                "The bound says nothing of the other limits: 1 asks for proof, so that too little data crosses it, "
                "too; 1 compares an estimate or a count with a convention."
            ),
        ),
        (
            (PROOF, PROOF),
            "The bound says nothing of the other limits: 2 ask for proof, so that too little data crosses them, too.",
        ),
        (
            (ESTIMATE, ESTIMATE),
            "The bound says nothing of the other limits: 2 compare an estimate or a count with a convention.",
        ),
    ],
)
def test_what_the_bound_leaves_out_is_said(limits: tuple[JudgedLimit, ...], rest: str) -> None:
    assert bound(*limits).rest() == rest


def test_recorded_results_give_the_bound_back() -> None:
    limits = (spending("0.02"), PROOF, spending("0.01", "two"))
    results = [
        {"check": limit.check, "alarms": {"level": "0.03", "limits": [limit.to_json()]}} for limit in limits
    ]
    found = read_bound([*results, {}, {"check": "old"}, {"check": "none", "alarms": {}}])
    assert found == bound(*limits, level=Decimal("0.03"))
    assert read_bound([{}, {"alarms": None}]) is None


def test_a_run_whose_results_hold_no_limit_is_not_unknown() -> None:
    assert read_bound([{"check": "one", "alarms": {"level": "0.05", "limits": []}}]) == bound()


def test_exports_hold_figures_as_text() -> None:
    found = bound(spending("0.02"), PROOF).to_json()
    assert canonical_bytes(found)
    assert (found["declared_level"], found["spent"], found["is_within"]) == ("0.05", "0.02", True)
    assert found["sentence"]
    assert found["rest"]
    assert found["limits"] == [
        {
            "check": "one",
            "figure": "p_value",
            "kind": "chance",
            "null": "all is well",
            "spends": "0.02",
            "caveat": "",
        },
        {"check": "auc", "figure": "gini.lower", "kind": "proof", "null": "", "spends": "0", "caveat": ""},
    ]
