"""The heart: beats while the step is within its time, and kills when the claim is lost."""

import threading
import time
from uuid import uuid4

import pytest

from registry.domain.errors import LimitExceeded
from validation.domain.share import Share
from validation.runs import heart as heart_module
from validation.runs.claims import Claim, FencedError
from validation.runs.heart import Heart

CLAIM = Claim(run_uuid=uuid4(), request_uuid=uuid4(), owner="host-a:1", fence=1, attempt=1)


class FakeTable:
    """Stands in for the run table, which a thread cannot reach inside a test's transaction."""

    def __init__(self) -> None:
        self.beats: list[str] = []
        self.shares: list[Share | None] = []
        self.is_fenced = False

    def heartbeat(self, *, claim: Claim, progress: str, share: Share | None = None) -> None:
        self.ensure_held(claim=claim)
        self.beats.append(progress)
        self.shares.append(share)

    def ensure_held(self, *, claim: Claim) -> None:
        if self.is_fenced:
            raise FencedError(claim)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> FakeTable:
    table = FakeTable()
    monkeypatch.setattr(heart_module, "heartbeat", table.heartbeat)
    monkeypatch.setattr(heart_module, "ensure_held", table.ensure_held)
    return table


def test_it_beats_with_the_progress_of_the_step(table: FakeTable) -> None:
    with Heart(claim=CLAIM, kill=lambda: None, beat_s=0.0, watch_s=0.01) as heart:
        heart.step("fetching the artefact", limit_s=10)
        time.sleep(0.1)
        heart.ensure_beating()

    assert "fetching the artefact" in table.beats
    silent = len(table.beats)
    time.sleep(0.05)
    assert len(table.beats) == silent


def test_shares_are_written_when_the_heart_looks_and_not_as_often_as_they_come(table: FakeTable) -> None:
    with Heart(claim=CLAIM, kill=lambda: None, beat_s=60.0, watch_s=0.05) as heart:
        heart.step("predicting", limit_s=10)
        for done in range(1, 2_001):
            heart.advance(Share(done=done, total=2_000, of="rows"))
        time.sleep(0.2)
        heart.step("checks", limit_s=10)
        time.sleep(0.2)

    assert Share(done=2_000, total=2_000, of="rows") in table.shares
    assert (table.beats[-1], table.shares[-1]) == ("checks", None)
    # Nothing new, nothing written: the beat itself is a minute away.
    assert len(table.beats) <= 12


def test_a_lost_claim_kills_the_children_and_says_so_whatever_broke_meanwhile(table: FakeTable) -> None:
    killed = threading.Event()
    heart = Heart(claim=CLAIM, kill=killed.set, beat_s=60.0, watch_s=0.01)

    def work() -> None:
        with heart:
            heart.step("checks", limit_s=10)
            table.is_fenced = True
            assert killed.wait(1)
            raise BrokenPipeError("a child died")

    with pytest.raises(FencedError):
        work()


def test_a_lost_claim_lets_no_further_step_begin(table: FakeTable) -> None:
    killed = threading.Event()
    heart = Heart(claim=CLAIM, kill=killed.set, beat_s=60.0, watch_s=0.01)
    table.is_fenced = True

    def work() -> None:
        with heart:
            assert killed.wait(1)
            heart.step("more checks", limit_s=10)
            pytest.fail("the step began")

    with pytest.raises(FencedError):
        work()


def test_a_step_that_hangs_stops_the_beat_and_kills_the_children(table: FakeTable) -> None:
    killed = threading.Event()
    heart = Heart(claim=CLAIM, kill=killed.set, beat_s=0.0, watch_s=0.01)

    def work() -> None:
        with heart:
            heart.step("predicting", limit_s=0.05)
            assert killed.wait(1)
            beats = len(table.beats)
            time.sleep(0.05)
            assert len(table.beats) == beats

    with pytest.raises(LimitExceeded, match="RUN006 the step took too long: predicting"):
        work()
