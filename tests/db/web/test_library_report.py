"""A library's own report on the pages: who is offered it, how it stands at each moment, and the portal."""

from uuid import uuid4

import pytest

from registry.audit.models import AuditEvent
from registry.domain.canonical import Json
from registry.domain.vocab import RequestStatus
from registry.validations.models import EvidenceRecord, ValidationRequest
from tests.builders.attached import FILE, files_table, plant
from tests.builders.web_evidence import Submission, submissions
from tests.builders.web_world import AT, World, end_run, record_run
from tests.db.web.conftest import Door
from tests.db.web.reading import Document
from validation.runs.models import Attachment, ValidationRun

CHECK = "drift.data"
CONTENT = b"<!doctype html><p>drift by column</p>"


@pytest.fixture
def record(world: World, db: None) -> EvidenceRecord:
    assert world.validated is not None
    return world.validated.evidence.get(check_id=CHECK)


def page(door: Door, username: str, address: str) -> Document:
    answer = door(username).get(address)
    assert answer.status_code == 200
    document = Document(answer.content.decode())
    assert document.problems() == []
    return document


def offers(document: Document, record: EvidenceRecord) -> bool:
    return f"/evidence/{record.uuid}/library-report/" in {form.get("action") for form in document.forms}


def ask(door: Door, record: EvidenceRecord, username: str = "dana") -> ValidationRequest:
    answer = door(username).post(f"/evidence/{record.uuid}/library-report/")
    request = ValidationRequest.objects.filter(reports_on=record).latest("id")
    assert answer["Location"] == f"/runs/{request.uuid}/"
    return request


def result(record: EvidenceRecord, *, with_file: bool = True, **changed: Json) -> Submission:
    item = next(one for one in submissions() if one["check"] == CHECK)
    tables = [*record.body["tables"], *([files_table(CONTENT)] if with_file else [])]
    return item | {"body": {**record.body, "tables": tables, **changed}}


def make(request: ValidationRequest, record: EvidenceRecord, **changed: Json) -> Attachment:
    """Let a worker make the report."""
    run = ValidationRun.objects.create(request_uuid=request.uuid, status="succeeded", queued_at=AT)
    attachment = plant(run, content=CONTENT, at=AT)
    record_run(request, [result(record, **changed)], run_uuid=run.uuid)
    return attachment


def test_developer_owner_and_validator_are_offered_it_and_nobody_else(
    door: Door, record: EvidenceRecord
) -> None:
    address = f"/evidence/{record.uuid}/"
    offered = {name: offers(page(door, name, address), record) for name in ("dana", "owen", "vera", "ada")}
    assert offered == {"dana": True, "owen": True, "vera": True, "ada": False}
    assert "Nobody has asked for it." in page(door, "vera", address).text
    assert "A developer, owner or validator" in page(door, "ada", address).text
    supervisor = page(door, "rex", f"/portal/evidence/{record.uuid}/")
    assert "Nobody has asked for it." in supervisor.text
    assert not offers(supervisor, record)
    assert offers(page(door, "vera", f"/runs/{record.request.uuid}/"), record)
    refused = door("ada").post(f"{address}library-report/")
    assert (refused.status_code, b"PEO003" in refused.content) == (403, True)
    assert door("rex").post(f"{address}library-report/")["Location"] == "/portal/"
    assert door("vera").get(f"{address}library-report/").status_code == 405
    assert not ValidationRequest.objects.exclude(reports_on=None).exists()


def test_other_records_offer_none(door: Door, record: EvidenceRecord) -> None:
    other = record.request.evidence.get(check_id="discrimination.auc")
    assert "Evidently's own report" not in page(door, "vera", f"/evidence/{other.uuid}/").text
    refused = door("vera").post(f"/evidence/{other.uuid}/library-report/")
    assert (refused.status_code, b"VAL070" in refused.content) == (404, True)


def test_the_page_says_how_it_stands_while_it_is_made_and_after(door: Door, record: EvidenceRecord) -> None:
    request = ask(door, record)
    for username, start, runs in (("vera", "", "/runs"), ("rex", "/portal", "/portal/validations")):
        waiting = page(door, username, f"{start}/evidence/{record.uuid}/")
        assert "Being made" in waiting.text
        assert "by Dana Okafor" in waiting.text
        assert f"{runs}/{request.uuid}/" in waiting.links
        assert not offers(waiting, record)
    live = page(door, "vera", f"/runs/{request.uuid}/")
    assert "A run for Evidently's own report" in live.text
    assert "Cancel the run" in live.text
    assert f"/evidence/{record.uuid}/" in live.links
    again = door("vera").post(f"/evidence/{record.uuid}/library-report/", follow=True)
    assert "It was asked for already" in again.content.decode()

    attachment = make(request, record)
    for username, start, runs in (("vera", "", "/runs"), ("rex", "/portal", "/portal/validations")):
        made = page(door, username, f"{start}/evidence/{record.uuid}/")
        assert "Made later" in made.text
        assert "as they stand in this record, to the last digit" in made.text
        assert attachment.sha256 in made.text
        way = f"{runs}/{request.uuid}/checks/{CHECK}/{FILE}/"
        assert way in made.links
        assert door(username).get(way)["Location"] == f"{runs}/{request.uuid}/attachments/{attachment.uuid}/"
        assert way in page(door, username, f"{runs}/{request.uuid}/").links
        assert way in page(door, username, f"{runs}/{record.request.uuid}/").links
    shown = page(door, "vera", f"/runs/{request.uuid}/attachments/{attachment.uuid}/")
    assert "Made later Asked for" in shown.text
    assert f"/evidence/{record.uuid}/" in shown.links


def test_other_figures_and_what_else_differs_are_named(door: Door, record: EvidenceRecord) -> None:
    make(ask(door, record), record, notes=["another note"], versions={"evidently": "9.9"})
    text = page(door, "vera", f"/evidence/{record.uuid}/").text
    assert "Other numbers" in text
    assert "1 place differs from this record" in text
    assert "evidently: 0.7.23 became 9.9" in text


@pytest.mark.parametrize("status", [RequestStatus.FAILED, RequestStatus.CANCELLED])
def test_a_run_that_broke_down_says_why_and_may_be_asked_for_again(
    door: Door, record: EvidenceRecord, status: RequestStatus
) -> None:
    request = ask(door, record)
    end_run(request, [result(record, with_file=False)], status=status, reason="VAL041 the data set changed")
    failed = page(door, "vera", f"/evidence/{record.uuid}/")
    assert "There is no report." in failed.text
    assert "VAL041 the data set changed" in failed.text
    assert offers(failed, record)
    assert ask(door, record) != request


def test_a_run_for_a_report_counts_as_no_validation_anywhere(door: Door, record: EvidenceRecord) -> None:
    request = ask(door, record)
    use = request.intended_use
    for username, start in (("vera", ""), ("rex", "/portal")):
        text = page(door, username, f"{start}/intended-uses/{use.uuid}/").text
        assert "The worker runs the plan." not in text
    make(request, record)
    assert "No completed run waits for a report." in page(door, "vera", "/").text
    assert "a run for a library's report" in page(door, "vera", "/validations/").text
    mine = request.evidence.get()
    for username, start, run in (("vera", "", "/runs"), ("rex", "/portal", "/portal/validations")):
        text = page(door, username, f"{start}/evidence/{mine.uuid}/").text
        assert "of a run for a library's report: policy does not read it" in text
        assert "Facts fed to policy" not in text
        text = page(door, username, f"{run}/{request.uuid}/").text
        for words in ("Effective challenge", "Sign the report", "Reproducibility", "Findings raised by"):
            assert words not in text
    taken = Document(door("vera").get(f"/validations/{request.uuid}/validation.html").content.decode()).text
    assert f"Made for evidence record {record.uuid}" in taken


def test_a_supervisor_reads_the_attachment_in_the_portal_shut_in_and_each_reading_is_recorded(
    door: Door, record: EvidenceRecord
) -> None:
    request = ask(door, record)
    attachment = make(request, record)
    start = f"/portal/validations/{request.uuid}/attachments/{attachment.uuid}/"
    response = door("rex").get(start)
    shown = Document(response.content.decode())
    assert shown.problems() == []
    assert "Supervisory portal" in shown.text
    assert f'src="{start}content/"' in response.content.decode()
    assert 'sandbox="allow-scripts"' in response.content.decode()
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert [form.get("action") for form in shown.forms] == ["/sign-out/"]
    served = door("rex").get(f"{start}content/")
    assert served.content == CONTENT
    assert "sandbox allow-scripts" in served["Content-Security-Policy"]
    ours = door("vera").get(f"/runs/{request.uuid}/attachments/{attachment.uuid}/content/")
    assert served["Content-Security-Policy"] == ours["Content-Security-Policy"]
    reads = AuditEvent.objects.filter(actor_name="Rex Haddad")
    assert sorted(reads.values_list("action", flat=True)) == [
        "evidence.read",
        "portal.page_read",
        "portal.page_read",
    ]
    for method in (door("rex").post, door("rex").delete):
        assert method(start).status_code == 405
    for username, status in (("vera", 403), ("nia", 403)):
        refused = door(username).get(start)
        assert (refused.status_code, b"RUN019" in refused.content) == (status, True)
    assert door("rex").get(f"/portal/validations/{request.uuid}/attachments/{uuid4()}/").status_code == 404
    assert door("rex").get(f"/portal/validations/{request.uuid}/checks/{CHECK}/no.html/").status_code == 404


def test_evidence_and_attachments_stand_under_validations_in_the_main_menu(
    door: Door, record: EvidenceRecord
) -> None:
    request = ask(door, record)
    attachment = make(request, record)
    places = {
        "vera": [f"/evidence/{record.uuid}/", f"/runs/{request.uuid}/attachments/{attachment.uuid}/"],
        "rex": [
            f"/portal/evidence/{record.uuid}/",
            f"/portal/validations/{request.uuid}/attachments/{attachment.uuid}/",
        ],
    }
    for username, addresses in places.items():
        start = "/portal" if username == "rex" else ""
        for address in addresses:
            text = door(username).get(address).content.decode()
            assert text.count('aria-current="true"') == 1
            assert f'<a href="{start}/validations/" aria-current="true">Validations</a>' in text
