"""Gives committed events their place in the log.

The business transaction inserts an un-numbered event; a loop calls
``sequence()``, which numbers what is committed, without gaps, and stores each
leaf hash. Everything happens in one transaction: a crash loses nothing and a
repeat changes nothing.
"""

from django.db import connection, transaction
from django.db.models import BigIntegerField, Func, Max, Q, QuerySet

from registry.audit.merkle import leaf_hash
from registry.audit.models import AuditEvent, AuditLeaf

ADVISORY_LOCK = 0x6D726D_617564  # "mrm" "aud"


class _SnapshotMin(Func):
    """Every transaction with a smaller number has ended."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


class _SnapshotMax(Func):
    """No transaction with this number or a larger one has begun in this cluster."""

    template = "(pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


def sequence(limit: int) -> int:
    """Number up to ``limit`` committed events and return how many were numbered.

    Returns 0 when there is nothing to do or another sequencer is at work.
    """
    with transaction.atomic():
        if not _is_alone():
            return 0
        events = list(_committed()[:limit])
        first = _next_index()
        AuditLeaf.objects.bulk_create(
            AuditLeaf(index=first + offset, event=event, leaf_hash=leaf_hash(bytes(event.entry)))
            for offset, event in enumerate(events)
        )
    return len(events)


def count_unnumbered() -> int:
    """Return how many events wait for a number, those of open transactions excluded."""
    return AuditEvent.objects.filter(leaf__isnull=True).count()


def _is_alone() -> bool:
    """Take the sequencer's lock until commit. SQLite's single write lock is enough by itself."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        (taken,) = cursor.fetchone()
    return bool(taken)


def _committed() -> QuerySet[AuditEvent]:
    """Return the un-numbered events before which no event can appear any more, in their final order.

    PostgreSQL: a transaction below the snapshot's horizon has ended, so all
    its rows are visible, and none with a smaller number can follow. A visible
    number beyond the snapshot was issued by another cluster (a restored dump)
    and is as final. SQLite: writers take turns, so row order is commit order.
    """
    if connection.vendor == "postgresql":
        in_flight = Q(transaction_number__gte=_SnapshotMin(), transaction_number__lt=_SnapshotMax())
        waiting = AuditEvent.objects.filter(~in_flight, leaf__isnull=True)
        return waiting.order_by("transaction_number", "id").only("id", "entry")
    last = AuditLeaf.objects.aggregate(last=Max("event_id"))["last"] or 0
    return AuditEvent.objects.filter(id__gt=last).order_by("id").only("id", "entry")


def _next_index() -> int:
    last = AuditLeaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else int(last) + 1
