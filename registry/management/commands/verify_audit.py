"""``manage.py verify_audit``: recompute the audit log; exit 0 when it is sound, 1 naming the event when not."""

import sys

from django.core.management.base import BaseCommand, CommandError

from registry import api
from registry.domain.errors import MrmError


class Command(BaseCommand):
    """Verifies the log in the database against its own bytes and every checkpoint."""

    help = "Verify the audit log. Exit status 0: sound; 1: not, and the event is named."

    def handle(self, *_args: object, **_options: object) -> None:
        """Number what is committed, verify, and say what was found."""
        try:
            api.sequence_log()
            report = api.verify_log()
        except MrmError as error:
            raise CommandError(f"{error} {error.remedy}") from error
        if report.problem is not None:
            self.stderr.write(f"{report.problem.code} {report.problem.sentence}")
            sys.exit(1)
        self.stdout.write(
            f"The audit log is sound: {report.size} events, root {report.root.hex()}, "
            f"{report.checkpoints} checkpoints stored, {report.published} published."
        )
