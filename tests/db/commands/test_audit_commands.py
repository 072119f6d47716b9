"""The commands over the audit log: verify, sign, export."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from registry import api
from registry.domain.errors import InvalidInput
from tests.builders import bank

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def log(tmp_path: Path, settings: Any) -> None:
    settings.MRM_KEY_DIR = tmp_path / "keys"
    settings.MRM_CHECKPOINT_DIR = tmp_path / "checkpoints"
    bank.set_up_bank()


def run(name: str, *arguments: str) -> tuple[int, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        return int(stop.code or 0), err.getvalue()
    return 0, out.getvalue()


def test_a_sound_log_passes() -> None:
    status, said = run("verify_audit")

    assert status == 0
    assert said.startswith("The audit log is sound:")


def test_one_changed_byte_fails_and_names_the_event() -> None:
    run("verify_audit")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_event_no_update")
        cursor.execute("SELECT id, uuid, entry FROM audit_event ORDER BY id LIMIT 1")
        row, _uuid, entry = cursor.fetchone()
        changed = bytes(entry).replace(b"set-up", b"set-uq", 1)
        cursor.execute("UPDATE audit_event SET entry = %s WHERE id = %s", [changed, row])

    status, said = run("verify_audit")

    assert status == 1
    assert said.startswith("AUD007 Audit event 0 (")


def test_a_checkpoint_is_signed_once_and_an_export_holds_it(tmp_path: Path) -> None:
    status, said = run("checkpoint")
    events = int(said.removeprefix("Signed a checkpoint over ").removesuffix(" events.\n"))

    assert status == 0
    assert run("checkpoint") == (0, "Nothing is new.\n")
    assert run("export_audit", str(tmp_path / "export"))[1].startswith(
        f"Exported {events} events and 1 checkpoints"
    )


def test_an_export_into_a_folder_with_files_is_refused_with_the_code(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "old").touch()

    with pytest.raises(CommandError, match=r"AUD\d+ "):
        call_command("export_audit", str(tmp_path / "export"))


@pytest.mark.parametrize("command", ["verify_audit", "checkpoint"])
def test_an_error_of_the_log_is_told_in_one_line(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_arguments: object) -> int:
        raise InvalidInput("AUD009", "there is no key", remedy="Create one.")

    monkeypatch.setattr(api, "sequence_log", refused)
    monkeypatch.setattr(api, "publish_log", refused)

    with pytest.raises(CommandError, match=r"AUD009 there is no key Create one\."):
        call_command(command)
