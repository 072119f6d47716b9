"""Sending a file of predictions from a script and from the command line."""

from pathlib import Path

import pytest

import mrm
from mrm.client.cli import main
from mrm.client.errors import MrmApiError
from tests.unit.client.conftest import FakeRegistry, permission, problem

USE = "11111111-1111-4111-8111-111111111111"
PATH = f"intended-uses/{USE}/predictions"
ANSWER = {
    "uuid": "44444444-4444-4444-8444-444444444444",
    "page": "http://registry/runs/4/",
    "scores_from_in_words": "from a file of predictions, not recomputed from the artefact",
    "predictions": {"sha256": "ab" * 32},
}


@pytest.fixture
def vendor(registry: FakeRegistry) -> FakeRegistry:
    registry.answers["model-versions?mlflow_uri=models%3A%2Fpd%2F1"] = [(200, {"items": [{"uuid": "v"}]})]
    registry.answers["model-versions/v"] = [(200, {"permissions": [permission()]})]
    registry.answers[PATH] = [(201, ANSWER)]
    return registry


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text("pd,outcome\n0.1,0\n")
    return path


def test_a_file_is_sent_as_a_form_with_the_names_of_its_columns(vendor: FakeRegistry, file: Path) -> None:
    sent = mrm.submit_predictions("models:/pd/1", "collections", file, columns={"score": "pd"})
    asked = vendor.asked[-1]
    assert asked.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert len(asked.headers["Idempotency-Key"]) == 36
    for part in (
        b'name="score"\r\n\r\npd\r\n',
        b'name="file"; filename="scores.csv"',
        b"pd,outcome\n0.1,0\n",
    ):
        assert part in asked.body
    assert (sent.uuid, sent.url, sent.sha256) == (ANSWER["uuid"], "http://registry/runs/4/", "ab" * 32)
    assert str(sent) == (
        "http://registry/runs/4/: from a file of predictions, not recomputed from the artefact "
        "(SHA-256 abababababab)"
    )


def test_what_failed_in_passing_is_sent_again_under_the_same_key(vendor: FakeRegistry, file: Path) -> None:
    vendor.answers[PATH] = [(503, problem("API500", "away")), (201, ANSWER)]
    mrm.submit_predictions("models:/pd/1", "collections", file)
    first, second = vendor.asked[-2:]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert b"pd,outcome\n0.1,0\n" in second.body


def test_a_use_that_is_not_there_and_a_file_that_cannot_be_read_are_named(
    vendor: FakeRegistry, file: Path
) -> None:
    with pytest.raises(MrmApiError, match="CLI010"):
        mrm.submit_predictions("models:/pd/1", "equity", file)
    with pytest.raises(MrmApiError, match="CLI005"):
        mrm.submit_predictions("models:/pd/1", "collections", file.with_name("gone.csv"))
    assert not [asked for asked in vendor.asked if asked.method == "POST"]


def test_the_command_sends_it_and_shows_a_refusal(
    vendor: FakeRegistry, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "submit-predictions",
        "models:/pd/1",
        str(file),
        "--use-case",
        "collections",
        "--column",
        "score=pd",
    ]
    assert main(words) == 0
    assert "http://registry/runs/4/" in capsys.readouterr().out
    vendor.answers[PATH] = [(409, problem("VAL002", "one is open already"))]
    assert main(words) != 0
    assert "VAL002" in capsys.readouterr().err
