"""What pages say: the answer first, reasons with their sources, errors that teach."""

import csv
import io
import json
import re

import pytest
from django.test import Client

from registry.domain.errors import Conflict, IntegrityMismatch, LimitExceeded, MrmError, UpstreamUnavailable
from registry.web.middleware import DomainErrorMiddleware
from tests.builders.web_evidence import submissions
from tests.builders.web_world import World, record_run, start_run
from tests.db.web.conftest import Door
from tests.db.web.reading import Document
from validation.runs.models import ValidationRun


def read(client: Client, address: str, status: int = 200) -> Document:
    response = client.get(address)
    assert response.status_code == status
    return Document(response.content.decode())


def test_a_model_opens_with_one_sentence_per_use(door: Door, world: World) -> None:
    text = read(door("vera"), f"/models/{world.versions['pd-cards'].registered_model.uuid}/").text
    record = text.index("17 fields of OSFI E-23")
    for use in world.uses.values():
        use.refresh_from_db()
        assert 0 < text.index(" ".join(use.permission_sentence.split())) < record
    assert text[record:].count("not yet") >= 3


def test_an_equity_decision_shows_rule_citation_and_that_nothing_flips_it(door: Door, world: World) -> None:
    use = world.uses["equity-capital"]
    text = read(door("vera"), f"/decisions/{use.permission_decision_uuid}/").text
    assert "No internal model may serve regulatory capital for equity" in text
    assert "Basel Framework CRE30.34" in text
    assert "VERIFIED" in text
    assert "none up to" in text
    assert "binding rule" in text


def test_a_decision_links_observed_values_to_evidence_and_offers_json(door: Door, world: World) -> None:
    use = world.uses["pd-capital-qrre"]
    use.refresh_from_db()
    address = f"/decisions/{use.permission_decision_uuid}/"
    links = read(door("vera"), address).links
    assert any(link.startswith("/evidence/") for link in links)
    stored = door("vera").get(f"{address}decision.json").json()
    assert stored["decision"]["stage"] == "gate:approve"
    assert len(stored["decision_digest"]) == 64


def test_the_inventory_narrows_by_facet_and_gives_htmx_the_results_alone(door: Door) -> None:
    page = read(door("vera"), "/models/?tier=1")
    assert "pd-cards-scorecard" not in page.text
    assert page.tags["html"] == 1
    part = Document(door("vera").get("/models/?tier=1", headers={"HX-Request": "true"}).content.decode())
    assert part.tags["html"] == 0
    assert "results" in part.ids
    restored = door("vera").get(
        "/models/?tier=1", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert b"<html" in restored.content


def test_the_export_is_csv_that_no_spreadsheet_computes(door: Door, world: World) -> None:
    model = world.versions["pd-cards"].registered_model
    type(model).objects.filter(pk=model.pk).update(name="=HYPERLINK(1)")
    response = door("vera").get("/models/export.csv")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert "attachment" in response["Content-Disposition"]
    assert [row[1] for row in rows if row[0] == "pd-cards"] == ["'=HYPERLINK(1)"]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/models/00000000-0000-0000-0000-000000000000/", 404, "INV010"),
        ("/models/?colour=red", 400, "WEB003"),
        ("/models/?sort=salary", 400, "INV020"),
        ("/audit/?subject=everything", 400, "WEB001"),
        ("/audit/?before=soon", 400, "WEB002"),
        ("/audit/?action=model.eaten", 404, "AUD030"),
        ("/nowhere/", 404, "WEB404"),
    ],
)
def test_errors_teach(door: Door, address: str, status: int, code: str) -> None:
    response = door("vera").get(address, headers={"X-Correlation-ID": "a-known-one"})
    text = Document(response.content.decode()).text
    assert response.status_code == status
    assert code in text
    assert "What to do" in text
    assert response["X-Correlation-ID"] == "a-known-one"
    assert "a-known-one" in text


def test_a_correlation_id_that_is_not_one_is_replaced(door: Door) -> None:
    response = door("vera").get("/models/", headers={"X-Correlation-ID": "<script>"})
    assert len(response["X-Correlation-ID"]) == 36


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict, 409),
        (LimitExceeded, 413),
        (IntegrityMismatch, 502),
        (UpstreamUnavailable, 502),
        (MrmError, 500),
    ],
)
def test_each_kind_of_error_has_its_status(error: type[MrmError], status: int, rf: object, db: None) -> None:
    request = rf.get("/models/")  # type: ignore[attr-defined]
    page = DomainErrorMiddleware(lambda _: None).process_exception(  # type: ignore[arg-type,return-value]
        request, error("XXX001", "the cause", remedy="the remedy")
    )
    assert page is not None
    assert page.status_code == status
    assert b"the remedy" in page.content


def test_what_is_no_domain_error_is_left_alone(rf: object) -> None:
    middleware = DomainErrorMiddleware(lambda _: None)  # type: ignore[arg-type,return-value]
    assert middleware.process_exception(rf.get("/"), ValueError()) is None  # type: ignore[attr-defined]


def test_a_live_run_renews_itself_until_it_ends(door: Door, world: World) -> None:
    assert world.running is not None
    start_run(world.running, submissions()[:2])
    address = f"/runs/{world.running.uuid}/"
    page = door("vera").get(address).content.decode()
    found = re.search(rf'hx-get="{address}progress/(\?step=[0-9a-f]{{12}})" hx-trigger="every 2s"', page)
    assert found
    assert "Share of this step" not in page
    assert "2 of 13 checks done: calibration.jeffreys" in Document(page).text
    ValidationRun.objects.update(share_done=12_000, share_total=30_000, share_of="rows")
    part = door("vera").get(f"{address}progress/{found[1]}")
    assert "HX-Refresh" not in part.headers
    text = part.content.decode()
    assert '<progress value="12000" max="30000" aria-label="Share of this step"' in text
    assert "12,000 of 30,000 rows, 40 %" in Document(text).text
    assert "hx-swap-oob" not in text, "the same step is not announced again"
    ValidationRun.objects.update(progress="drift.data")
    text = door("vera").get(f"{address}progress/{found[1]}").content.decode()
    assert text.count('id="step" hx-swap-oob="innerHTML"') == 1
    assert "2 of 13 checks done: drift.data" in Document(text).text
    record_run(world.running, submissions())
    part = door("vera").get(f"{address}progress/")
    assert part["HX-Refresh"] == "true"
    assert "hx-trigger" not in part.content.decode()


def test_a_part_whose_session_ended_sends_the_whole_page_to_sign_in(
    client: Client, world: World, db: None
) -> None:
    assert world.running is not None
    address = f"/runs/{world.running.uuid}/"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
    response = client.get(f"{address}progress/", headers=headers)
    assert response["HX-Redirect"] == f"/sign-in/?next={address.replace('/', '%2F')}"
    assert "Location" not in response


def test_a_finished_run_shows_figures_documentation_and_findings(door: Door, world: World) -> None:
    assert world.validated is not None
    response = door("vera").get(f"/runs/{world.validated.uuid}/")
    document = Document(response.content.decode())
    for words in (
        "Calibration by grade",
        "0.7691 … 0.7821",
        "Signs of high risk",
        "calibration.jeffreys fails",
        "output floor",
        "drifted from 0.1",
        "ASSUMED",
        "at least 500 observations",
    ):
        assert words in document.text, words
    assert document.tags["figure"] == document.tags["figcaption"] >= 5
    assert response.content.count(b"The same figures as a table") == document.tags["figure"]


def test_an_audit_event_carries_its_proof_and_the_command(door: Door, published: int) -> None:
    log = read(door("vera"), "/audit/?action=validation.signed")
    event = next(link for link in log.links if link.startswith("/audit/0"))
    text = read(door("vera"), event).text
    assert "Proof holds" in text
    assert f"checkpoint of size {published}" in text
    assert "python verify_log.py --proof" in text
    assert json.loads(text[text.index("{") : text.index("}") + 1])["opinion"] == "fit_with_conditions"
