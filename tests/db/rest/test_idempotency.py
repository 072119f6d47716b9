"""A repeated request is answered as before and performed once."""

from datetime import datetime, timedelta

import pytest

from registry.people.models import IdempotencyRecord
from registry.validations.models import SafeguardEvidence
from tests.builders.web_world import AT, World
from tests.db.rest.conftest import NOW, CallerFor
from tests.db.rest.test_contract import ensure_problem

KEY = "0b7a4c1e-1111-4222-8333-444455556666"
SAFEGUARD = {
    "safeguard": "human_oversight",
    "statement": "Every refusal is read by a credit officer.",
    "source": "Procedure 12",
    "evidenced_on": AT.date().isoformat(),
    "expires_on": (NOW + timedelta(days=90)).date().isoformat(),
}


@pytest.fixture
def path(world: World) -> str:
    return f"intended-uses/{world.uses['card-underwriting'].uuid}/safeguards"


def test_the_same_key_and_body_get_the_same_answer_and_one_act(
    caller: CallerFor, world: World, path: str
) -> None:
    owen = caller("owen")
    first = owen.post(path, SAFEGUARD, Idempotency_Key=KEY)
    reordered = dict(reversed(SAFEGUARD.items()))
    again = owen.post(path, reordered, Idempotency_Key=KEY)
    assert (again.status, again.raw) == (first.status, first.raw) == (201, first.raw)
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    assert SafeguardEvidence.objects.count() == 1
    assert owen.post(path, SAFEGUARD).status == 201
    assert SafeguardEvidence.objects.count() == 2, "without the key it is another act"


def test_the_same_key_with_another_request_is_refused(caller: CallerFor, world: World, path: str) -> None:
    owen = caller("owen")
    owen.post(path, SAFEGUARD, Idempotency_Key=KEY)
    other = owen.post(path, SAFEGUARD | {"source": "Procedure 13"}, Idempotency_Key=KEY)
    ensure_problem(other, status=422, code="API021")
    elsewhere = owen.post(path.replace("safeguards", "trade-offs"), SAFEGUARD, Idempotency_Key=KEY)
    ensure_problem(elsewhere, status=422, code="API021")
    assert SafeguardEvidence.objects.count() == 1


def test_a_key_belongs_to_its_caller(caller: CallerFor, world: World, path: str) -> None:
    caller("owen").post(path, SAFEGUARD, Idempotency_Key=KEY)
    ensure_problem(caller("dana").post(path, SAFEGUARD, Idempotency_Key=KEY), status=403, code="PEO001")


def test_a_refusal_frees_its_key(caller: CallerFor, world: World, path: str) -> None:
    owen = caller("owen")
    wrong = SAFEGUARD | {"safeguard": "luck"}
    for _ in range(2):
        ensure_problem(owen.post(path, wrong, Idempotency_Key=KEY), status=400, code="VAL030")
    assert IdempotencyRecord.objects.count() == 0
    assert owen.post(path, SAFEGUARD, Idempotency_Key=KEY).status == 201


def test_a_key_in_use_is_a_conflict_until_its_process_must_be_gone(
    caller: CallerFor, world: World, path: str, clock: list[datetime]
) -> None:
    owen = caller("owen")
    owen.post(path, SAFEGUARD, Idempotency_Key=KEY)
    IdempotencyRecord.objects.update(status=None, body="")
    ensure_problem(owen.post(path, SAFEGUARD, Idempotency_Key=KEY), status=409, code="API022")
    clock[0] = NOW + timedelta(minutes=16)
    assert owen.post(path, SAFEGUARD, Idempotency_Key=KEY).status == 201


def test_a_key_is_forgotten_after_a_day(
    caller: CallerFor, world: World, path: str, clock: list[datetime]
) -> None:
    owen = caller("owen")
    owen.post(path, SAFEGUARD, Idempotency_Key=KEY)
    clock[0] = NOW + timedelta(hours=24, seconds=1)
    assert "Idempotency-Replayed" not in owen.post(path, SAFEGUARD, Idempotency_Key=KEY).headers
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space in", "quote'or'1"])
def test_what_is_no_key_is_refused(caller: CallerFor, world: World, path: str, key: str) -> None:
    ensure_problem(caller("owen").post(path, SAFEGUARD, Idempotency_Key=key), status=400, code="API020")
