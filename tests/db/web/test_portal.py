"""The portal: regulators and auditors read, every read is in the log, nobody changes anything."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.urls import get_resolver, reverse

from registry.audit.models import AuditEvent
from registry.decisions.models import PackRelease
from registry.findings.models import Finding
from registry.portal import urls
from registry.validations.models import EvidenceRecord
from tests.builders.web_world import World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document

NAMES = [pattern.name for pattern in urls.urlpatterns]


def address_of(name: str, world: World) -> str:
    """Return an existing address for each of the portal's pages."""
    use = world.uses["pd-capital-qrre"]
    use.refresh_from_db()
    event = AuditEvent.objects.get(action="validation.signed")
    subjects = {
        "model": use.version.registered_model.uuid,
        "version": use.version.uuid,
        "use-case": use.use_case.key,
        "entity": "meridian-eu",
        "intended-use": use.uuid,
        "decision": use.permission_decision_uuid,
        "decision-json": use.permission_decision_uuid,
        "validation": world.validated and world.validated.uuid,
        "export-validation": (world.validated and world.validated.uuid, "html"),
        "comparison": world.validated and world.validated.uuid,
        "evidence": EvidenceRecord.objects.filter(check_id="discrimination.auc").get().uuid,
        "finding": Finding.objects.get().uuid,
        "calculation": "output-floor",
        "pack": PackRelease.objects.get(instrument="house").uuid,
        "proposal": world.proposal and world.proposal.uuid,
        "impact": world.proposal and world.proposal.uuid,
        "impact-csv": world.proposal and world.proposal.uuid,
        "audit-event": event.uuid,
        "audit-proof": event.uuid,
    }
    given = subjects.get(name, ())
    return reverse(f"portal:{name}", args=given if isinstance(given, tuple) else [given])


def reads() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="portal.page_read").order_by("id"))


@pytest.mark.parametrize("name", NAMES)
def test_every_read_leaves_one_event_with_its_address(
    name: str, door: Door, world: World, published: int
) -> None:
    address = address_of(name, world)
    before = len(reads())
    response = door("rex").get(f"{address}", headers={"X-Correlation-ID": "rex-reads-this"})
    assert response.status_code == 200
    new = reads()[before:]
    assert [(event.actor_name, event.correlation_id) for event in new] == [("Rex Haddad", "rex-reads-this")]
    assert f'"path":"{address}"'.encode() in bytes(new[0].entry)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_reading_is_served(name: str, door: Door, world: World, published: int) -> None:
    address, client = address_of(name, world), door("rex")
    before = AuditEvent.objects.count()
    for method in (client.post, client.put, client.patch, client.delete):
        assert method(address).status_code == 405
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("username", ["dana", "owen", "vera", "ada", "nia"])
def test_others_are_refused_with_a_sentence_and_leave_no_read(
    username: str, door: Door, world: World
) -> None:
    before = len(reads())
    for name in ("home", "inventory", "decision", "audit"):
        response = door(username).get(address_of(name, world))
        assert response.status_code == 403
        assert "neither a regulator nor an auditor" in Document(response.content.decode()).text
    assert len(reads()) == before


def test_no_portal_page_offers_an_act(door: Door, world: World, published: int) -> None:
    for name in NAMES:
        response = door("rex").get(address_of(name, world))
        if response.headers["Content-Type"].startswith("text/html"):
            acts = [
                form["action"]
                for form in Document(response.content.decode()).forms
                if form.get("method") == "post"
            ]
            is_attached = "Content-Disposition" in response.headers
            assert acts == ([] if is_attached else ["/sign-out/"]), name


def test_an_internal_auditor_reads_too(door: Door, world: World) -> None:
    assert door("ivy").get("/portal/").status_code == 200
    assert reads()[-1].actor_name == "Ivy Tanaka"


def test_the_reader_sees_his_own_reading_and_nobody_elses(door: Door, world: World) -> None:
    door("ivy").get("/portal/findings/")
    door("rex").get("/portal/policy/")
    text = Document(door("rex").get("/portal/reading/").content.decode()).text
    assert "/portal/policy/" in text
    assert "/portal/findings/" not in text


def test_a_downloaded_proof_satisfies_the_verifier(
    door: Door, world: World, published: int, tmp_path: Path
) -> None:
    for name in ("audit-proof", "audit-export"):
        response = door("rex").get(address_of(name, world))
        zipfile.ZipFile(io.BytesIO(response.content)).extractall(tmp_path)
    export = tmp_path / "audit-log"
    entry = next(tmp_path.glob("*.json"))
    verifier, key = export / "verify_log.py", export / "log.pub"
    whole = [sys.executable, verifier, export, "--key", key]
    single = [
        sys.executable,
        verifier,
        "--proof",
        entry.with_suffix(".tlog-proof"),
        "--entry",
        entry,
        "--key",
        key,
    ]
    assert [subprocess.run(command, check=False).returncode for command in (whole, single)] == [0, 0]
    entry.write_bytes(entry.read_bytes().replace(b"Vera", b"Dana", 1))
    assert subprocess.run(single, check=False).returncode == 1


def test_no_route_of_the_portal_is_forgotten_here() -> None:
    served = [str(p.pattern) for p in get_resolver().url_patterns if getattr(p, "namespace", "") == "portal"]
    assert served == ["portal/"]
    assert None not in NAMES
