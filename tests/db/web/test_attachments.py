"""Attachments of a run: who sees them, how they are served, what is recorded, and what is refused."""

from uuid import uuid4

import pytest

from registry.audit.models import AuditEvent
from tests.builders.attached import FILE, plant
from tests.builders.web_world import AT, World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document
from validation.runs.models import Attachment, CheckRecord, ValidationRun

CONTENT = b"<!doctype html><script>document.title = 'report'</script>"


@pytest.fixture
def attachment(world: World, db: None) -> Attachment:
    assert world.validated is not None
    run = ValidationRun.objects.create(request_uuid=world.validated.uuid, status="succeeded", queued_at=AT)
    return plant(run, content=CONTENT, at=AT)


def address(attachment: Attachment) -> str:
    return f"/runs/{attachment.run.request_uuid}/attachments/{attachment.uuid}/"


def readings() -> int:
    return AuditEvent.objects.filter(action="evidence.read").count()


def test_the_run_lists_its_attachments_and_their_page_shows_them_in_a_sandbox(
    door: Door, attachment: Attachment
) -> None:
    listed = door("vera").get(f"/runs/{attachment.run.request_uuid}/").content.decode()
    assert f'href="{address(attachment)}"' in listed
    response = door("vera").get(address(attachment))
    page = response.content.decode()
    assert 'sandbox="allow-scripts"' in page
    assert f'src="{address(attachment)}content/"' in page
    assert attachment.sha256 in Document(page).text
    assert CONTENT.decode() not in page
    policy = response["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "script-src 'self';" in policy + ";"
    assert readings() == 0


def test_the_bytes_come_shut_in_under_a_policy_of_their_own_and_the_reading_is_recorded(
    door: Door, attachment: Attachment
) -> None:
    response = door("vera").get(f"{address(attachment)}content/")
    assert response.content == CONTENT
    policy = dict(part.partition(" ")[::2] for part in response["Content-Security-Policy"].split("; "))
    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert {"connect-src", "frame-src"}.isdisjoint(policy)
    assert "allow-same-origin" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"].startswith("inline")
    event = AuditEvent.objects.get(action="evidence.read")
    assert event.actor_name == "Vera Castellanos"
    kept = door("vera").get(f"{address(attachment)}content/?download=1")
    assert kept["Content-Disposition"] == f'attachment; filename="{FILE}"'
    alone = door("vera").get(f"{address(attachment)}content/", headers={"Sec-Fetch-Dest": "document"})
    assert alone["Content-Disposition"].startswith("attachment")
    framed = door("vera").get(f"{address(attachment)}content/", headers={"Sec-Fetch-Dest": "iframe"})
    assert framed["Content-Disposition"].startswith("inline")
    assert readings() == 4


@pytest.mark.parametrize("part", ["", "content/"])
def test_who_may_not_see_the_run_sees_no_attachment(door: Door, attachment: Attachment, part: str) -> None:
    place = f"{address(attachment)}{part}"
    assert door("nia").get(place).status_code == 404
    assert door("rex").get(place)["Location"] == "/portal/"
    assert door("vera").post(place).status_code == 405
    elsewhere = f"/runs/{attachment.run.request_uuid}/attachments/{uuid4()}/{part}"
    assert door("vera").get(elsewhere).status_code == 404
    assert readings() == 0


@pytest.mark.parametrize("what", ["content", "name", "result"])
def test_bytes_that_the_result_does_not_name_are_not_served(
    door: Door, attachment: Attachment, what: str
) -> None:
    if what == "content":
        Attachment.objects.update(content=CONTENT + b" ", sha256=attachment.sha256)
    if what == "name":
        Attachment.objects.update(file="other.html")
    if what == "result":
        record = CheckRecord.objects.get(check_id=attachment.check_id)
        record.result["tables"] = []
        record.save()
    response = door("vera").get(f"{address(attachment)}content/")
    assert response.status_code != 200
    assert b"RUN016" in response.content
    assert CONTENT not in response.content
    assert readings() == 0
