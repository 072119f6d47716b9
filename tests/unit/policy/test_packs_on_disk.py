import runpy
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from registry.domain.errors import IntegrityMismatch, InvalidInput
from registry.domain.vocab import BindingLevel, ConditionKind, Outcome, Stage, Verification
from registry.policy.conditions import All, AnyOf, Compare, Condition, FactRef, Not, Op
from registry.policy.lint import main
from registry.policy.pack import check_packs, load_packs, read_lock, read_packs
from registry.policy.rules import Example, Impose, Inform, Pack
from tests.unit.policy.making import BLOCK, make_facts, make_pack, make_rule

TEXT = """\
instrument: sample
version: "1"
title: A sample
binding_level: house
effective_from: "2026-11-01"
clauses:
  - {id: C1, citation: Clause 1, text: Hash it., url: "https://clause.test", verification: VERIFIED}
rules:
  - id: hashed
    stage: gate:register
    title: No digest
    when: {fact: version.artifact_hashed, op: is_false}
    effect: {block: Hash it.}
    cites: [C1]
examples:
  - {title: A, stage: "gate:register", facts: {version.artifact_hashed: false}, fires: [hashed], outcome: deny}
  - {title: B, stage: "gate:register", facts: {version.artifact_hashed: true}, silent: [hashed]}
"""


def write(folder: Path, text: str = TEXT) -> Path:
    (folder / "sample").mkdir(exist_ok=True)
    (folder / "sample" / "1.yaml").write_text(text, encoding="utf-8")
    return folder


def lint(folder: Path, *more: str) -> int:
    return main(arguments=["--folder", str(folder), *more])


def test_sound_packs_are_locked_and_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    assert lint(tmp_path) == 1
    assert "PAC020" in capsys.readouterr().out
    assert lint(tmp_path, "--write-lock") == 0
    assert capsys.readouterr().out == "1 packs, 1 rules, 2 examples: sound and locked\n"
    (pack,) = load_packs(folder=tmp_path)
    assert read_lock(folder=tmp_path) == {"sample/1": pack.content_hash}


@pytest.mark.parametrize("name", ["registry.policy.lint", "registry.policy.mutate"])
def test_the_modules_are_commands(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lint", "--folder", str(tmp_path)])
    monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit) as end:
        runpy.run_module(name, run_name="__main__")
    assert end.value.code == 1


def test_no_pack_at_all_is_not_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(tmp_path, "--write-lock") == 1
    assert "PAC027" in capsys.readouterr().out


def test_a_released_pack_is_frozen(tmp_path: Path) -> None:
    lint(write(tmp_path), "--write-lock")
    write(tmp_path, TEXT.replace("title: No digest", "title: No hash"))
    with pytest.raises(IntegrityMismatch, match="PAC020"):
        load_packs(folder=tmp_path)


def test_a_pack_that_vanished_is_missed(tmp_path: Path) -> None:
    lint(write(tmp_path), "--write-lock")
    (tmp_path / "sample" / "1.yaml").unlink()
    with pytest.raises(IntegrityMismatch, match="sample/1"):
        load_packs(folder=tmp_path)


def test_an_unsound_pack_is_reported_and_not_locked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, TEXT.replace("fires: [hashed]", "silent: [hashed]"))
    assert lint(tmp_path, "--write-lock") == 1
    assert "PAC023" in capsys.readouterr().out
    assert read_lock(folder=tmp_path) == {}


def test_a_file_named_otherwise_is_refused(tmp_path: Path) -> None:
    write(tmp_path, TEXT.replace("instrument: sample", "instrument: other"))
    with pytest.raises(InvalidInput, match="PAC021"):
        read_packs(folder=tmp_path)


HASHED = Compare("version.artifact_hashed", Op.IS_FALSE)


def example(**more: object) -> Example:
    plain = Example(title="A", stage=Stage.GATE_APPROVE, facts={}, fires=(), silent=())
    return replace(plain, **more)  # type: ignore[arg-type]


def codes(*packs: Pack) -> list[str]:
    return [defect.code for defect in check_packs(packs=packs)]


FIRES = example(title="F", fires=("r",), facts=make_facts(version__artifact_hashed=False))
QUIET = example(title="Q", silent=("r",), facts=make_facts(version__artifact_hashed=True))


def test_each_rule_fires_in_one_example_and_is_silent_in_another() -> None:
    rule = make_rule("r", BLOCK, HASHED)
    assert codes(make_pack(rule, examples=(FIRES, QUIET))) == []
    assert codes(make_pack(rule, examples=(FIRES,))) == ["PAC022"]
    assert codes(make_pack(rule, examples=(QUIET,))) == ["PAC022"]
    assert codes(make_pack(make_rule("r", BLOCK), examples=(FIRES,))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        example(fires=("r",), facts=make_facts(version__artifact_hashed=True)),
        example(silent=("r",), facts=make_facts(version__artifact_hashed=False)),
        example(outcome=Outcome.ALLOW),
        example(tier=2),
    ],
)
def test_an_example_that_comes_out_otherwise_is_a_defect(wrong: Example) -> None:
    assert codes(make_pack(make_rule("r", BLOCK, HASHED), examples=(FIRES, QUIET, wrong))) == ["PAC023"]


def test_a_gating_rule_cannot_rest_on_an_unverified_clause() -> None:
    pack = make_pack(
        make_rule("r", BLOCK, HASHED),
        examples=(example(fires=("r",)), QUIET),
        verification=Verification.UNVERIFIED,
    )
    assert codes(pack) == ["PAC024"]
    assert codes(replace(pack, rules=(make_rule("r", Inform(text="x"), HASHED),))) == []


def test_references_must_lead_somewhere() -> None:
    lost = make_rule("r", BLOCK, HASHED, cites=("gone/1#X",))
    assert codes(make_pack(lost, examples=(FIRES, QUIET), adopts=("gone/1",))) == ["PAC026", "PAC026"]
    other = make_pack(instrument="gone", binding_level=BindingLevel.RESEARCH)
    found = make_pack(replace(lost, cites=("gone/1#C1",)), examples=(FIRES, QUIET), adopts=("gone/1",))
    assert codes(found, other) == []


LEVEL, ACHIEVED = "use.required_explainability", "evidence.explainability_achieved"


@pytest.mark.parametrize(
    ("condition", "is_sound"),
    [
        (Compare("tier", Op.LE, 2), True),
        (Compare("tier", Op.GE, 2), False),
        (Compare("tier", Op.EQ, 2), False),
        (Not(Compare("tier", Op.GT, 2)), True),
        (Not(Compare("tier", Op.LE, 2)), False),
        (Compare(LEVEL, Op.GE, 3), True),
        (Compare(LEVEL, Op.LT, 3), False),
        (Compare(ACHIEVED, Op.LT, FactRef(LEVEL)), True),
        (Compare(ACHIEVED, Op.GE, FactRef(LEVEL)), False),
        (All((AnyOf((Not(Compare(ACHIEVED, Op.GE, FactRef(LEVEL))),)), HASHED)), True),
    ],
)
def test_no_rule_grows_milder_as_tier_or_level_grow_stricter(condition: Condition, *, is_sound: bool) -> None:
    rule = make_rule("r", BLOCK, condition, stage=Stage.GATE_APPROVE)
    found = codes(make_pack(rule, examples=(example(fires=("r",)),)))
    assert ("PAC025" in found) is not is_sound
    note = replace(rule, effect=Inform(text="x"))
    assert "PAC025" not in codes(make_pack(note, examples=(example(fires=("r",)),)))


def test_a_condition_must_say_a_limit_that_can_be_compared() -> None:
    for params, found in (({"maximum_eur": "1000000"}, []), ({"cap": "a million"}, ["PAC028"])):
        rule = make_rule("r", Impose(kind=ConditionKind.EXPOSURE_CAP, text="Cap.", params=params), HASHED)
        assert codes(make_pack(rule, examples=(FIRES, QUIET))) == found
