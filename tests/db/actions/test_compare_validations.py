"""Two validations side by side: hand-worked changes and intervals, and what only one of them has."""

from decimal import Decimal

import pytest

from registry import api
from registry.domain.errors import MrmError
from registry.domain.vocab import Verdict
from tests.builders.registry import Story, a_story, actor, submission

pytestmark = pytest.mark.usefixtures("bank")


def figures(check: str, verdict: Verdict, *metrics: dict[str, object]) -> dict[str, object]:
    return submission(check, verdict) | {"metrics": list(metrics)}


def gini(estimate: str, lower: str | None, upper: str | None) -> dict[str, object]:
    return {"name": "gini", "estimate": estimate, "lower": lower, "upper": upper, "n": 100}


@pytest.fixture
def pair(bank: None) -> tuple[Story, Story]:
    """Version 1 separates well; version 2 separates less."""
    one = a_story().requested().run(figures("discrimination.auc", Verdict.PASS, gini("0.56", "0.53", "0.59")))
    two = (
        a_story(number=2)
        .requested()
        .run(figures("discrimination.auc", Verdict.WARN, gini("0.41", "0.38", "0.44")))
    )
    return one, two


def compared(first: Story, second: Story, username: str = "vera") -> api.Comparison:
    return api.compare_validations(
        actor=actor(username), first_uuid=first.request.uuid, second_uuid=second.request.uuid
    )


def test_changes_and_intervals_are_as_worked_by_hand(pair: tuple[Story, Story]) -> None:
    by_check = {row.check_id: row for row in compared(*pair).checks}
    (figure,) = by_check["discrimination.auc"].figures
    assert (figure.change, figure.is_apart) == (Decimal("-0.15"), True)
    assert by_check["discrimination.auc"].is_other_verdict
    assert not by_check["stability.psi"].is_other_verdict
    assert by_check["stability.psi"].figures[0].is_apart is None
    back = {row.check_id: row for row in compared(pair[1], pair[0]).checks}
    assert back["discrimination.auc"].figures[0].change == Decimal("0.15")


@pytest.mark.parametrize(
    ("second", "change", "is_apart"),
    [
        (("0.60", "0.59", "0.61"), Decimal("0.04"), False),
        (("0.60", "0.591", "0.61"), Decimal("0.04"), True),
        (("0.60", None, "0.61"), Decimal("0.04"), None),
        (("unknown", "0.1", "0.2"), None, True),
    ],
    ids=["touching", "just apart", "no interval", "no figure"],
)
def test_intervals_that_touch_are_not_apart(
    bank: None, second: tuple[str, str, str], change: Decimal | None, is_apart: object
) -> None:
    one = a_story().requested().run(figures("discrimination.auc", Verdict.PASS, gini("0.56", "0.53", "0.59")))
    two = a_story(number=2).requested().run(figures("discrimination.auc", Verdict.PASS, gini(*second)))
    figure = next(row for row in compared(one, two).checks if row.check_id == "discrimination.auc").figures[0]
    assert (figure.change, figure.is_apart) == (change, is_apart)


def test_what_only_one_has_is_shown_as_missing(bank: None) -> None:
    one = a_story().requested().run(figures("discrimination.auc", Verdict.PASS, gini("0.5", None, None)))
    two = (
        a_story("capital-qrre", number=2)
        .requested()
        .run(figures("discrimination.auc", Verdict.PASS, {"name": "auc", "estimate": "0.7"}))
    )
    found = {row.check_id: row for row in compared(one, two).checks}
    names = {figure.name: (figure.first, figure.second) for figure in found["discrimination.auc"].figures}
    assert names["gini"][1] is None
    assert names["auc"][0] is None
    missing = {name for name, row in found.items() if row.first is None}
    assert missing == {row["check"] for row in two.request.plan} - {row["check"] for row in one.request.plan}
    assert missing


def test_only_the_seen_is_compared_and_not_with_itself(pair: tuple[Story, Story]) -> None:
    one, two = pair
    for username, code in (("nia", "VAL010"), ("fred", "VAL010")):
        with pytest.raises(MrmError) as caught:
            compared(one, two, username)
        assert caught.value.code == code
    with pytest.raises(MrmError) as caught:
        compared(one, one)
    assert caught.value.code == "VAL050"
    rows = api.list_comparable(actor=actor("vera"), request=one.request)
    assert [row.uuid for row in rows] == [two.request.uuid]
    assert not api.list_comparable(actor=actor("nia"), request=one.request)
