"""What a validation is built on, frozen with the request, and requests that repeat another one.

A validation that was requested before has no basis: nobody can say any more what it was built on.
"""

import django.db.models.deletion
from django.db import migrations, models

from registry.audit.triggers import drop_statements, statements

APPEND_ONLY = ("registry_validation_basis",)


def create(apps, schema_editor):
    for statement in statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    for statement in drop_statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_predictions")]
    operations = [
        migrations.CreateModel(
            name="ValidationBasis",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="basis",
                        to="registry.validationrequest",
                    ),
                ),
            ],
            options={"db_table": "registry_validation_basis"},
        ),
        migrations.RemoveConstraint("validationrequest", "one_open_validation_request"),
        migrations.AddField(
            "validationrequest",
            "reperforms",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reperformances",
                to="registry.validationrequest",
            ),
        ),
        migrations.AddConstraint(
            "validationrequest",
            models.UniqueConstraint(
                condition=models.Q(("reperforms", None), ("status", "requested")),
                fields=["intended_use", "batch"],
                name="one_open_validation_request",
            ),
        ),
        migrations.AddConstraint(
            "validationrequest",
            models.UniqueConstraint(
                condition=models.Q(("status", "requested")),
                fields=["reperforms"],
                name="one_open_reperformance",
            ),
        ),
        migrations.RunPython(create, drop),
    ]
