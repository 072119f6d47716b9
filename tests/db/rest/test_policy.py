"""Packs and proposals over REST: written, reported and rejected with a token, approved only by people."""

import pytest

from registry import api
from tests.builders.policy import DESK, work
from tests.builders.web_world import World
from tests.db.rest.conftest import NOW, CallerFor
from tests.db.rest.test_contract import ensure_problem

DRAFT = {"text": DESK, "rationale": "Calls must be explained."}


def test_packs_are_listed_by_page_with_where_they_stand(caller: CallerFor, world: World) -> None:
    dana = caller("dana", "read")
    first = dana.get("packs?limit=9").body
    rest = dana.get(f"packs?limit=9&after={first['next']}").body
    refs = [(item["instrument"], item["version"]) for item in (*first["items"], *rest["items"])]
    assert refs == sorted(refs)
    assert len(set(refs)) == api.PackRelease.objects.count()
    states = {item["instrument"]: item["state"] for item in (*first["items"], *rest["items"])}
    assert (states["house"], states["ca-e-23"]) == ("rules", "ahead")
    # The house adopts the research paper; a consultation draft that nobody adopted only informs.
    assert (states["bis-fsi-24"], states["in-rbi-draft"], states["us-sr-11-7"]) == (
        "rules",
        "informs",
        "superseded",
    )
    assert caller("nia").get("packs").body["items"] == []


def test_a_pack_tells_its_rules_examples_and_hits(caller: CallerFor, world: World) -> None:
    house = api.PackRelease.objects.get(instrument="house")
    body = caller("dana", "read").get(f"packs/{house.uuid}").body
    rules = {rule["id"]: rule for rule in body["rules"]}
    assert rules["discriminates"]["in_effect"] == 0
    counted = {rule["in_effect"] + rule["silent"] for rule in rules.values() if rule["stage"] == "tiering"}
    assert counted == {8}
    assert all(rule["text"] and rule["citations"] for rule in rules.values())
    assert [item for item in body["examples"] if item["differences"]] == []
    ensure_problem(caller("nia").get(f"packs/{house.uuid}"), status=404, code="DEC011")


def test_a_draft_is_proposed_reported_and_rejected(caller: CallerFor, world: World) -> None:
    vera = caller("vera")
    key = {"Idempotency_Key": "draft-0001"}
    drafted = vera.post("pack-proposals", DRAFT, **key)
    assert drafted.status == 201
    assert vera.post("pack-proposals", DRAFT, **key).body == drafted.body
    assert api.PackProposal.objects.count() == 1
    path = f"pack-proposals/{drafted.body['uuid']}"
    ensure_problem(vera.post(f"{path}/submission", {}), status=428, code="API011")
    proposed = vera.post(f"{path}/submission", {}, If_Match='"1"')
    assert (proposed.body["status"], proposed.body["row_version"]) == ("proposed", 2)
    asked = vera.post(f"{path}/impact", {})
    assert (asked.status, asked.body["status"]) == (202, "queued")
    ensure_problem(vera.post(f"{path}/impact", {}), status=409, code="PKP012")
    assert vera.get(f"{path}/impact").body["report"] is None
    work(at=NOW)
    impact = vera.get(f"{path}/impact").body
    assert impact["work"]["status"] == "succeeded"
    assert {item["change"] for item in impact["effects"]} == {"lost"}
    assert {tuple(item["rules"]) for item in impact["effects"]} == {("desk/2026-12#no-boosting",)}
    assert vera.get(f"{path}/impact?change=gained").body["effects"] == []
    detail = vera.get(path).body
    assert detail["report"]["counts"]["lost"] == len(impact["effects"])
    assert (detail["approvals"], detail["comparison"], detail["defects"]) == ([], None, [])
    stale = vera.post(f"{path}/rejection", {"reason": "No."}, If_Match='"1"')
    ensure_problem(stale, status=412, code="PKP004")
    ended = vera.post(f"{path}/rejection", {"reason": "No."}, If_Match='"2"')
    assert (ended.body["status"], ended.body["ended_reason"]) == ("rejected", "No.")
    assert vera.get("pack-proposals?status=rejected").body["items"][0]["uuid"] == drafted.body["uuid"]


def test_every_fault_of_a_text_is_named_with_its_place(caller: CallerFor, world: World) -> None:
    text = DESK.replace("op: eq, value: collections", "op: eqq, value: collections").replace(
        "stage: gate:register\n    title", "stage: gate\n    title"
    )
    answer = caller("vera").post("pack-proposals", {**DRAFT, "text": text})
    ensure_problem(answer, status=400, code="PKP005")
    assert [(item["code"], item["line"]) for item in answer.body["context"]["faults"]] == [("PAC007", 10)]
    two = text.replace("verification: VERIFIED", "verification: SEEN")
    answer = caller("vera").post("pack-proposals", {**DRAFT, "text": two})
    assert [item["line"] for item in answer.body["context"]["faults"]] == [7, 10]
    assert api.PackProposal.objects.count() == 0


@pytest.mark.parametrize("username", ["dana", "owen", "rex"])
def test_the_first_line_and_the_regulator_do_not_propose(
    caller: CallerFor, world: World, username: str
) -> None:
    ensure_problem(caller(username).post("pack-proposals", DRAFT), status=403, code="PKP001")


def test_a_draft_is_revised_by_its_author_alone(caller: CallerFor, world: World) -> None:
    path = f"pack-proposals/{caller('vera').post('pack-proposals', DRAFT).body['uuid']}"
    other = {**DRAFT, "text": DESK.replace("title: Boosted", "title: A tree")}
    ensure_problem(caller("ada").post(f"{path}/text", other, If_Match='"1"'), status=403, code="PKP006")
    assert caller("vera").post(f"{path}/text", other, If_Match='"1"').body["row_version"] == 2


def test_a_released_name_is_frozen_and_a_withdrawal_lies_ahead(caller: CallerFor, world: World) -> None:
    house = api.PackRelease.objects.get(instrument="house")
    vera = caller("vera")
    ensure_problem(vera.post("pack-proposals", {**DRAFT, "text": house.text}), status=409, code="PKP002")
    path, body = f"packs/{house.uuid}/withdrawals", {"effective_from": "2027-03-01", "rationale": "Old."}
    ensure_problem(vera.post(path, {**body, "effective_from": "2026-01-01"}), status=400, code="INP003")
    drafted = vera.post(path, body)
    assert (drafted.status, drafted.body["kind"]) == (201, "withdrawal")
    revised = vera.post(f"pack-proposals/{drafted.body['uuid']}/text", DRAFT, If_Match='"1"')
    ensure_problem(revised, status=400, code="PKP015")
