"""A file of predictions over REST: a form with one file, under the same rules as everything else."""

from typing import Any

import pytest

from registry.domain.predictions import FILE_LIMIT
from registry.validations.models import PredictionsFile, ValidationRequest
from tests.builders.predictions import csv_text
from tests.builders.web_world import World
from tests.db.rest.conftest import Answer, Caller, CallerFor
from tests.db.rest.test_contract import ensure_problem

BOUNDARY = "q7Yh2"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, content: bytes, file_name: str = "") -> bytes:
    named = f'; filename="{file_name}"' if file_name else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(content: bytes | None = None, **fields: str) -> bytes:
    parts = [part(name, value.encode()) for name, value in fields.items()]
    data = csv_text().encode() if content is None else content
    return b"".join([*parts, part("file", data, "scores.csv"), f"--{BOUNDARY}--\r\n".encode()])


def send(one: Caller, world: World, raw: bytes | None = None, **headers: Any) -> Answer:
    path = f"intended-uses/{world.uses['collections'].uuid}/predictions"
    return one.send("POST", path, raw=form() if raw is None else raw, **{"Content_Type": FORM, **headers})


def test_a_file_is_kept_and_its_source_shown(caller: CallerFor, world: World) -> None:
    vera = caller("vera")
    answer = send(vera, world, form(score="pd", segment="region"))
    assert answer.status == 201, answer.raw
    body = answer.body
    assert (body["scores_from"], body["batch"], body["status"]) == ("predictions", "predictions", "requested")
    assert body["scores_from_in_words"] == "from a file of predictions, not recomputed from the artefact"
    assert body["predictions"]["columns"] == {"score": "pd", "segment": "region"}
    assert body["predictions"]["file_name"] == "scores.csv"
    read = vera.get(f"validation-requests/{body['uuid']}").body
    assert read["predictions"] == body["predictions"]
    listed = vera.get("validation-requests").body["items"]
    assert {row["scores_from"] for row in listed} == {"artifact", "predictions"}
    assert {row["predictions"] is None for row in listed if row["scores_from"] == "artifact"} == {True}


def test_a_repeated_key_keeps_one_file(caller: CallerFor, world: World) -> None:
    vera = caller("vera")
    first = send(vera, world, Idempotency_Key="one-file-once")
    again = send(vera, world, Idempotency_Key="one-file-once")
    other = send(vera, world, form(csv_text(times=2).encode()), Idempotency_Key="one-file-once")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    ensure_problem(other, status=422, code="API021")
    assert PredictionsFile.objects.count() == 1


TWO_FILES = form().replace(f"--{BOUNDARY}--\r\n".encode(), b"") + part("file", b"x", "y.csv")
REFUSED: list[tuple[bytes, int, str]] = [
    (form(b""), 400, "PRD002"),
    (form(b"a" * (FILE_LIMIT + 1)), 413, "PRD001"),
    (form(score="outcome"), 400, "PRD003"),
    (form(scoer="pd"), 400, "API002"),
    (part("score", b"pd") + f"--{BOUNDARY}--\r\n".encode(), 400, "API002"),
    (part("score", b"a") + form(score="b"), 400, "PRD004"),
    (TWO_FILES + f"--{BOUNDARY}--\r\n".encode(), 400, "PRD004"),
    (part("file", b"text instead of a file") + f"--{BOUNDARY}--\r\n".encode(), 400, "API002"),
]


@pytest.mark.parametrize(("raw", "status", "code"), REFUSED)
def test_what_is_no_such_form_is_refused_and_nothing_is_kept(
    caller: CallerFor, world: World, raw: bytes, status: int, code: str
) -> None:
    before = ValidationRequest.objects.count()
    ensure_problem(send(caller("vera"), world, raw), status=status, code=code)
    assert (ValidationRequest.objects.count(), PredictionsFile.objects.count()) == (before, 0)


def test_another_kind_of_body_is_told_which_one_is_read(caller: CallerFor, world: World) -> None:
    answer = send(caller("vera"), world, b"{}", Content_Type="application/json")
    ensure_problem(answer, status=415, code="API006")
    assert "multipart/form-data" in answer.body["detail"]


def test_who_may_not_ask_sends_nothing(caller: CallerFor, world: World) -> None:
    ensure_problem(send(caller("vera", "read"), world), status=403, code="PEO002")
    ensure_problem(send(caller("ada"), world), status=403, code="PEO003")
    ensure_problem(send(caller("nia"), world), status=404, code="INV013")
    ensure_problem(send(Caller(), world), status=401, code="API010")
    assert not PredictionsFile.objects.exists()
