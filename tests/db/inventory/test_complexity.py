"""Complexity from what was counted, by the table; what is not known counts as the strictest."""

import pytest

from registry.domain.vocab import Complexity, ModelFamily
from registry.inventory.facts import facts_for
from registry.inventory.families import complexity_of
from tests.builders.registry import build_bank, make_model, make_use, make_version


@pytest.mark.parametrize(
    ("family", "shape", "expected"),
    [
        ("linear", {"parameters": 200}, "low"),
        ("linear", {"parameters": 201}, "medium"),
        ("linear", {}, "medium"),
        ("scorecard", {}, "low"),
        ("tree", {"trees": 1, "max_depth": 5}, "low"),
        ("tree", {"trees": 1, "max_depth": 6}, "high"),
        ("tree", {"trees": 1, "max_depth": None}, "high"),
        ("tree_ensemble", {"trees": 400, "max_depth": 1}, "medium"),
        ("tree_ensemble", {"trees": 2, "max_depth": 2}, "high"),
        ("tree_ensemble", {"source": "not counted"}, "high"),
        ("additive", {}, "medium"),
        ("neural", {}, "high"),
        ("generative", {}, "high"),
        ("opaque", {"parameters": 1}, "unknown"),
    ],
)
def test_the_table_maps_what_was_counted(family: str, shape: dict[str, object], expected: str) -> None:
    found, reason = complexity_of(family=ModelFamily(family), shape=shape)
    assert (found, bool(reason)) == (Complexity(expected), True)


def test_every_family_has_a_line() -> None:
    reasons = {complexity_of(family=family, shape={})[1] for family in ModelFamily}
    assert "the table has no line for it" not in reasons


@pytest.mark.django_db
def test_a_deep_tree_is_not_its_own_explanation() -> None:
    build_bank()
    use = make_use(make_version(make_model(), family=ModelFamily.TREE))
    assert facts_for(intended_use=use)["version.is_interpretable"].value is True
    use.version.complexity = Complexity.HIGH
    use.version.shape = {"source": "counted in the bytes of model.ubj"}
    facts = facts_for(intended_use=use)
    assert facts["version.is_interpretable"].value is False
    assert (
        facts["model.complexity"].source
        == f"model version {use.version.uuid}, counted in the bytes of model.ubj"
    )
