"""The commands on packs: what differs, and what a file would change, with progress apart from the answer."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.clock import SystemClock
from tests.builders.policy import DESK, LATER

Uses = dict[str, api.IntendedUse]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda self: LATER)


def run(name: str, *arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=StringIO())
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_file_that_takes_permissions_exits_with_one_and_records_nothing(uses: Uses, tmp_path: Path) -> None:
    path, before = tmp_path / "desk.yaml", AuditEvent.objects.count()
    path.write_text(DESK)
    status, said = run("pack_impact", str(path), "--json")
    answer = json.loads(said)
    assert (status, answer["pairs"]) == (1, 4)
    assert answer["counts"] == {"lost": 2, "gained": 0, "changed": 0, "unchanged": 2}
    assert {item["key"] for item in answer["effects"]} == {
        "pd-a version 1 for collections",
        "pd-b version 1 for collections",
    }
    status, said = run("pack_impact", str(path))
    assert "2 lost" in said
    assert said.count("desk/2026-12#no-boosting") == 2
    path.write_text(DESK.replace("tree_ensemble", "neural"))
    assert run("pack_impact", str(path))[0] == 0
    assert AuditEvent.objects.count() == before


def test_differences_are_told_condition_by_condition(uses: Uses, tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(DESK)
    new.write_text(DESK.replace("value: tree_ensemble", "value: neural"))
    said = run("pack_diff", str(old), str(new))[1]
    assert said.startswith("changed rule no-boosting\n    condition: ")
    assert "tree_ensemble -> " in said
    assert run("pack_diff", str(old), str(old))[1] == "Nothing differs.\n"
    assert "removed rule" in run("pack_diff", "house/2026-11", str(old))[1]


@pytest.mark.parametrize("name", ["no/such", "instrument: [", ""])
def test_what_cannot_be_read_is_refused_with_its_code(uses: Uses, tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(name)
    asked = name if "/" in name else str(path)
    with pytest.raises(CommandError, match=r"(DEC011|PAC001) "):
        call_command("pack_impact", asked)
    with pytest.raises(CommandError, match=r"(DEC011|PAC001) "):
        call_command("pack_diff", asked, asked)
