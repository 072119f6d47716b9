"""``manage.py pack_impact FILE``: what a pack would change on the whole inventory, without recording anything."""

import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from registry import api
from registry.domain.clock import SystemClock
from registry.domain.errors import MrmError
from registry.management.commands.pack_diff import text_of


class Command(BaseCommand):
    """Decides every pair under the packs in force and under the file; progress goes to standard error."""

    help = "Show what a pack would change: a table, or JSON. Exit status 0: nothing is lost; 1: something is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file and the form of the answer."""
        parser.add_argument("file", help="a file, or instrument/version of a released pack")
        parser.add_argument("--json", action="store_true", dest="is_json", help="answer as JSON")

    def handle(self, *_args: object, file: str, is_json: bool, **_options: object) -> None:
        """Report, and exit with 1 when a permission would be lost."""
        try:
            foresight = api.foresee(
                text=text_of(file),
                on=SystemClock().now().date(),
                on_progress=lambda read: self.stderr.write(f"read {read} pairs"),
            )
        except MrmError as error:
            raise CommandError(f"{error} {error.remedy}") from error
        if is_json:
            self.stdout.write(json.dumps(foresight.to_json(), indent=2, ensure_ascii=False))
        else:
            self._table(foresight)
        if foresight.lost:
            sys.exit(1)

    def _table(self, foresight: api.Foresight) -> None:
        counts = ", ".join(f"{number} {change}" for change, number in foresight.impact.counts.items())
        self.stdout.write(f"On {foresight.day}, of {foresight.pairs} pairs: {counts}.")
        for effect in foresight.impact.effects:
            said = f"{effect.change:8} {effect.before} -> {effect.after}"
            self.stdout.write(f"{said:44} {foresight.names[effect.key]}  [{'; '.join(effect.rules)}]")
