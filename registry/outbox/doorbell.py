"""Rings the doorbell of a Celery queue after commit.

The database is the queue of record: a ring that is lost costs a few seconds,
until the dispatcher rings again, and nothing else.
"""

from celery import current_app
from django.db import transaction


def ring(name: str, *args: str | int, queue: str) -> None:
    """Ask for the task ``name`` with identifiers as ``args`` once the transaction commits.

    Best effort: a broker that is away is logged and forgotten. Outside a
    transaction the message goes out at once.
    """
    transaction.on_commit(lambda: _send(name, args, queue), robust=True)


def _send(name: str, args: tuple[str | int, ...], queue: str) -> None:
    current_app.send_task(name, args=args, queue=queue, ignore_result=True, retry=False)
