"""Requests that redo one check so that a library's own report can be attached to its evidence."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0009_reperformance'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='validationrequest',
            name='one_open_validation_request',
        ),
        migrations.AddField(
            model_name='validationrequest',
            name='reports_on',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reported_by', to='registry.evidencerecord'),
        ),
        migrations.AddConstraint(
            model_name='validationrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('reperforms', None), ('reports_on', None), ('status', 'requested')), fields=('intended_use', 'batch'), name='one_open_validation_request'),
        ),
        migrations.AddConstraint(
            model_name='validationrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['requested', 'completed'])), fields=('reports_on',), name='one_library_report'),
        ),
    ]
