"""SQL of the database triggers that make a table append-only.

They stop mistakes and ordinary users. Whoever owns the table can drop them:
that is detected by the checkpoints, not prevented here.
"""

from collections.abc import Sequence

from registry.domain.errors import InvalidInput

AUDIT_TABLES = ("audit_event", "audit_leaf", "audit_checkpoint")

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION mrm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on append-only table %', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$
"""


def statements(vendor: str, *, tables: Sequence[str] = AUDIT_TABLES) -> list[str]:
    """Return the SQL that makes ``tables`` refuse UPDATE, DELETE and, on PostgreSQL, TRUNCATE.

    Vendor is Django's ``connection.vendor``. SQLite refuses INSERT OR REPLACE
    only on connections with ``PRAGMA recursive_triggers = ON``; its TRUNCATE
    is a DELETE. Each text is one statement for ``schema_editor.execute`` with
    ``params=None``. Raises ``AUD004`` for another vendor.
    """
    if vendor == "sqlite":
        return [statement for table in tables for statement in _sqlite(table)]
    _ensure_postgresql(vendor)
    return [
        _POSTGRESQL_FUNCTION.strip(),
        *(statement for table in tables for statement in _postgresql(table)),
    ]


def drop_statements(vendor: str, *, tables: Sequence[str] = AUDIT_TABLES) -> list[str]:
    """Return the SQL that removes the triggers of ``statements`` (not the shared function)."""
    if vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {table}_no_{act}" for table in tables for act in ("update", "delete")
        ]
    _ensure_postgresql(vendor)
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_{act} ON {table}"
        for table in tables
        for act in ("change", "truncate")
    ]


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{act.upper()} on append-only table {table}'); END"
        for act in ("update", "delete")
    ]


def _postgresql(table: str) -> list[str]:
    """Return the triggers, enabled also for replication sessions."""
    change, truncate = f"{table}_no_change", f"{table}_no_truncate"
    execute = "EXECUTE FUNCTION mrm_append_only()"
    return [
        f"CREATE TRIGGER {change} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {execute}",
        f"CREATE TRIGGER {truncate} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {execute}",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {change}",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {truncate}",
    ]


def _ensure_postgresql(vendor: str) -> None:
    if vendor != "postgresql":
        raise InvalidInput(
            "AUD004",
            f"append-only triggers are not written for {vendor}",
            remedy="Use SQLite or PostgreSQL.",
        )
