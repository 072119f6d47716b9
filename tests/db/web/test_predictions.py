"""A file of predictions through the pages: sent by a validator, refused with a reason, and marked wherever it shows."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry import api
from registry.domain.predictions import FILE_LIMIT
from registry.domain.vocab import RequestStatus
from registry.validations.models import PredictionsFile, ValidationRequest
from tests.builders.predictions import csv_text
from tests.builders.registry import submission
from tests.builders.web_world import AT, World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document

MARK = "From a file of predictions, not recomputed from the artefact"


@pytest.fixture
def address(world: World) -> str:
    return f"/intended-uses/{world.uses['collections'].uuid}/predictions/new/"


def file(content: str | bytes | None = None) -> SimpleUploadedFile:
    data = csv_text() if content is None else content
    return SimpleUploadedFile("scores of the vendor.csv", data.encode() if isinstance(data, str) else data)


def send(client: Client, address: str, **fields: Any) -> Any:
    return client.post(address, {"file": file(), **fields})


def told(response: Any) -> Document:
    document = Document(response.content.decode())
    assert document.problems() == []
    return document


def test_vera_sends_a_file_and_is_led_to_its_run(door: Door, address: str) -> None:
    page = told(door("vera").get(address))
    assert {"file", "score", "outcome", "sample", "segment", "vintage", "score_before"} <= {
        field["name"] for field in page.fields
    }
    assert [form.get("enctype") for form in page.forms if "action" not in form] == ["multipart/form-data"]
    response = send(door("vera"), address, score="pd")
    request = ValidationRequest.objects.get(predictions__isnull=False)
    assert response["Location"] == f"/runs/{request.uuid}/"
    text = told(door("vera").get(response["Location"])).text
    for words in (MARK, "scores of the vendor.csv", "score = pd", request.predictions.sha256):
        assert words in text


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"file": file(b"")}, 400, "PRD002"),
        ({"file": file(b"a" * (FILE_LIMIT + 5))}, 413, "PRD001"),
        ({"score": "x", "outcome": "x"}, 400, "PRD003"),
        ({"file": ""}, 400, "This field is required"),
    ],
)
def test_what_does_not_do_is_refused_and_nothing_is_kept(
    door: Door, address: str, changed: dict[str, Any], status: int, says: str
) -> None:
    before = ValidationRequest.objects.count()
    response = send(door("vera"), address, **changed)
    assert response.status_code == status
    assert says in told(response).text
    assert (ValidationRequest.objects.count(), PredictionsFile.objects.count()) == (before, 0)


def test_who_may_not_ask_is_refused_and_a_form_without_token_too(
    door: Door, world: World, address: str
) -> None:
    refused = send(door("ada"), address)
    assert refused.status_code == 403
    assert b"PEO003" in refused.content
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.people["vera"])
    assert b"WEB419" in send(strict, address).content
    assert Client().get(address)["Location"].startswith("/sign-in/")
    assert not PredictionsFile.objects.exists()


@pytest.fixture
def ended(door: Door, address: str) -> ValidationRequest:
    """Send a file, and end its run with one check measured and one that could not be made."""
    send(door("vera"), address)
    request = ValidationRequest.objects.get(predictions__isnull=False)
    missing = submission("explain.shap", facts={})
    missing |= {"verdict": "not_applicable", "reason": "needs_artifact"}
    missing["body"] = {"detail": "explanations need the artefact"}
    api.record_validation(
        actor=api.worker_actor(name="worker"), at=AT, correlation_id="run", request_uuid=request.uuid,
        run_uuid=uuid4(), status=RequestStatus.COMPLETED, reason="2 checks recorded",
        submissions=[submission("discrimination.auc"), missing],
    )  # fmt: skip
    request.refresh_from_db()
    return request


def test_every_page_of_it_carries_the_mark_and_what_could_not_be_checked(
    door: Door, world: World, ended: ValidationRequest
) -> None:
    record = ended.evidence.get(check_id="discrimination.auc")
    pages = {
        f"/runs/{ended.uuid}/": "vera",
        f"/evidence/{record.uuid}/": "vera",
        f"/validations/{ended.uuid}/validation.html": "vera",
        f"/portal/validations/{ended.uuid}/": "rex",
        f"/portal/evidence/{record.uuid}/": "rex",
        f"/validations/{ended.uuid}/comparison/?with={world.validated.uuid if world.validated else ''}": "vera",
    }
    for address, username in pages.items():
        response = door(username).get(address)
        assert response.status_code == 200, address
        assert MARK in Document(response.content.decode()).text, address
    run = told(door("vera").get(f"/runs/{ended.uuid}/")).text
    assert run.count(MARK) == 1 + ended.evidence.count()
    assert "predictions FROM A FILE" in told(door("vera").get("/validations/")).text
    for address in (f"/runs/{ended.uuid}/", f"/portal/validations/{ended.uuid}/"):
        text = told(door("rex" if "portal" in address else "vera").get(address)).text
        assert "What could not be checked, and why" in text
        assert "needs_artifact explanations need the artefact" in text


def test_the_use_lists_its_files_apart_from_the_way_to_a_permit(
    door: Door, world: World, ended: ValidationRequest
) -> None:
    use = f"/intended-uses/{world.uses['collections'].uuid}/"
    page = told(door("vera").get(use))
    assert "scores of the vendor.csv" in page.text
    assert "The worker runs the plan." in page.text
    other = told(door("vera").get(f"/intended-uses/{world.uses['card-underwriting'].uuid}/"))
    assert "No file of predictions has been sent." in other.text


def test_no_report_is_offered_and_none_is_asked_for_at_home(door: Door, ended: ValidationRequest) -> None:
    page = told(door("vera").get(f"/runs/{ended.uuid}/"))
    assert f"/validations/{ended.uuid}/report/new/" not in page.links
    assert f"/validations/{ended.uuid}/challenges/new/" in page.links
    assert "No report is signed on a file of predictions." in page.text
    assert f"/runs/{ended.uuid}/" not in told(door("vera").get("/")).links


def test_a_validation_of_the_artefact_carries_no_mark(door: Door, world: World) -> None:
    assert world.validated is not None
    assert MARK not in told(door("vera").get(f"/runs/{world.validated.uuid}/")).text
