"""``manage.py checkpoint``: sign and publish the state of the audit log now."""

from django.core.management.base import BaseCommand, CommandError

from registry import api
from registry.domain.clock import SystemClock
from registry.domain.errors import MrmError


class Command(BaseCommand):
    """Signs a checkpoint and copies it beyond the database's reach."""

    help = "Sign the audit log as it stands and export the checkpoint."

    def handle(self, *_args: object, **_options: object) -> None:
        """Sign, unless nothing is new."""
        try:
            size = api.publish_log(at=SystemClock().now())
        except MrmError as error:
            raise CommandError(f"{error} {error.remedy}") from error
        self.stdout.write("Nothing is new." if size is None else f"Signed a checkpoint over {size} events.")
