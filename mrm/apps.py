"""The composition root as a Django app."""

from django.apps import AppConfig


class MrmConfig(AppConfig):
    """Makes our Celery application the current one in every process that sets up Django."""

    name = "mrm"
    verbose_name = "Model risk registry"

    def ready(self) -> None:
        """Import the Celery application and the system checks for their registration."""
        from mrm import celery, checks  # noqa: F401, PLC0415
