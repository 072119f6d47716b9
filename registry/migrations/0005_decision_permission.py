"""What a decision made of the permission, and what a caller stated about the use he asked about.

All three are null on decisions that were stored before: SQLite then adds the
columns in place, so that the table keeps its append-only triggers.
"""

from django.db import migrations, models

STATES = ["allow", "allow_with_conditions", "may_be_validated", "refer", "deny"]
NAMES = ["ALLOWED", "CONDITIONAL", "MAY_BE_VALIDATED", "REFERRED", "DENIED"]


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_risk_acceptance")]
    operations = [
        migrations.AddField("policydecision", "stated", models.JSONField(null=True)),
        migrations.AddField(
            "policydecision",
            "permission_state",
            models.CharField(choices=list(zip(STATES, NAMES)), max_length=24, null=True),
        ),
        migrations.AddField("policydecision", "permission_until", models.DateField(null=True)),
    ]
