"""The built bank with a second line and a small inventory, once a module; each test undoes its own changes."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from registry import api
from tests.builders.policy import fill_inventory, hire_second_line
from tests.builders.registry import build_bank


@pytest.fixture(scope="module")
def module_uses(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, api.IntendedUse]]:
    with django_db_blocker.unblock(), transaction.atomic():
        build_bank()
        hire_second_line()
        yield fill_inventory()
        transaction.set_rollback(True)


@pytest.fixture
def uses(module_uses: dict[str, api.IntendedUse], db: None) -> dict[str, api.IntendedUse]:
    """Return the pairs of the inventory by what has become of them."""
    return {name: api.IntendedUse.objects.get(pk=use.pk) for name, use in module_uses.items()}
