"""``manage.py demo [--check]``: the main job with every process for real, then keep serving, or stop."""

import signal
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management.base import BaseCommand

from mrm.demo.curtain import closing_words, write_accounts
from mrm.demo.doors import People
from mrm.demo.journal import Journal
from mrm.demo.opening import open_house
from mrm.demo.places import PortTakenError, places_from
from mrm.demo.plot import STEPS
from mrm.demo.processes import Troupe
from mrm.demo.story import Story
from mrm.env import SettingMissingError

FAILED, USAGE = 1, 2
WATCH_S = 1.0


class _StopError(BaseException):
    """Somebody asked to stop."""


class Command(BaseCommand):
    """Exit status 0 done, 1 something did not hold, 2 a port cannot be had."""

    help = "Do the main job with real processes, and keep serving; --check stops at the end."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer to stop at the end."""
        parser.add_argument("--check", action="store_true", help="stop at the end and report by exit status")

    def handle(self, *_args: object, check: bool, **_options: object) -> None:
        """Perform, and leave no process behind."""
        try:
            places = places_from(settings.ENV)
            places.ensure_ports_are_free()
        except (PortTakenError, SettingMissingError) as error:
            self.stderr.write(str(error))
            sys.exit(USAGE)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _stop)
        summary = Path(settings.VAR_DIR) / "demo-summary.json"
        summary.unlink(missing_ok=True)
        sys.exit(_perform(Troupe(places), Journal(), summary=summary, is_check=check))


def _perform(troupe: Troupe, journal: Journal, *, summary: Path, is_check: bool) -> int:
    status, problem = FAILED, ""
    try:
        open_house(troupe, journal)
        story = Story(troupe, journal, People(file=troupe.places.people_file, url=troupe.places.web_url))
        for act in STEPS:
            act(story)
        status = 0
        journal.mark("job_done")
        write_accounts(story)
        closing_words(story)
        journal.write(summary, is_ok=True)
        if not is_check:
            _serve(troupe)
    except _StopError:
        journal.say("stopping")
        status = status if is_check else 0
        problem = "stopped before its end"
    except Exception as error:  # noqa: BLE001 - whatever it is, the processes must end and the summary say so
        problem = f"{type(error).__name__}: {error}"
        journal.say(f"FAILED: {problem}")
        status = FAILED
    finally:
        left = troupe.stop()
    if left:
        status, problem = FAILED, f"processes would not end: {left}"
    journal.say("everything is stopped" if not left else problem)
    if is_check or status:
        journal.write(summary, is_ok=status == 0, problem=problem)
    return status


def _serve(troupe: Troupe) -> None:
    """Keep serving until a signal, or until a process dies."""
    pause = threading.Event()
    while not pause.wait(WATCH_S):
        troupe.ensure_alive()


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise _StopError
