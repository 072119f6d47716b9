"""``manage.py export_audit FOLDER``: write the audit log as files that a stranger verifies offline."""

from argparse import ArgumentParser
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from registry import api
from registry.domain.clock import SystemClock
from registry.domain.errors import MrmError


class Command(BaseCommand):
    """Writes entries and checkpoints, with the proofs asked for."""

    help = "Export the audit log for offline verification."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the folder, the events to prove, and an earlier size to be consistent with."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--proof", type=UUID, action="append", default=[], help="event to prove; may repeat"
        )
        parser.add_argument(
            "--since", type=int, help="size of an earlier checkpoint to prove consistency with"
        )

    def handle(
        self, *_args: object, folder: Path, proof: list[UUID], since: int | None, **_options: object
    ) -> None:
        """Sign what is new, and export everything up to that checkpoint."""
        try:
            api.publish_log(at=SystemClock().now())
            report = api.export_log(directory=folder, proofs_for=proof, since=since)
        except MrmError as error:
            raise CommandError(f"{error} {error.remedy}") from error
        self.stdout.write(
            f"Exported {report.size} events and {report.checkpoints} checkpoints to {report.directory}."
        )
