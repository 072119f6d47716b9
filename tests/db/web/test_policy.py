"""The policy in the browser: what is written stays, what is foreseen is shown, two people decide."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registry import api
from registry.domain.clock import SystemClock
from registry.people.models import RoleAssignment
from tests.builders.policy import DESK, work
from tests.builders.web_world import World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document

BROKEN = DESK.replace("op: eq, value: collections", "op: eqq, value: collections").replace(
    "verification: VERIFIED", "verification: SEEN"
)
OTHER = DESK.replace("version: 2026-12", "version: 2027-01")


@pytest.fixture
def proposal(world: World, db: None) -> api.PackProposal:
    assert world.proposal is not None
    return api.PackProposal.objects.get(pk=world.proposal.pk)


def read(door: Door, username: str, address: str) -> Document:
    response = door(username).get(address)
    assert response.status_code == 200
    return Document(response.content.decode())


def test_bad_yaml_keeps_what_was_typed_and_names_every_line(door: Door, world: World) -> None:
    before = api.PackProposal.objects.count()
    answer = door("vera").post("/policy/proposals/new/", {"text": BROKEN, "rationale": "New law."})
    page = Document(answer.content.decode())
    assert answer.status_code == 400
    assert "value: collections" in page.text
    assert "New law." in page.text
    assert "PKP005" in page.text
    assert page.text.count("PAC007") == 2
    for word in ("SEEN", "eqq"):
        line = next(line for line in BROKEN.splitlines() if word in line)
        place = f"{BROKEN.splitlines().index(line) + 1} {line.index(word) + 1}"
        assert f"{place} {word} is not a word used here" in page.text
    assert page.problems() == []
    assert api.PackProposal.objects.count() == before


def test_a_draft_is_previewed_kept_revised_and_proposed(door: Door, world: World) -> None:
    vera, typed = door("vera"), {"text": OTHER, "rationale": "Calls must be explained."}
    before = api.PackProposal.objects.count()
    shown = vera.post("/policy/proposals/new/", {**typed, "act": "preview"})
    assert shown.status_code == 200
    assert "Permissions lost" in Document(shown.content.decode()).text
    assert api.PackProposal.objects.count() == before
    part = vera.post("/policy/proposals/preview/", typed)
    assert Document(part.content.decode()).tags["html"] == 0
    kept = vera.post("/policy/proposals/new/", typed)
    row = api.PackProposal.objects.latest("id")
    assert kept["Location"] == f"/policy/proposals/{row.uuid}/"
    tree = {**typed, "text": OTHER.replace("title: Boosted", "title: A tree"), "row_version": "1"}
    revised = vera.post(f"{kept['Location']}text/", tree)
    assert revised.status_code == 302
    late = vera.post(f"{kept['Location']}text/", {**typed, "row_version": "1"})
    assert late.status_code == 409
    assert vera.post(f"{kept['Location']}proposal/", {"row_version": "2"}).status_code == 302
    row.refresh_from_db()
    assert (row.status, "A tree" in row.text) == ("proposed", True)


def test_a_file_takes_the_place_of_the_text_unless_it_is_not_one(door: Door, world: World) -> None:
    typed = {"text": "", "rationale": "From our repository."}
    for content, status in ((OTHER.encode(), 302), (OTHER.encode("utf-16"), 400), (b"#" * 2_000_001, 400)):
        chosen = SimpleUploadedFile("desk.yaml", content)
        assert door("vera").post("/policy/proposals/new/", {**typed, "file": chosen}).status_code == status
    assert api.PackProposal.objects.latest("id").text == OTHER


def test_an_unsound_draft_is_not_proposed(door: Door, world: World) -> None:
    unsound = OTHER.replace("silent: [no-boosting]", "outcome: refer")
    kept = door("vera").post("/policy/proposals/new/", {"text": unsound, "rationale": "Why not."})
    page = read(door, "vera", kept["Location"])
    assert "PAC022" in page.text
    answer = door("vera").post(f"{kept['Location']}proposal/", {"row_version": "1"})
    assert answer.status_code == 400
    assert "It was not proposed" in Document(answer.content.decode()).text


@pytest.mark.parametrize("username", ["dana", "owen"])
def test_the_first_line_reads_and_does_nothing(door: Door, proposal: api.PackProposal, username: str) -> None:
    page = read(door, username, f"/policy/proposals/{proposal.uuid}/")
    assert [form["action"] for form in page.forms] == ["/sign-out/"]
    client = door(username)
    assert client.post("/policy/proposals/new/", {"text": OTHER, "rationale": "x"}).status_code == 403
    assert client.post("/policy/proposals/preview/", {"text": OTHER}).status_code == 403
    assert client.post(f"/policy/proposals/{proposal.uuid}/impact/").status_code == 403
    for act in ("approvals", "rejection"):
        form = {
            "comment": "x",
            "reason": "x",
            "content_sha256": "0",
            "report_digest": "0",
            "row_version": "2",
        }
        assert client.post(f"/policy/proposals/{proposal.uuid}/{act}/", form).status_code == 403


def test_a_role_for_one_entity_reads_and_is_not_offered_what_would_be_refused(
    door: Door, world: World, proposal: api.PackProposal
) -> None:
    places = ("/policy/", f"/policy/{api.PackRelease.objects.latest('id').uuid}/")
    for address in places:
        assert any("/policy/proposals/new/" in link for link in read(door, "vera", address).links)
    assert len(read(door, "vera", f"/policy/proposals/{proposal.uuid}/").forms) > 1
    RoleAssignment.objects.filter(person=world.people["vera"]).update(entity_key="meridian-eu")
    for address in places:
        assert not [link for link in read(door, "vera", address).links if "proposals/new" in link]
    page = read(door, "vera", f"/policy/proposals/{proposal.uuid}/")
    assert [form["action"] for form in page.forms] == ["/sign-out/"]
    assert door("vera").post("/policy/proposals/new/", {"text": OTHER, "rationale": "x"}).status_code == 403


def test_two_approvers_activate_and_the_page_says_how_it_came_out(
    door: Door, proposal: api.PackProposal
) -> None:
    address = f"/policy/proposals/{proposal.uuid}/"
    assert "Permissions lost" in read(door, "ada", address).text
    report = api.find_impact_report(proposal=proposal)
    assert report is not None
    for username in ("ada", "alma"):
        proposal.refresh_from_db()
        form = {
            "comment": "Within appetite.",
            "content_sha256": proposal.content_sha256,
            "report_digest": report.digest,
            "row_version": str(proposal.row_version),
        }
        assert door(username).post(f"{address}approvals/", {**form, "comment": ""}).status_code == 400
        assert door(username).post(f"{address}approvals/", form).status_code == 302
    assert "pairs decided again" in read(door, "ada", f"{address}progress/").text
    work(at=SystemClock().now())
    page = read(door, "ada", address)
    assert "every decision is what the report said" in page.text
    impact = read(door, "ada", f"{address}impact/")
    assert impact.text.count("As reported") == report.effects.count()
    assert "desk/2026-12#no-boosting" in impact.text
    rows = b"".join(door("ada").get(f"{address}impact.csv")).decode().splitlines()  # type: ignore[arg-type]
    assert len(rows) == 1 + report.effects.count()
    assert rows[1].endswith(",yes")


def test_the_impact_narrows_by_facet(door: Door, proposal: api.PackProposal) -> None:
    address = f"/policy/proposals/{proposal.uuid}/impact/"
    assert "no-boosting" in read(door, "ada", f"{address}?use_case=collections").text
    assert "No pair matches" in read(door, "ada", f"{address}?change=gained").text
    assert door("ada").get(f"{address}?after=x").status_code == 400


def test_a_pack_shows_its_rules_at_work(door: Door, world: World) -> None:
    house = api.PackRelease.objects.get(instrument="house")
    text = read(door, "vera", f"/policy/{house.uuid}/").text
    assert "asked of the newest facts of 8 pairs" in text
    assert "Comes out as written" in text
    assert "GATES" in text
    rescinded = api.PackRelease.objects.get(instrument="us-sr-11-7")
    assert "This pack holds no rule" in read(door, "vera", f"/policy/{rescinded.uuid}/").text


def test_a_withdrawal_is_proposed_from_the_pack(door: Door, world: World) -> None:
    pack = api.PackRelease.objects.get(instrument="bis-fsi-24")
    address = f"/policy/{pack.uuid}/withdrawal/new/"
    day = SystemClock().now().date()
    form = {"effective_from": day.isoformat(), "rationale": "Replaced."}
    assert door("vera").post(address, form).status_code == 400
    kept = door("vera").post(address, {**form, "effective_from": (day + timedelta(days=9)).isoformat()})
    assert "Withdraw bis-fsi-24 2025-09" in read(door, "vera", kept["Location"]).text
