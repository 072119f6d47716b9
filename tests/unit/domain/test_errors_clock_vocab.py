from datetime import UTC, date, datetime, timedelta

import pytest

from registry.domain import errors
from registry.domain.clock import FrozenClock, SystemClock, parse_day
from registry.domain.vocab import Outcome, RunStatus, Stage

KINDS = [
    found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, errors.MrmError)
]


def test_an_error_carries_code_cause_remedy_and_context() -> None:
    error = errors.Conflict("XYZ001", "somebody was first", remedy="Read again.", etag="7")
    assert str(error) == "XYZ001 somebody was first"
    assert (error.code, error.message, error.remedy) == ("XYZ001", "somebody was first", "Read again.")
    assert error.context == {"etag": "7"}


def test_each_class_has_a_kind_of_its_own() -> None:
    kinds = [found.kind for found in KINDS]
    assert len(set(kinds)) == len(kinds) >= 9


def test_a_frozen_clock_moves_when_told() -> None:
    clock = FrozenClock(datetime(2026, 11, 22, tzinfo=UTC))
    clock.advance(by=timedelta(days=1))
    assert clock.now() == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-13-01", "20270101", "2027-W01-1", "2027-01-01T00:00"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    assert parse_day("2027-01-01") == date(2027, 1, 1)
    with pytest.raises(errors.InvalidInput, match="DAY001"):
        parse_day(text)


def test_the_system_clock_tells_utc() -> None:
    before = datetime.now(tz=UTC)
    assert before <= SystemClock().now() <= datetime.now(tz=UTC)
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_outcomes_and_stages_have_their_stated_order() -> None:
    assert [item.value for item in sorted(Outcome, key=lambda item: item.rank)] == [
        "allow",
        "allow_with_conditions",
        "refer",
        "deny",
    ]
    assert [item.value for item in sorted(Stage, key=lambda item: item.rank)] == [
        "tiering",
        "requirements",
        "gate:register",
        "gate:approve",
        "gate:use",
    ]


@pytest.mark.parametrize("status", RunStatus)
def test_only_queued_and_running_runs_go_on(status: RunStatus) -> None:
    assert status.is_terminal is (status.value not in ("queued", "running"))
