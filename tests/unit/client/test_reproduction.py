"""Having a validation repeated from a script or the command line: waiting, the answer, the exit status."""

import json
from typing import Any

import pytest

import mrm
from mrm.client import calls
from mrm.client.cli import main
from tests.unit.client.conftest import FakeRegistry, problem

ORDER = "validation-requests/1/reperformances"
ANSWER = "validation-requests/9/reproduction"
RUN = "validation-requests/9/run"


def repetition(outcome: str, **changed: Any) -> dict[str, Any]:
    return {
        "validation_request": "9",
        "reperforms": "1",
        "status": "requested" if outcome == "pending" else "completed",
        "outcome": outcome,
        "ended_reason": "",
        "causes": [],
        "checks": [],
        "page": "http://registry/runs/9/",
        **changed,
    }


OTHER = repetition(
    "explained",
    causes=[{"place": "numpy", "first": "2.0.0", "second": "2.1.0"}],
    checks=[
        {"check_id": "discrimination.auc", "sameness": "same", "differences": [], "causes": []},
        {
            "check_id": "explain.shap",
            "sameness": "other",
            "differences": [{"place": "metrics.additivity.estimate", "first": "0", "second": "1e-9"}],
            "causes": [],
        },
    ],
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "POLL_S", 0.001)


def answers(registry: FakeRegistry, last: dict[str, Any]) -> None:
    registry.answers |= {
        ORDER: [(201, repetition("pending"))],
        RUN: [(404, problem("RUN013", "nobody yet"))],
        ANSWER: [(200, repetition("pending")), (200, last)],
    }


def test_a_repetition_is_waited_for_and_says_what_is_other(registry: FakeRegistry) -> None:
    answers(registry, OTHER)
    said: list[str] = []
    found = mrm.reperform("1", show=said.append)
    assert said == ["http://registry/runs/9/: waiting for a worker"]
    assert (found.outcome, found.is_same, found.is_other) == ("explained", False, True)
    assert str(found) == (
        "9 repeats 1: some numbers are other ones; what else differs is listed.\n"
        "- explain.shap: other, 1 places\n"
        "- numpy: 2.0.0 became 2.1.0\n"
        "http://registry/runs/9/"
    )
    assert registry.asked[0].method == "POST"
    assert "Idempotency-Key" in registry.asked[0].headers


@pytest.mark.parametrize(
    ("last", "status", "words"),
    [
        (repetition("same"), 0, "every check gives the same numbers"),
        (OTHER, 1, "numpy: 2.0.0 became 2.1.0"),
        (repetition("unexplained"), 1, "nothing that is known explains it"),
        (repetition("failed", ended_reason="VAL041 other data"), 3, "VAL041 other data"),
    ],
    ids=["same", "explained", "unexplained", "failed"],
)
def test_the_exit_status_says_whether_the_numbers_are_the_same(
    registry: FakeRegistry, capsys: pytest.CaptureFixture[str], last: dict[str, Any], status: int, words: str
) -> None:
    answers(registry, last)
    assert main(["reperform", "1"]) == status
    assert words in capsys.readouterr().out
    answers(registry, last)
    assert main(["reperform", "1", "--json"]) == status
    assert json.loads(capsys.readouterr().out) == last


def test_a_refusal_and_an_endless_wait_cannot_tell(
    registry: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.answers[ORDER] = [(403, problem("PEO001", "Dana may not re-perform a validation"))]
    assert main(["reperform", "1"]) == 3
    assert "PEO001" in capsys.readouterr().err
    answers(registry, repetition("pending"))
    with pytest.raises(mrm.MrmApiError, match="CLI013"):
        mrm.reperform("1", timeout_s=0.0, show=lambda _line: None)
