"""The ``mrm`` command: exit status, sentence, JSON, and checking a permit offline."""

import base64
import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mrm.client import permit as permits
from mrm.client.cli import main
from mrm.client.conditions import StatedUse
from mrm.client.errors import MrmApiError
from tests.builders.condition_cases import STATED, Case
from tests.unit.client.conftest import FakeRegistry, permission, problem
from tests.unit.client.test_calls import REGISTERED

GATE = ["gate", "models:/pd/1", "--use-case", "collections"]
STATEMENT = {
    "mlflow_uri": "models:/pd/1",
    "use_case": "collections",
    "artifact_digest": "ab" * 32,
    "expires_on": "2027-11-22",
}
KEY = Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("allow", (0, "allowed")),
        ("allow_with_conditions", (0, "allowed")),
        ("deny", (1, "denied")),
        ("refer", (3, "cannot_decide")),
        ("may_be_validated", (3, "cannot_decide")),
        ("something_new", (3, "cannot_decide")),
    ],
)
def test_the_gate_exits_by_the_answer_and_gives_its_reason(
    registry: FakeRegistry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    state: str,
    expected: tuple[int, str],
) -> None:
    status, answer = expected
    registry.answers["gate"] = [(200, permission(state))]
    assert main([*GATE, "--output", str(tmp_path / "gate.json")]) == status
    said = capsys.readouterr().out
    assert said.startswith(f"pd version 1 for collections: {state}.\n")
    assert ("- Only <cards>." in said) == (state == "allow_with_conditions")
    written = json.loads((tmp_path / "gate.json").read_text())
    assert (written["answer"], written["exit_status"], written["state"]) == (answer, status, state)
    assert main([*GATE, "--json"]) == status
    assert json.loads(capsys.readouterr().out) == written


CHECK = {
    "kind": "exposure_cap",
    "text": "At most EUR 1000.",
    "status": "exceeded",
    "observed": "1001",
    "limit": "at most EUR 1000",
    "source": "stated by Dana",
    "reason": "",
}


def test_the_use_goes_to_the_gate_and_each_condition_comes_back(
    registry: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = CHECK | {"status": "unknown", "observed": "", "source": "", "reason": "nothing was stated"}
    registry.answers["gate"] = [(200, permission("deny", condition_checks=[CHECK, unknown]))]
    use = ["--exposure-eur", "1001", "--segment", "consumer", "--overlay", "a", "--overlay", "b"]
    assert main([*GATE, *use, "--review-rate", "0.12", "--share-of-benchmark", "0.9"]) == 1
    assert registry.asked[0].body == {
        "mlflow_uri": "models:/pd/1",
        "use_case": "collections",
        "exposure_eur": "1001",
        "segment": "consumer",
        "overlays": ["a", "b"],
        "review_rate": "0.12",
        "share_of_benchmark": "0.9",
    }
    said = capsys.readouterr().out
    assert "- exceeded: At most EUR 1000. 1001 (stated by Dana); limit: at most EUR 1000" in said
    assert "- unknown: At most EUR 1000. nothing was stated; limit: at most EUR 1000" in said


@pytest.mark.parametrize(("state", "status"), [("allow", 0), ("deny", 1), ("refer", 3)])
def test_another_day_is_read_and_not_asked_for_and_exits_as_ever(
    registry: FakeRegistry, capsys: pytest.CaptureFixture[str], state: str, status: int
) -> None:
    sentence = f"Projected for 2027-01-01 from what is known on 2026-11-20: {state}."
    path = "permission?mlflow_uri=models%3A%2Fpd%2F1&use_case=collections&as_of=2027-01-01&overlays=a%2Cb"
    registry.answers[path] = [(200, permission(state, sentence=sentence, is_projected=True))]
    assert main([*GATE, "--on", "2027-01-01", "--overlay", "a", "--overlay", "b"]) == status
    assert capsys.readouterr().out.startswith(sentence)
    assert [asked.method for asked in registry.asked] == ["GET"]


@pytest.mark.parametrize(
    "refusal",
    [
        (404, problem("INV015", "models:/pd/1 is not registered")),
        (401, problem("PEO012", "the token is unknown")),
        (500, problem("API500", "the program failed")),
        (200, b"<html>"),
        (200, {"state": "allow"}),
        (200, {"state": "allow", "conditions": 1}),
    ],
)
def test_an_error_is_never_an_answer_and_the_output_is_written_all_the_same(
    registry: FakeRegistry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    refusal: tuple[int, object],
) -> None:
    registry.answers["gate"] = [refusal]
    assert main([*GATE, "--json", "--output", str(tmp_path / "gate.json")]) == 3
    written = json.loads((tmp_path / "gate.json").read_text())
    assert json.loads(capsys.readouterr().out) == written
    assert (written["answer"], written["exit_status"]) == ("cannot_decide", 3)
    assert written["error"]["code"] in written["sentence"]


def test_an_unreachable_registry_or_missing_settings_cannot_decide(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MRM_URL", "http://127.0.0.1:9")
    assert main(GATE) == 3
    assert "CLI003" in capsys.readouterr().out
    monkeypatch.delenv("MRM_URL")
    assert main(GATE) == 3
    assert "CLI001 MRM_URL is not set; do: Set MRM_URL" in capsys.readouterr().out


def test_an_output_that_cannot_be_written_is_not_a_pass(
    registry: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.answers["gate"] = [(200, permission("allow"))]
    assert main([*GATE, "--output", str(tmp_path / "none" / "gate.json")]) == 3
    assert "CLI020" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["gate"], ["gate", "models:/pd/1"], ["gaet"], [*GATE, "--jsn"], ["register", "models:/pd/1"],
     [*GATE, "--on", "New Year"],
     ["register", "models:/pd/1", "--use-case", "x", "--detail", "purpose"]],
)  # fmt: skip
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2


def test_register_prints_each_permission(registry: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    registry.answers["model-versions"] = [(201, REGISTERED)]
    arguments = ["register", "models:/pd/1", "--use-case", "collections", "--use-case", "equity"]
    assert main([*arguments, "--detail", "purpose=a = b"]) == 0
    assert registry.asked[0].body["details"] == {"purpose": "a = b"}
    assert "pd version 1 for equity: deny." in capsys.readouterr().out
    registry.answers["model-versions"] = [(403, problem("PEO001", "Owen may not"))]
    assert main(arguments) == 3
    assert capsys.readouterr().err == "PEO001 Owen may not; do: Do something.\n"


def test_whoami_permission_and_doctor_speak_plainly(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    who = {
        "name": "Dana",
        "username": "dana",
        "grants": [{"role": "developer", "entity": ""}],
        "scopes": ["read"],
    }
    registry.answers |= {
        "whoami": [(200, who)],
        "model-versions?mlflow_uri=models%3A%2Fpd%2F1": [(200, {"items": [{"uuid": "3"}]})],
        "model-versions/3": [(200, {"permissions": [permission()]})],
    }
    assert main(["whoami"]) == 0
    assert capsys.readouterr().out == "Dana (dana)\nroles: developer for every entity\nscopes: read\n"
    assert main(["permission", "models:/pd/1"]) == 0
    assert capsys.readouterr().out == "pd version 1 for collections: allow.\n"
    assert main(["doctor"]) == 0
    assert "ok   the token speaks for Dana, scopes read" in capsys.readouterr().out
    registry.answers["whoami"] = [(401, problem("PEO012", "unknown token"))]
    assert main(["doctor"]) == 3
    assert "FAIL PEO012 unknown token" in capsys.readouterr().out
    monkeypatch.setenv("MRM_URL", "http://registry.example")
    assert main(["doctor"]) == 3
    assert "FAIL MRM_URL is plain http" in capsys.readouterr().out


def signed(statement: Mapping[str, object], *, key: Ed25519PrivateKey = KEY) -> dict[str, str]:
    text = json.dumps(statement)
    return {"statement": text, "signature": base64.b64encode(key.sign(text.encode())).decode()}


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "permits.pem"
    path.write_bytes(
        KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return path


def verdict(
    tmp_path: Path,
    pem: Path,
    document: object,
    *,
    on: date = date(2027, 11, 21),
    use: StatedUse | None = None,
) -> permits.PermitVerdict:
    file = tmp_path / "permit.json"
    file.write_text(json.dumps(document))
    return permits.verify_permit(file=file, key=pem, on=on, use=use)


def test_a_genuine_permit_holds_until_the_day_on_which_it_ends_as_at_the_gate(
    tmp_path: Path, pem: Path
) -> None:
    held = verdict(tmp_path, pem, {"permit": signed(STATEMENT), "answer": "allowed"})
    assert held.is_valid
    assert "models:/pd/1 for collections is genuine and ends on 2027-11-22" in held.sentence
    ended = verdict(tmp_path, pem, signed(STATEMENT), on=date(2027, 11, 22))
    assert (ended.is_valid, "ended on 2027-11-22" in ended.sentence) == (False, True)


@pytest.mark.parametrize("case", STATED, ids=lambda case: case.title)
def test_offline_a_condition_is_what_it_is_at_the_gate(tmp_path: Path, pem: Path, case: Case) -> None:
    found = verdict(
        tmp_path, pem, signed(STATEMENT | {"conditions": [case.condition]}), use=StatedUse(**case.stated)
    )
    assert [(check.status, check.text) for check in found.checks] == [(case.status, case.condition["text"])]
    assert found.is_valid is (case.status in ("held", "obligation"))
    assert found.is_decided is (case.status != "unknown")
    assert (case.condition["text"] in found.sentence) is (not found.is_valid)


def test_offline_the_term_is_no_condition_and_nonsense_is_unknown(tmp_path: Path, pem: Path) -> None:
    conditions = [{"kind": "expiry", "text": "A year."}, "nonsense"]
    found = verdict(tmp_path, pem, signed(STATEMENT | {"conditions": conditions}))
    assert [check.status for check in found.checks] == ["unknown"]


def test_the_command_checks_the_use_and_says_when_it_cannot(
    tmp_path: Path, pem: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cap = {"kind": "exposure_cap", "params": {"maximum_eur": "1000"}, "text": "At most EUR 1000."}
    file = tmp_path / "p.json"
    file.write_text(json.dumps(signed(STATEMENT | {"expires_on": "9999-12-31", "conditions": [cap]})))
    ask = ["verify-permit", str(file), "--key", str(pem)]
    assert main([*ask, "--exposure-eur", "1000"]) == 0
    assert "- held: At most EUR 1000." in capsys.readouterr().out
    assert main([*ask, "--exposure-eur", "1000.01"]) == 1
    assert "does not cover this use: At most EUR 1000." in capsys.readouterr().out
    assert main(ask) == 3
    assert "State what it limits: At most EUR 1000." in capsys.readouterr().out


def test_a_permit_that_was_touched_is_not_genuine(tmp_path: Path, pem: Path) -> None:
    genuine = signed(STATEMENT)
    longer = genuine | {"statement": genuine["statement"].replace("2027", "2037")}
    forged = signed(STATEMENT, key=Ed25519PrivateKey.generate())
    for document in (longer, forged, genuine | {"signature": "not base64!"}):
        assert not verdict(tmp_path, pem, document).is_valid


def test_the_command_exits_by_the_verdict(
    tmp_path: Path, pem: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps(signed(STATEMENT | {"expires_on": "9999-12-31"})))
    assert main(["verify-permit", str(file), "--key", str(pem)]) == 0
    file.write_text(json.dumps(signed(STATEMENT | {"expires_on": "2020-01-01"})))
    assert main(["verify-permit", str(file), "--key", str(pem)]) == 1
    file.write_text('{"permit": null}')
    assert main(["verify-permit", str(file), "--key", str(pem)]) == 3
    assert "CLI030" in capsys.readouterr().err
    assert main(["verify-permit", str(tmp_path / "none.json"), "--key", str(pem)]) == 3
    file.write_text(json.dumps(signed(STATEMENT)))
    assert main(["verify-permit", str(file), "--key", str(file)]) == 3


def test_without_cryptography_the_check_says_what_to_install(
    tmp_path: Path, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.serialization", None)
    with pytest.raises(MrmApiError, match=r"CLI031 .* pip install cryptography"):
        verdict(tmp_path, pem, signed(STATEMENT))
