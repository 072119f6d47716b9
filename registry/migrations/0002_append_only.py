"""Database triggers that refuse to change or remove what must never change."""

from django.db import migrations

from registry.audit.triggers import AUDIT_TABLES, drop_statements, statements

APPEND_ONLY = (
    *AUDIT_TABLES,
    "registry_model_version",
    "registry_pack_release",
    "registry_policy_decision",
    "registry_evidence_record",
    "registry_challenge_note",
    "registry_validation_report",
    "registry_safeguard_evidence",
    "registry_trade_off_statement",
    "registry_remediation_plan",
)


def create(apps, schema_editor):
    for statement in statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    for statement in drop_statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
