import re
from pathlib import Path

import pytest

from registry.domain.vocab import Stage
from registry.policy.conditions import All, AnyOf, Compare, Not, Op
from registry.policy.facts import known
from registry.policy.mutate import is_killed, main, mutants
from registry.policy.rules import Example, Pack
from tests.unit.policy.making import BLOCK, make_facts, make_pack, make_rule
from tests.unit.policy.test_packs_on_disk import TEXT, write

AUC = known(name="evidence.auc", value="0.65").value
CONDITION = All(
    (
        Not(Compare("use.materiality", Op.IN, ("low", "medium"))),
        Compare("evidence.auc", Op.LT, AUC),
        Compare("findings.open_high", Op.GE, 1),
        Compare("use.jurisdiction", Op.CONTAINS, "EU"),
        AnyOf((Compare("validation.completed", Op.IS_TRUE),)),
    )
)


def pack_with(*examples: Example) -> Pack:
    return make_pack(make_rule("r", BLOCK, CONDITION, stage=Stage.GATE_APPROVE), examples=examples)


def test_every_kind_of_mutant_is_made() -> None:
    made = [what.removeprefix("test/1#r: ") for what, _ in mutants(pack=pack_with())]
    assert made == [
        "dropped",
        "member 1 removed",
        "negation removed",
        "use.materiality in turned round",
        "use.materiality low left out",
        "use.materiality medium left out",
        "member 2 removed",
        "evidence.auc lt turned round",
        "evidence.auc threshold raised",
        "evidence.auc threshold lowered",
        "member 3 removed",
        "findings.open_high ge turned round",
        "findings.open_high threshold raised",
        "findings.open_high threshold lowered",
        "member 4 removed",
        "member 5 removed",
        "validation.completed is_true turned round",
        "all and any exchanged",
    ]


def test_a_mutant_is_killed_by_an_example_that_notices() -> None:
    facts = make_facts(
        use__materiality="high",
        evidence__auc="0.60",
        findings__open_high=1,
        use__jurisdiction="EU",
        validation__completed=True,
    )
    fires = Example(title="F", stage=Stage.GATE_APPROVE, facts=facts, fires=("r",), silent=())
    fates = {what: is_killed(mutant=mutant, others={}) for what, mutant in mutants(pack=pack_with(fires))}
    assert fates["test/1#r: dropped"]
    assert fates["test/1#r: findings.open_high threshold raised"]
    assert not fates["test/1#r: evidence.auc threshold raised"]


def test_the_command_prints_the_rate_and_the_survivors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    assert main(arguments=["--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "2 of 2 mutants killed\n"
    assert main(arguments=["--folder", str(tmp_path / "nowhere")]) == 1
    weak = TEXT.replace(
        "when: {fact: version.artifact_hashed, op: is_false}",
        "when: {any: [{fact: version.artifact_hashed, op: is_false}, {fact: tier, op: le, value: '1'}]}",
    )
    write(tmp_path, weak)
    assert main(arguments=["--folder", str(tmp_path)]) == 1
    assert "survived: sample/1#hashed: member 2 removed\n" in capsys.readouterr().out


def test_the_examples_of_the_shipped_packs_notice_nearly_every_mutant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(arguments=["--least", "95"]) == 0
    killed, total = re.findall(r"(\d+) of (\d+) mutants killed", capsys.readouterr().out)[0]
    assert int(total) >= 500
    assert int(killed) * 100 >= 95 * int(total)
