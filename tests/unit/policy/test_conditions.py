from decimal import Decimal

import pytest

from registry.domain.errors import InvalidInput
from registry.policy.conditions import (
    ALWAYS,
    All,
    AnyOf,
    Compare,
    Condition,
    FactRef,
    Not,
    Op,
    Truth,
    condition_to_json,
    evaluate,
    facts_read,
    missing_facts,
)
from registry.policy.facts import Fact
from tests.unit.policy.making import make_facts

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
YES = Compare("validation.completed", Op.IS_TRUE)
NO = Compare("validation.completed", Op.IS_FALSE)
MAYBE = Compare("validation.report_signed", Op.IS_TRUE)
FACTS = make_facts(
    validation__completed=True,
    tier=2,
    evidence__auc="0.70",
    use__materiality="high",
    use__jurisdiction="EU, UK",
    evidence__explainability_achieved=3,
    use__required_explainability=4,
)


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (All((YES, YES)), TRUE),
        (All((YES, NO)), FALSE),
        (All((YES, MAYBE)), UNKNOWN),
        (All((NO, MAYBE)), FALSE),
        (AnyOf((NO, YES)), TRUE),
        (AnyOf((NO, NO)), FALSE),
        (AnyOf((NO, MAYBE)), UNKNOWN),
        (AnyOf((YES, MAYBE)), TRUE),
        (Not(YES), FALSE),
        (Not(NO), TRUE),
        (Not(MAYBE), UNKNOWN),
        (ALWAYS, TRUE),
    ],
)
def test_kleene(condition: Condition, truth: Truth) -> None:
    assert evaluate(condition=condition, facts=FACTS).truth is truth


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (Compare("tier", Op.EQ, 2), TRUE),
        (Compare("tier", Op.NE, 2), FALSE),
        (Compare("tier", Op.IN, (1, 2)), TRUE),
        (Compare("tier", Op.NOT_IN, (1, 2)), FALSE),
        (Compare("tier", Op.LE, 2), TRUE),
        (Compare("tier", Op.LT, 2), FALSE),
        (Compare("evidence.auc", Op.GE, Decimal("0.7")), TRUE),
        (Compare("evidence.auc", Op.GT, Decimal("0.7")), FALSE),
        (Compare("use.materiality", Op.EQ, "high"), TRUE),
        (Compare("use.jurisdiction", Op.CONTAINS, "UK"), TRUE),
        (Compare("use.jurisdiction", Op.CONTAINS, "US"), FALSE),
        (Compare("evidence.explainability_achieved", Op.LT, FactRef("use.required_explainability")), TRUE),
        (Compare("evidence.explainability_achieved", Op.LT, FactRef("tier")), FALSE),
        (Compare("evidence.explainability_achieved", Op.LT, FactRef("findings.open_high")), UNKNOWN),
    ],
)
def test_comparisons(condition: Condition, truth: Truth) -> None:
    assert evaluate(condition=condition, facts=FACTS).truth is truth


@pytest.mark.parametrize(
    "condition",
    [
        Compare("tier", Op.IS_TRUE),
        Compare("tier", Op.LE, "2"),
        Compare("tier", Op.LE, True),
        Compare("tier", Op.IN, 2),
        Compare("use.materiality", Op.EQ, 3),
        Compare("use.jurisdiction", Op.CONTAINS, 3),
        Compare("no.such_fact", Op.EQ, "x"),
    ],
)
def test_a_comparison_that_does_not_fit_is_an_error_not_an_answer(condition: Condition) -> None:
    with pytest.raises(InvalidInput, match="CON001"):
        evaluate(condition=condition, facts={**FACTS, "no.such_fact": Fact(value="x")})


def test_the_trace_keeps_every_observation_although_the_first_decides() -> None:
    node = evaluate(condition=All((NO, Compare("tier", Op.LE, 2), Not(MAYBE))), facts=FACTS)
    assert node.truth is FALSE
    assert [child.truth for child in node.children] == [FALSE, TRUE, UNKNOWN]
    assert node.to_json()["children"][1] == {  # type: ignore[index, call-overload]
        "kind": "compare",
        "truth": "true",
        "fact": "tier",
        "op": "le",
        "value": 2,
        "observed": [{"fact": "tier", "value": 2, "provenance": "declared", "source": "", "reason": ""}],
    }


def test_only_facts_that_keep_it_unknown_are_missing() -> None:
    decided = AnyOf((YES, Compare("findings.open_high", Op.GE, 1)))
    node = evaluate(condition=All((decided, MAYBE)), facts=FACTS)
    assert missing_facts(node=node) == ("validation.report_signed",)
    assert missing_facts(node=evaluate(condition=YES, facts=FACTS)) == ()


def test_a_condition_is_written_as_packs_write_it() -> None:
    condition = All((AnyOf((YES,)), Not(Compare("tier", Op.GT, FactRef("findings.open_high")))))
    assert condition_to_json(condition=condition) == {
        "all": [
            {"any": [{"fact": "validation.completed", "op": "is_true"}]},
            {"not": {"fact": "tier", "op": "gt", "value": {"fact": "findings.open_high"}}},
        ]
    }
    assert facts_read(condition=condition) == {"validation.completed", "tier", "findings.open_high"}
