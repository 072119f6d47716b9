"""Workers that run validation plans."""

from django.apps import AppConfig


class ValidationConfig(AppConfig):
    """Runs checks; returns results through the registry's façade."""

    name = "validation"
    verbose_name = "Validation"
