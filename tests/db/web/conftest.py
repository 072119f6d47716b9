"""One small bank per module, built once; each test runs in a transaction of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker, Settings

from registry import api
from registry.audit.checkpoint import KEY_FILE_NAME, ensure_key_file
from tests.builders.web_policy import propose_policy
from tests.builders.web_world import AT, World, bring_to_approval, build_world

Door = Callable[[str], Client]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Build the bank in a transaction that is rolled back when the module ends."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), transaction.atomic(), quick:
        built = build_world()
        bring_to_approval(built)
        built.proposal = propose_policy(built)
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def door(world: World, db: None) -> Door:
    """Return a way to come in as one of the cast."""

    def enter(username: str) -> Client:
        client = Client()
        client.force_login(world.people[username])
        return client

    return enter


@pytest.fixture
def published(world: World, db: None, settings: Settings, tmp_path: Path) -> int:
    """Sign a checkpoint over what was recorded, and return its size."""
    settings.MRM_KEY_DIR, settings.MRM_CHECKPOINT_DIR = tmp_path / "keys", tmp_path / "checkpoints"
    settings.MRM_CHECKPOINT_KEY = ""
    ensure_key_file(path=tmp_path / "keys" / KEY_FILE_NAME)
    size = api.publish_log(at=AT)
    assert size
    return size
