"""Reading and changing what the registry holds, over HTTP."""

import base64
import hashlib
import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mrm.client.explanation import Explanation
from registry import api
from registry.actions.issue_permit import issue_permit
from registry.decisions.reading import decision_of
from tests.builders.web_world import AT, World, bring_to_approval
from tests.db.rest.conftest import NOW, CallerFor


def test_the_inventory_lists_models_with_their_permissions(caller: CallerFor, world: World) -> None:
    answer = caller("dana").get("models?sort=-key&facets=1")
    assert answer.status == 200
    assert [item["key"] for item in answer.body["items"]] == ["pd-cards-scorecard", "pd-cards"]
    newest = answer.body["items"][1]["newest_version"]
    assert newest["mlflow_uri"] == "models:/pd-cards/1"
    assert {item["use_case"]: item["state"] for item in newest["permissions"]}["equity-capital"] == "deny"
    tiers = next(facet for facet in answer.body["facets"] if facet["field"] == "tier")
    assert sum(option["count"] for option in tiers["options"]) == 2


@pytest.mark.parametrize(
    "sort", ["key", "-key", "name", "-name", "tier", "-tier", "registered", "-registered"]
)
def test_pages_of_one_hold_every_model_once(caller: CallerFor, world: World, sort: str) -> None:
    model = world.versions["pd-cards"].registered_model
    type(model).objects.filter(pk=model.pk).update(risk_tier=None)
    dana = caller("dana")
    seen, after = [], ""
    for _ in range(3):
        page = dana.get(f"models?limit=1&sort={sort}&after={after}").body
        seen += [item["key"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert sorted(seen) == ["pd-cards", "pd-cards-scorecard"]
    if sort.endswith("tier"):
        assert seen[-1] == "pd-cards", "an unknown tier comes last"


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("search=boosting", ["pd-cards"]),
        ("tier=none", []),
        ("entity=meridian-eu", ["pd-cards", "pd-cards-scorecard"]),
        ("owner=owen&origin=internal&state=in_validation", ["pd-cards", "pd-cards-scorecard"]),
        ("owner=nobody", []),
        ("permission=deny", ["pd-cards", "pd-cards-scorecard"]),
        ("permission=allow", []),
    ],
)
def test_filters_narrow_the_inventory(caller: CallerFor, world: World, query: str, keys: list[str]) -> None:
    assert [item["key"] for item in caller("dana").get(f"models?{query}").body["items"]] == keys


def test_the_inventory_costs_as_many_queries_for_many_models_as_for_one(
    caller: CallerFor, world: World, django_assert_num_queries: object
) -> None:
    dana = caller("dana")
    dana.get("models?limit=1")  # the token's last use is noted once
    for limit in (1, 50):
        with django_assert_num_queries(5) as seen:  # type: ignore[operator]
            dana.get(f"models?limit={limit}")
        assert not any(
            "COUNT(" in query["sql"] or "OFFSET" in query["sql"] for query in seen.captured_queries
        )


def test_a_model_has_the_seventeen_fields_and_a_tag(caller: CallerFor, world: World) -> None:
    dana = caller("dana")
    path = f"models/{world.versions['pd-cards'].registered_model.uuid}"
    first = dana.get(path)
    assert [field["number"] for field in first.body["inventory_record"]] == list(range(1, 18))
    assert first.body["inventory_record"][0]["value"] == "pd-cards"
    again = dana.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status, again.raw) == (304, b"")
    assert dana.get(path, If_None_Match='"other"').status == 200


def test_a_version_is_found_by_its_mlflow_address(caller: CallerFor, world: World) -> None:
    dana = caller("dana")
    found = dana.get("model-versions?mlflow_uri=models:/pd-cards/1").body["items"]
    assert [item["uuid"] for item in found] == [str(world.versions["pd-cards"].uuid)]
    assert dana.get("model-versions?mlflow_uri=models:/pd-cards/9").body["items"] == []
    detail = dana.get(f"model-versions/{found[0]['uuid']}").body
    assert detail["claimed_metrics"]["auc"] == "0.7781"
    assert len(detail["permissions"]) == 4


def test_use_cases_are_listed_in_pages_and_created_by_owners(caller: CallerFor, world: World) -> None:
    owen, dana = caller("owen"), caller("dana")
    new = {
        "key": "limit-setting",
        "name": "Limits",
        "description": "Sets limits of cards.",
        "entity": "meridian-eu",
        "jurisdiction": "EU",
        "archetype": "pricing",
        "is_customer_facing": True,
        "decides_on_individuals": True,
        "exposure_eur": "10.00",
        "materiality": "low",
        "owner": "owen",
    }
    assert dana.post("use-cases", new).code == "PEO001"
    created = owen.post("use-cases", new)
    assert (created.status, created.body["exposure_eur"]) == (201, "10.00")
    assert owen.post("use-cases", new).code == "INV051"
    assert owen.post("use-cases", new | {"key": "other", "archetype": "magic"}).code == "INV050"
    assert owen.get("use-cases/limit-setting").body == created.body
    keys, after = [], ""
    while True:
        page = owen.get(f"use-cases?limit=2&after={after}").body
        keys += [item["key"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert keys == sorted([*world.uses, "limit-setting"])
    assert owen.get(f"use-cases?after={world.versions['pd-cards'].uuid}").code == "API005"


def test_a_decision_shows_its_trace_and_replays(caller: CallerFor, world: World) -> None:
    rex = caller("rex")
    use = rex.get(f"intended-uses/{world.uses['equity-capital'].uuid}").body
    decision = rex.get(f"decisions/{use['decisions'][0]}").body
    assert decision["outcome"] == "deny"
    assert decision["tree"]
    assert decision["counterfactuals"] == [], "nothing permits an internal model for equity"
    assert "none" in decision["counterfactual_statement"].lower()
    told = str(Explanation.of(decision))
    assert decision["reasons"][0]["text"] in told
    assert "capital.exposure_class = equity" in told
    replay = rex.post(f"decisions/{decision['uuid']}/replay", {})
    assert replay.body == {"decision": decision["uuid"], "digest": decision["digest"], "is_same": True}


def test_a_validation_is_asked_for_once_and_shows_its_evidence(caller: CallerFor, world: World) -> None:
    assert world.validated is not None
    dana = caller("dana")
    done = dana.get(f"validation-requests/{world.validated.uuid}").body
    assert done["status"] == "completed"
    assert done["report"] is None
    one = done["evidence"][0]
    assert dana.get(f"evidence/{one['uuid']}").body == one
    order = {"intended_use": str(world.uses["card-underwriting"].uuid)}
    opened = dana.post("validation-requests", order)
    assert (opened.status, opened.body["status"]) == (201, "requested")
    assert dana.post("validation-requests", order).code == "VAL002"
    assert dana.post("validation-requests", order | {"batch": "nowhere"}).code == "VAL003"
    equity = {"intended_use": str(world.uses["equity-capital"].uuid)}
    assert (
        dana.post("validation-requests", equity).status,
        dana.post("validation-requests", equity).code,
    ) == (
        409,
        "VAL001",
    )
    listed = dana.get(f"validation-requests?intended_use={order['intended_use']}").body["items"]
    assert [item["uuid"] for item in listed] == [opened.body["uuid"]]
    assert dana.get("validation-requests?status=completed").body["items"][0]["uuid"] == done["uuid"]
    assert dana.get("validation-requests?intended_use=nonsense").body["items"] == []


def test_a_finding_is_remediated_by_its_owner_and_closed_by_a_validator_who_read_it(
    caller: CallerFor, world: World
) -> None:
    owen, vera, dana = caller("owen"), caller("vera"), caller("dana")
    finding = owen.get("findings?status=open").body["items"][0]
    path = f"findings/{finding['uuid']}"
    plan = {"actions": "Recalibrate grade 5.", "due_date": (NOW + timedelta(days=2)).date().isoformat()}
    tag = vera.get(path).headers["ETag"]
    assert dana.post(f"{path}/remediation", plan).code == "PEO007"
    remediated = owen.post(f"{path}/remediation", plan)
    assert (remediated.status, remediated.body["status"]) == (201, "remediation_proposed")
    closure = {"reason": "The recalibrated grade holds."}
    assert (vera.post(f"{path}/closure", closure).status, vera.post(f"{path}/closure", closure).code) == (
        428,
        "API011",
    )
    stale = vera.post(f"{path}/closure", closure, If_Match=tag)
    assert (stale.status, stale.code) == (412, "FND003")
    for other in ("*", "W/" + tag, '"1", "2"', '"x"', "2"):
        refused = vera.post(f"{path}/closure", closure, If_Match=other)
        assert (refused.status, refused.code) == (412, "API012"), other
    fresh = vera.get(path)
    assert owen.post(f"{path}/closure", closure, If_Match=fresh.headers["ETag"]).code == "PEO001"
    closed = vera.post(f"{path}/closure", closure, If_Match=fresh.headers["ETag"])
    assert (closed.status, closed.body["status"], closed.body["closed_by"]) == (200, "closed", "vera")
    assert closed.headers["ETag"] not in (tag, fresh.headers["ETag"])


def test_an_approval_is_asked_for_but_never_decided_by_a_token(caller: CallerFor, world: World) -> None:
    dana, ada = caller("dana"), caller("ada")
    order = {"intended_use": str(world.uses["pd-capital-qrre"].uuid)}
    assert dana.post("approvals", order).code == "APR002"
    submitted = bring_to_approval(world)
    assert dana.post("approvals", order).code == "APR003"
    read = ada.get(f"approvals/{submitted.uuid}")
    assert (read.body["status"], read.body["submitted_by"]) == ("pending", "owen")
    assert ada.get("approvals?status=pending").body["items"] == [read.body]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = ada.send(method, f"approvals/{submitted.uuid}", {"is_granted": True}, If_Match='"1"')
        assert (refused.status, refused.code, refused.headers["Allow"]) == (405, "API008", "GET, HEAD")


def test_the_gate_answers_with_a_permit_that_anybody_can_check(caller: CallerFor, world: World) -> None:
    dana = caller("dana")
    question = {"mlflow_uri": "models:/pd-cards/1", "use_case": "equity-capital"}
    denied = dana.post("gate", question)
    assert (denied.status, denied.body["state"], denied.body["permit"]) == (200, "deny", None)
    assert "may not be used for PD for equity exposures" in denied.body["sentence"]
    assert denied.body["reasons"]
    assert dana.get(f"decisions/{denied.body['decision']}").body["stage"] == "gate:use"
    assert dana.post("gate", question | {"mlflow_uri": "models:/pd-cards/7"}).code == "INV015"
    assert dana.post("gate", question | {"mlflow_uri": "models:/pd-cards/latest"}).code == "INV001"


def test_a_permit_is_signed_over_its_exact_statement(caller: CallerFor, world: World) -> None:
    use = world.uses["collections"]
    row = api.list_decisions(actor=world.actor("ada"), intended_use=use)[0]
    issued = issue_permit(
        actor=world.actor("ada"),
        at=NOW,
        correlation_id="approve",
        intended_use=use,
        approval_uuid=uuid4(),
        decision_row=row,
        decision=decision_of(row),
        expires_on=(NOW + timedelta(days=100)).date(),
    )
    dana = caller("dana")
    permit = dana.post("gate", {"mlflow_uri": "models:/pd-cards/1", "use_case": "collections"}).body["permit"]
    assert (permit["uuid"], permit["status"]) == (str(issued.uuid), "issued")
    public_key = serialization.load_pem_public_key(dana.get("permits/key").body["public_key_pem"].encode())
    assert isinstance(public_key, Ed25519PublicKey)
    public_key.verify(base64.b64decode(permit["signature"]), permit["statement"].encode())
    statement = json.loads(permit["statement"])
    assert (statement["use_case"], statement["expires_on"]) == ("collections", permit["expires_on"])


def test_safeguards_and_trade_offs_are_the_owners_to_state(caller: CallerFor, world: World) -> None:
    owen, dana = caller("owen"), caller("dana")
    path = f"intended-uses/{world.uses['card-underwriting'].uuid}"
    safeguard = {
        "safeguard": "human_oversight",
        "statement": "Every refusal is read by a credit officer.",
        "source": "Procedure 12",
        "evidenced_on": AT.date().isoformat(),
        "expires_on": (NOW + timedelta(days=90)).date().isoformat(),
    }
    assert dana.post(f"{path}/safeguards", safeguard).code == "PEO001"
    recorded = owen.post(f"{path}/safeguards", safeguard)
    assert recorded.status == 201
    assert owen.post(f"{path}/safeguards", safeguard | {"safeguard": "luck"}).code == "VAL030"
    assert owen.post(f"{path}/safeguards", safeguard | {"evidenced_on": "2026-13-01"}).code == "API002"
    facts = owen.get(f"decisions/{recorded.body['permission']['decision']}").body["facts"]
    assert {fact["name"]: fact["value"] for fact in facts}["safeguard.human_oversight"] == "yes"
    case = {
        "statement": "Saves 2 m a year.",
        "benefit_eur": "2000000.00",
        "expires_on": safeguard["expires_on"],
    }
    assert owen.post(f"{path}/trade-offs", case).status == 201
    assert owen.post(f"{path}/trade-offs", case | {"benefit_eur": "much"}).code == "INP002"


def test_the_audit_log_is_read_with_proofs_by_whom_it_concerns(caller: CallerFor, world: World) -> None:
    rex, dana, nia = caller("rex"), caller("dana"), caller("nia")
    api.publish_log(at=NOW)
    first = rex.get("audit-events?limit=2").body
    second = rex.get(f"audit-events?limit=2&after={first['next']}").body
    uuids = [event["uuid"] for event in [*first["items"], *second["items"]]]
    assert len(set(uuids)) == 4
    event = rex.get(f"audit-events/{uuids[-1]}").body
    entry = base64.b64decode(event["entry_base64"])
    assert event["proof"]["leaf_hash"] == hashlib.sha256(b"\x00" + entry).hexdigest()
    subject = world.uses["collections"].uuid
    about = dana.get(f"audit-events?subject={subject}&action=policy.decided").body["items"]
    assert {item["subject_uuid"] for item in about} == {str(subject)}
    assert {item["actor_name"] for item in dana.get("audit-events").body["items"]} == {"Dana Okafor"}
    assert nia.get(f"audit-events/{uuids[-1]}").code == "AUD012"
    assert dana.get("audit-events?subject=none").code == "API005"
    assert dana.get("audit-events?action=none").code == "AUD030"


def test_a_token_says_for_whom_it_speaks_and_ends_itself(
    caller: CallerFor, world: World, clock: list[datetime]
) -> None:
    dana, owen = caller("dana", "read"), caller("owen", "read")
    who = dana.get("whoami").body
    assert (who["username"], who["scopes"], who["grants"]) == (
        "dana",
        ["read"],
        [{"role": "developer", "entity": ""}],
    )
    own = dana.get("tokens").body["items"]
    assert [item["uuid"] for item in own] == [dana.token_uuid]
    assert "secret" not in str(own)
    assert owen.get(f"tokens/{dana.token_uuid}").code == "PEO033"
    assert owen.send("DELETE", f"tokens/{dana.token_uuid}").code == "PEO033"
    assert dana.get("whoami").status == 200
    assert dana.send("DELETE", f"tokens/{dana.token_uuid}").status == 204
    assert dana.get("whoami").status == 401
    clock[0] = NOW + timedelta(days=31)
    assert owen.get("whoami").code == "PEO012"


def test_a_closed_account_ends_its_tokens(caller: CallerFor, world: World) -> None:
    owen = caller("owen")
    type(world.people["owen"]).objects.filter(username="owen").update(is_active=False)
    assert owen.get("whoami").status == 401
