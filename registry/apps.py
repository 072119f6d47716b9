"""Inventory, policy engine, audit."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The register of models and of the permission to use them."""

    name = "registry"
    verbose_name = "Registry"
