"""What the preparation says of its steps reaches the heart: how far, and how long it may take."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from validation.domain.share import Share
from validation.runs.claims import Claim
from validation.runs.heart import Heart
from validation.runs.work import PREPARE_STEP_S, _Tracker


class Heard:
    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []
        self.shares: list[Share] = []

    def step(self, progress: str, *, limit_s: float) -> None:
        self.steps.append((progress, limit_s))

    def advance(self, share: Share) -> None:
        self.shares.append(share)


@pytest.mark.parametrize(("more", "limit_s"), [({}, PREPARE_STEP_S), ({"more_s": 64}, PREPARE_STEP_S + 64)])
def test_a_step_with_more_to_read_may_take_longer(
    tmp_path: Path, more: dict[str, Any], limit_s: float
) -> None:
    heard = Heard()
    tracker = _Tracker(cast("Claim", SimpleNamespace(attempt=1)), cast("Heart", heard), tmp_path)
    tracker.note({"event": "step", "text": "reading the data set train", **more})
    tracker.note({"event": "share", "done": 20_000, "total": 4_000_000, "of": "rows"})
    assert heard.steps == [("reading the data set train", limit_s)]
    assert heard.shares == [Share(done=20_000, total=4_000_000, of="rows")]
