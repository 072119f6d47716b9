from decimal import Decimal

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Materiality, Provenance, Stage
from registry.policy.facts import (
    Fact,
    ensure_facts,
    expected_form,
    facts_digest,
    facts_from_json,
    facts_to_json,
    known,
    spec_of,
    unknown,
)
from registry.policy.vocabulary import VOCABULARY, FactType


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("validation.completed", True, True),
        ("validation.completed", "false", False),
        ("tier", 2, 2),
        ("tier", "2", 2),
        ("trade_off.expires_in_days", "-3", -3),
        ("evidence.auc", "0.70", Decimal("0.70")),
        ("evidence.psi", 1, Decimal(1)),
        ("use.materiality", Materiality.HIGH, "high"),
        ("use.jurisdiction", "EU", "EU"),
    ],
)
def test_a_known_fact_has_the_declared_type(name: str, raw: object, value: object) -> None:
    fact = known(name=name, value=raw, provenance=Provenance.MEASURED, source="record 1")
    assert fact.value == value
    assert type(fact.value) is type(value)
    assert (fact.provenance, fact.source) == (Provenance.MEASURED, "record 1")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("validation.completed", "yes"),
        ("validation.completed", 1),
        ("tier", True),
        ("tier", "two"),
        ("tier", "²"),
        ("tier", 5),
        ("tier", 0),
        ("tier", 2.0),
        ("evidence.auc", 0.7),
        ("evidence.auc", True),
        ("evidence.auc", "NaN"),
        ("evidence.auc", "Infinity"),
        ("evidence.auc", "much"),
        ("evidence.auc", "1.01"),
        ("use.materiality", "huge"),
        ("use.jurisdiction", ""),
        ("use.jurisdiction", 7),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_would(name: str, raw: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        known(name=name, value=raw)
    assert refusal.value.code == "FAC002"
    assert "leave it out" in refusal.value.remedy


def test_a_name_that_is_not_declared_is_refused() -> None:
    with pytest.raises(InvalidInput, match="FAC001"):
        known(name="evidence.magic", value=True)


def test_the_word_unknown_is_an_unknown_fact() -> None:
    assert known(name="model.complexity", value="unknown") == Fact(
        value=None, provenance=Provenance.DECLARED, reason="recorded as unknown"
    )


def test_facts_survive_canonical_json() -> None:
    facts = {
        "evidence.auc": known(name="evidence.auc", value="0.70", provenance=Provenance.MEASURED, source="r"),
        "findings.open_high": known(name="findings.open_high", value=0),
        "evidence.psi": unknown(reason="too few rows", source="record 2"),
    }
    data = facts_to_json(facts=facts)
    assert data["evidence.auc"] == {"value": "0.70", "provenance": "measured", "source": "r", "reason": ""}
    assert facts_from_json(data=data) == facts
    assert facts_digest(facts=dict(reversed(facts.items()))) == facts_digest(facts=facts)


@pytest.mark.parametrize("entry", [7, {"value": 1}])
def test_a_stored_fact_in_another_form_is_refused(entry: object) -> None:
    with pytest.raises(InvalidInput, match="FAC003"):
        facts_from_json(data={"tier": entry})  # type: ignore[dict-item]


def test_facts_built_by_hand_are_checked() -> None:
    good = {"tier": Fact(value=2), "evidence.auc": unknown(reason="none")}
    assert ensure_facts(facts=good) == good
    with pytest.raises(InvalidInput, match="FAC002"):
        ensure_facts(facts={"tier": Fact(value="2")})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("validation.completed", "true or false"),
        ("tier", "a whole number, from 1 to 4"),
        ("findings.open_high", "a whole number, at least 0"),
        ("evidence.brier_skill", "a finite decimal number written as text, at most 1"),
        ("evidence.advantage_gini", "a finite decimal number written as text"),
        ("use.jurisdiction", "text"),
        ("use.materiality", "one of low, medium, high"),
    ],
)
def test_the_expected_form_is_said_in_words(name: str, words: str) -> None:
    assert expected_form(spec=spec_of(name=name)) == words


def test_every_fact_is_described_and_every_enumeration_has_members() -> None:
    for name, spec in VOCABULARY.items():
        assert spec.name == name
        assert spec.description.endswith(".")
        assert spec.evidence
        assert (spec.type is FactType.ENUM) == bool(spec.options)
        assert "unknown" not in spec.options


def test_what_cannot_be_brought_about_is_not_mutable() -> None:
    assert VOCABULARY["capital.approach"].mutable
    assert not VOCABULARY["capital.exposure_class"].mutable
    assert VOCABULARY["permit.issued"].stage is Stage.GATE_USE
