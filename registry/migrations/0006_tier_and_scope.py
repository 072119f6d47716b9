"""Tiers that people set, scope by regime, and the shape counted in an artefact's bytes."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from registry.audit.triggers import drop_statements, statements

APPEND_ONLY = ("registry_tier_override", "registry_scope_determination")


def create(apps, schema_editor):
    for statement in statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    for statement in drop_statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0005_decision_permission'),
    ]

    operations = [
        migrations.AddField(
            model_name='modelversion',
            name='shape',
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name='ScopeDetermination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('regime', models.CharField(max_length=60)),
                ('pack_version', models.CharField(max_length=20)),
                ('pack_sha256', models.CharField(max_length=64)),
                ('in_force_from', models.DateField()),
                ('answer', models.CharField(choices=[('inside', 'INSIDE'), ('undetermined', 'UNDETERMINED'), ('outside', 'OUTSIDE'), ('not_reached', 'NOT_REACHED')], max_length=16)),
                ('reason', models.TextField()),
                ('cites', models.JSONField(default=list)),
                ('binding_level', models.CharField(choices=[('law', 'LAW'), ('rule', 'RULE'), ('supervisory_expectation', 'SUPERVISORY_EXPECTATION'), ('non_enforceable_guidance', 'NON_ENFORCEABLE_GUIDANCE'), ('consultation_draft', 'CONSULTATION_DRAFT'), ('research', 'RESEARCH'), ('rescinded', 'RESCINDED'), ('house', 'HOUSE')], max_length=30)),
                ('verification', models.CharField(choices=[('VERIFIED', 'VERIFIED'), ('SECONDARY', 'SECONDARY'), ('UNVERIFIED', 'UNVERIFIED')], max_length=12)),
                ('facts', models.JSONField(default=list)),
                ('review_on', models.DateField(null=True)),
                ('determined_at', models.DateTimeField()),
                ('departs_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='departures', to='registry.scopedetermination')),
                ('determined_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='scope_determinations', to=settings.AUTH_USER_MODEL)),
                ('registered_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scope_determinations', to='registry.registeredmodel')),
            ],
            options={
                'db_table': 'registry_scope_determination',
                'indexes': [models.Index(fields=['registered_model', 'regime', '-id'], name='scope_of_model'), models.Index(fields=['pack_sha256', 'registered_model'], name='scope_by_pack')],
            },
        ),
        migrations.CreateModel(
            name='TierOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('tier', models.PositiveSmallIntegerField(null=True)),
                ('computed', models.PositiveSmallIntegerField()),
                ('reason', models.TextField()),
                ('expires_on', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('intended_use', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tier_overrides', to='registry.intendeduse')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tier_overrides', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'registry_tier_override',
                'indexes': [models.Index(fields=['intended_use', '-id'], name='tier_override_of_use')],
            },
        ),
        migrations.RunPython(create, drop),
    ]
