"""What every table keeps to: no deletion in cascade, no key up the layers, rules outside ``save``, one status."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

OURS = ("registry", "validation")
LAYERS = (
    "domain", "policy", "capital", "mlflow_gateway", "outbox", "audit", "people", "inventory", "decisions",
    "validations", "findings", "overlays", "approvals",
)  # fmt: skip
"""The applets of the registry, lowest first."""


def tables() -> list[type[models.Model]]:
    return [table for label in OURS for table in apps.get_app_config(label).get_models()]


def foreign_keys() -> list[tuple[type[models.Model], Any]]:
    return [
        (table, field)
        for table in tables()
        for field in table._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
    ]


def layer_of(table: type[models.Model]) -> int:
    return LAYERS.index(table.__module__.split(".")[1])


def test_there_are_tables_and_keys_to_look_at() -> None:
    assert len(tables()) > 15
    assert len(foreign_keys()) > 15


def test_no_key_deletes_in_cascade() -> None:
    kinds = {models.CASCADE, models.SET_NULL, models.SET_DEFAULT}
    found = [
        f"{table.__name__}.{field.name}"
        for table, field in foreign_keys()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete in kinds
    ]
    assert not found


def test_no_key_points_up_the_layers() -> None:
    found = [
        f"{table.__name__}.{field.name} -> {field.related_model.__name__}"
        for table, field in foreign_keys()
        if table._meta.app_label == "registry" and layer_of(field.related_model) > layer_of(table)
    ]
    assert not found


def test_no_key_crosses_the_apps() -> None:
    found = [
        f"{table.__name__}.{field.name}"
        for table, field in foreign_keys()
        if field.related_model._meta.app_label != table._meta.app_label
    ]
    assert not found


@pytest.mark.parametrize("method", ["save", "delete", "clean", "full_clean"])
def test_no_table_hides_rules_in_a_method(method: str) -> None:
    assert [table.__name__ for table in tables() if method in vars(table)] == []


def test_a_lifecycle_is_one_field_not_many_flags() -> None:
    flags = {
        table.__name__: [f.name for f in table._meta.get_fields() if isinstance(f, models.BooleanField)]
        for table in tables()
    }
    assert not {name: found for name, found in flags.items() if len(found) >= 3}
