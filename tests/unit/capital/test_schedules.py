"""Which row of the floor schedule is in force."""

from datetime import date
from decimal import Decimal

import pytest

from registry.capital.schedules import FloorMechanism, factor_at, floor_schedule, list_jurisdictions
from registry.domain.errors import NotFound
from registry.domain.vocab import Verification


@pytest.mark.parametrize(
    ("jurisdiction", "as_of", "factor", "verification"),
    [
        ("BCBS", date(2026, 11, 22), "0.65", Verification.VERIFIED),
        ("BCBS", date(2035, 1, 1), "0.725", Verification.VERIFIED),
        ("EU", date(2025, 1, 1), "0.5", Verification.VERIFIED),
        ("EU", date(2026, 12, 31), "0.55", Verification.VERIFIED),
        ("EU", date(2027, 1, 1), "0.6", Verification.VERIFIED),
        ("EU", date(2029, 6, 30), "0.7", Verification.VERIFIED),
        ("UK", date(2027, 1, 1), "0.6", Verification.SECONDARY),
        ("Canada", date(2026, 11, 22), "0.675", Verification.SECONDARY),
        ("Hong Kong", date(2026, 11, 22), "0.55", Verification.UNVERIFIED),
    ],
)
def test_the_last_row_started_is_in_force(
    jurisdiction: str, as_of: date, factor: str, verification: Verification
) -> None:
    position = factor_at(jurisdiction=jurisdiction, as_of=as_of)
    assert position.factor == Decimal(factor)
    assert position.verification is verification
    assert position.may_gate is (verification is not Verification.UNVERIFIED)
    assert position.source


def test_before_the_first_row_there_is_no_answer_but_a_start() -> None:
    position = factor_at(jurisdiction="UK", as_of=date(2026, 11, 22))
    assert (position.row, position.factor, position.verification, position.source) == (None, None, None, None)
    assert not position.may_gate
    assert position.is_known_jurisdiction
    assert position.next_row is not None
    assert position.next_row.date_from == date(2027, 1, 1)


def test_an_unknown_jurisdiction_has_no_row_and_no_schedule() -> None:
    assert not factor_at(jurisdiction="Atlantis", as_of=date(2026, 1, 1)).is_known_jurisdiction
    with pytest.raises(NotFound, match="CAP003"):
        floor_schedule(jurisdiction="Atlantis")


def test_the_higher_of_two_totals_has_no_factor() -> None:
    position = factor_at(jurisdiction="US", as_of=date(2026, 11, 22))
    assert position.row is not None
    assert position.row.mechanism is FloorMechanism.HIGHER_OF
    assert position.factor is None
    assert position.row.multiplier == 1


def test_every_schedule_rises_and_steps_by_date() -> None:
    assert len(list_jurisdictions()) == 10
    for jurisdiction in list_jurisdictions():
        rows = floor_schedule(jurisdiction=jurisdiction)
        assert [row.date_from for row in rows] == sorted(row.date_from for row in rows)
        assert [row.multiplier for row in rows] == sorted(row.multiplier for row in rows)


def test_the_cap_ends_on_its_day_and_keeps_its_own_mark() -> None:
    row = floor_schedule(jurisdiction="EU")[4]
    assert row.cap_on(as_of=date(2029, 12, 31)) == Decimal("1.25")
    assert row.cap_on(as_of=date(2030, 1, 1)) is None
    assert row.cap_citation is not None
    assert row.cap_citation.verification is Verification.SECONDARY
