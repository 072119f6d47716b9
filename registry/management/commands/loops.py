"""``manage.py loops``: dispatcher and sequencer as one supervised loop, for an installation without Celery beat."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from registry import tasks

logger = logging.getLogger(__name__)

TICK_S = 0.2
LONGEST_REST_S = 60.0


@dataclass
class Loop:
    """One act and how often it is due. After a failure it rests ever longer."""

    act: Callable[[], None]
    every_s: float
    due_s: float = 0.0
    failures: int = 0

    def turn(self, *, now_s: float) -> None:
        """Act if it is due; a failure is logged and never ends the loop."""
        if now_s < self.due_s:
            return
        try:
            close_old_connections()
            self.act()
            self.failures = 0
        except Exception:
            self.failures += 1
            logger.exception("%s failed, %d times in a row", self.act.__name__, self.failures)
        self.due_s = now_s + min(self.every_s * 2**self.failures, LONGEST_REST_S)


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT."""

    help = "Deliver outward effects, ring for validations, work on pack proposals and number events, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer a single turn, for cron and for tests."""
        parser.add_argument("--once", action="store_true", help="do everything once and stop")

    def handle(self, *_args: object, once: bool, **_options: object) -> None:
        """Take turns."""
        loops = [
            Loop(act=tasks.dispatch, every_s=2.0),
            Loop(act=tasks.sequence, every_s=1.0),
            Loop(act=tasks.work_on_packs, every_s=1.0),
            Loop(act=tasks.checkpoint, every_s=60.0),
            Loop(act=tasks.renew, every_s=600.0),
        ]
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            for loop in loops:
                loop.turn(now_s=time.monotonic())
            if once:
                return
            stop.wait(TICK_S)
