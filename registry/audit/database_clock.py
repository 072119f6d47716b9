"""The database's clock: event time does not depend on which host wrote the event."""

from datetime import UTC, datetime

from django.db import connection

_QUERIES = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
}


def database_now() -> datetime:
    """Return the database's current instant in UTC (SQLite: to the millisecond)."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        (value,) = cursor.fetchone()
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return instant.astimezone(UTC)
