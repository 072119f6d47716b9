"""Frozen decisions replay to the same bytes, and are only ever added."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from registry.domain.errors import IntegrityMismatch, InvalidInput
from registry.policy.corpus import add_case, main, read_draft, replay_corpus
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import facts_to_json
from registry.policy.lint import main as lint_main
from registry.policy.written import write
from tests.unit.policy.making import make_facts
from tests.unit.policy.test_packs_on_disk import write as write_packs
from tests.unit.policy.test_versions import decide_harshly

FROZEN = Path(__file__).parents[2] / "corpus" / "decisions"
DRAFT = json.dumps(
    {
        "title": "An artefact without a digest",
        "stage": "gate:register",
        "as_of": "2026-11-22",
        "facts": facts_to_json(facts=make_facts(version__artifact_hashed=False)),
    }
)


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    assert lint_main(arguments=["--folder", str(write_packs(tmp_path)), "--write-lock"]) == 0
    return tmp_path


@pytest.fixture
def folder(packs: Path) -> Path:
    folder = packs / "corpus"
    add_case(draft=read_draft(text=DRAFT), folder=folder, packs_folder=packs)
    return folder


def case_in(folder: Path) -> Path:
    (path,) = folder.glob("*.json")
    return path


def codes(folder: Path) -> list[str]:
    return [defect.code for defect in replay_corpus(folder=folder)[1]]


def test_the_frozen_decisions_still_come_out_alike() -> None:
    count, defects = replay_corpus(folder=FROZEN)
    assert [str(defect) for defect in defects] == []
    assert count >= 40


def test_the_frozen_decisions_are_written_alike_without_the_reference() -> None:
    def from_what_is_written(**inputs: Any) -> Decision:
        written = write(**inputs)
        decision = Decision.from_json(json.loads(written.body))
        assert decision.to_bytes() == written.body
        return decision

    assert replay_corpus(folder=FROZEN, engines={"1": from_what_is_written})[1] == []


def test_a_case_is_replayed_by_the_engine_that_froze_it(folder: Path) -> None:
    assert replay_corpus(folder=folder, engines={"1": decide_harshly, "2": decide})[1][0].code == "COR003"
    assert replay_corpus(folder=folder, engines={"1": decide, "2": decide_harshly})[1] == []
    assert replay_corpus(folder=folder, engines={"2": decide})[1][0].code == "POL004"


def test_a_case_is_added_once_and_never_written_again(
    packs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft, folder = packs / "draft.json", packs / "corpus"
    draft.write_text(DRAFT, encoding="utf-8")
    order = [str(folder), "--packs", str(packs), "--add", str(draft)]
    capsys.readouterr()
    assert main(arguments=order) == 0
    said = capsys.readouterr().out
    assert said.startswith("added an-artefact-without-a-digest.")
    assert said.endswith("1 frozen decisions: replayed to the same bytes\n")
    before = case_in(folder).read_bytes()
    assert json.loads(before)["outcome"] == "deny"
    assert main(arguments=order) == 1
    assert "COR001" in capsys.readouterr().out
    assert case_in(folder).read_bytes() == before
    again = DRAFT.replace("An artefact", "One more")
    add_case(draft=read_draft(text=again), folder=folder, packs_folder=packs)
    assert replay_corpus(folder=folder) == (2, [])


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("as_of", "2026-10-30", "COR003"),
        ("outcome", "allow", "COR003"),
        ("tier", 4, "COR003"),
        ("engine_version", "0", "POL004"),
        ("facts", {}, "COR003"),
        ("facts", [], "COR004"),
        ("stage", "gate:moon", "COR004"),
        ("as_of", "yesterday", "COR004"),
        ("packs", {"sample/1": "0" * 64}, "COR004"),
        ("packs", [], "COR004"),
        ("body_digest", "0" * 64, "COR002"),
    ],
)
def test_a_case_that_was_touched_is_found(folder: Path, key: str, value: object, code: str) -> None:
    path = case_in(folder)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}), encoding="utf-8")
    assert codes(folder) == [code]


def test_a_pack_that_was_touched_is_found(folder: Path) -> None:
    (path,) = (folder / "packs").iterdir()
    path.write_text(path.read_text().replace("title: No digest", "title: No hash"), encoding="utf-8")
    assert codes(folder) == ["COR002", "COR004"]


def test_no_case_at_all_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(tmp_path) == ["COR005"]
    monkeypatch.setattr(sys, "argv", ["corpus", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "registry.policy.corpus")
    with pytest.raises(SystemExit) as end:
        runpy.run_module("registry.policy.corpus", run_name="__main__")
    assert end.value.code == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"title": "x"}'])
def test_what_is_no_draft_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="COR004"):
        read_draft(text=text)


def test_packs_that_are_not_locked_freeze_nothing(packs: Path) -> None:
    (packs / "packs.lock").write_text("", encoding="utf-8")
    with pytest.raises(IntegrityMismatch, match="PAC020"):
        add_case(draft=read_draft(text=DRAFT), folder=packs / "corpus", packs_folder=packs)
    assert not (packs / "corpus").exists()
