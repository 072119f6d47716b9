"""The database's clock as an expression, so that a lease is set and judged by one clock."""

from typing import Any

from django.db.models import DateTimeField, Expression


class DatabaseTime(Expression):
    """The database's current instant, moved by ``after_s`` seconds (SQLite: to the millisecond).

    Unlike Django's ``Now`` it reads the wall clock on PostgreSQL, not the
    start of the statement or the transaction.
    """

    output_field = DateTimeField()

    def __init__(self, *, after_s: float = 0.0) -> None:
        super().__init__()
        self.after_s = after_s

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[str]]:  # noqa: ANN401, ARG002
        """Write text in the form in which Django stores times on SQLite."""
        return "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', %s)", [f"{self.after_s:+.3f} seconds"]

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[float]]:  # noqa: ANN401, ARG002
        """Write the wall clock, which moves within a transaction."""
        return "(CLOCK_TIMESTAMP() + %s * INTERVAL '1 second')", [self.after_s]
