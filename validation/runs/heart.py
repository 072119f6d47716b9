"""Keeps a worker's lease while it makes progress, and stops its children when the claim is lost.

The beat runs in a thread of the worker's parent process, which computes
nothing. It does not prove life by itself: each step has a time, and beyond it
the beat stops, so that a worker that hangs loses its run like one that died.
"""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection

from registry.domain.errors import LimitExceeded
from validation.domain.share import Share
from validation.runs.claims import BEAT_S, Claim, FencedError, ensure_held, heartbeat

logger = logging.getLogger(__name__)

WATCH_S = 1.0
"""How often the claim is looked at: a cancellation is noticed within two of these."""


class Heart:
    """Beats for one claim, as a context manager. ``kill`` ends the worker's child processes.

    When the heart stopped, leaving the context raises why, whatever error the
    killed children caused on the way.
    """

    def __init__(
        self, *, claim: Claim, kill: Callable[[], None], beat_s: float = BEAT_S, watch_s: float = WATCH_S
    ) -> None:
        self._claim = claim
        self._kill = kill
        self._beat_s = beat_s
        self._watch_s = watch_s
        # One value, so that the thread never reads the share of another step.
        self._now: tuple[str, Share | None] = ("starting", None)
        self._said: tuple[str, Share | None] | None = None
        self._step_ends = time.monotonic() + claim.lease_s
        self._next_beat = 0.0
        self._lost: FencedError | LimitExceeded | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"heart of {claim.run_uuid}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._lost is not None and error is not self._lost:
            raise self._lost from error

    def step(self, progress: str, *, limit_s: float) -> None:
        """Begin a step that may take ``limit_s`` seconds.

        Raises ``FencedError`` when the claim is lost, ``RUN006`` when the step before
        took too long.
        """
        self.ensure_beating()
        self._step_ends = time.monotonic() + limit_s
        self._now = (progress, None)

    def advance(self, share: Share) -> None:
        """Say how far the step has come. The thread writes it when it next looks: once a second at most."""
        self._now = (self._now[0], share)

    def ensure_beating(self) -> None:
        """Raise what stopped the heart, if anything did."""
        if self._lost is not None:
            raise self._lost

    def has_stopped(self) -> bool:
        """Return whether the worker should stop."""
        return self._lost is not None

    def _watch(self) -> None:
        try:
            while self._lost is None and not self._stop.wait(self._watch_s):
                self._look()
        finally:
            connection.close()

    def _look(self) -> None:
        try:
            self._ensure_in_time()
            now = self._now
            if time.monotonic() >= self._next_beat or now != self._said:
                heartbeat(claim=self._claim, progress=now[0], share=now[1])
                self._said = now
                self._next_beat = time.monotonic() + self._beat_s
            else:
                ensure_held(claim=self._claim)
        except (FencedError, LimitExceeded) as lost:
            self._lost = lost
            self._kill()
        except DatabaseError:
            # The lease lapses by itself if the database stays away, and the next write is fenced.
            logger.warning(
                "the heartbeat of run %s did not reach the database", self._claim.run_uuid, exc_info=True
            )

    def _ensure_in_time(self) -> None:
        if time.monotonic() > self._step_ends:
            raise LimitExceeded(
                "RUN006",
                f"the step took too long: {self._now[0]}",
                remedy="Use a smaller sample or a faster model, or give the check more time in the plan.",
            )
