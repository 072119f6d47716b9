"""The Celery application: the doorbell, never the queue of record."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")

app = Celery("mrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["registry", "validation"])
app.set_default()
app.conf.beat_schedule = {
    "dispatch": {"task": "registry.dispatch", "schedule": 2.0},
    "sequence": {"task": "registry.sequence", "schedule": 1.0},
    "checkpoint": {"task": "registry.checkpoint", "schedule": 15.0},
    "renew": {"task": "registry.renew", "schedule": 600.0},
}
