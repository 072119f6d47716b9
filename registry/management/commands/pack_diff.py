"""``manage.py pack_diff OLD NEW``: what changed between two packs, in plain English."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from registry import api
from registry.domain.errors import MrmError


class Command(BaseCommand):
    """Compares two packs, each a file or the name of a released one."""

    help = "Show what changed between two packs: files, or released packs as instrument/version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name both sides."""
        parser.add_argument("old", help="a file, or instrument/version")
        parser.add_argument("new", help="a file, or instrument/version")

    def handle(self, *_args: object, old: str, new: str, **_options: object) -> None:
        """Print each difference on a line of its own."""
        try:
            changes = api.compare_packs(old=text_of(old), new=text_of(new))
        except MrmError as error:
            raise CommandError(f"{error} {error.remedy}") from error
        for change in changes:
            self.stdout.write(f"{change.change} {change.part} {change.id}".rstrip())
            if not change.details:
                self.stdout.write(f"    {change.text}")
            for detail in change.details:
                self.stdout.write(f"    {detail.what}: {detail.before or 'none'} -> {detail.after or 'none'}")
        if not changes:
            self.stdout.write("Nothing differs.")


def text_of(name: str) -> str:
    """Return the text of a file, or of the released pack of that name. Raises ``DEC011``, ``CommandError``."""
    path = Path(name)
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{name} cannot be read as text: {error}") from error
    return api.released_text(ref=name)
