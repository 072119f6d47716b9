"""Files of predictions: what they hold never changes, and a validation says where its scores come from."""

import django.db.models.deletion
from django.db import migrations, models

from registry.audit.triggers import drop_statements, statements

APPEND_ONLY = ("registry_predictions_file", "registry_predictions_chunk")


def create(apps, schema_editor):
    for statement in statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    for statement in drop_statements(schema_editor.connection.vendor, tables=APPEND_ONLY):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0007_pack_proposals'),
    ]

    operations = [
        migrations.AddField(
            model_name='validationrequest',
            name='scores_from',
            field=models.CharField(choices=[('artifact', 'ARTIFACT'), ('predictions', 'PREDICTIONS')], default='artifact', max_length=12),
        ),
        migrations.CreateModel(
            name='PredictionsFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=160)),
                ('columns', models.JSONField(default=dict)),
                ('size_bytes', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='registry.validationrequest')),
            ],
            options={
                'db_table': 'registry_predictions_file',
            },
        ),
        migrations.CreateModel(
            name='PredictionsChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('content', models.BinaryField()),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='registry.predictionsfile')),
            ],
            options={
                'db_table': 'registry_predictions_chunk',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('file', 'position'), name='one_predictions_chunk_per_position')],
            },
        ),
        migrations.RunPython(create, drop),
    ]
