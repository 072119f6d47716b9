"""A text with faults tells all of them at their places, and a difference is told in plain English."""

from dataclasses import replace
from decimal import Decimal

import pytest

from registry.domain.vocab import ConditionKind, Stage, Verdict
from registry.policy.conditions import All, AnyOf, Compare, Op
from registry.policy.diff_text import explain_diff
from registry.policy.pack_faults import Fault, lint_faults, read_with_faults
from registry.policy.pack_reader import reading_faults
from registry.policy.rules import Direction, Impose, Pack, Require, RequirementKind, Threshold
from tests.builders.policy import DESK
from tests.unit.policy.making import BLOCK, REFER, make_pack, make_rule


def faults(text: str) -> list[tuple[str, int, int]]:
    pack, found = read_with_faults(text=text, file="pack.yaml")
    assert (pack is None) == bool(found)
    assert all(item.remedy and not item.message.startswith("pack.yaml") for item in found)
    return [(item.code, item.line, item.column) for item in found]


def place(text: str, word: str, *, nth: int = 0) -> tuple[int, int]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if word in line]
    number, line = lines[nth]
    return number, line.index(word) + 1


def test_a_sound_text_has_no_fault() -> None:
    assert faults(DESK) == []
    assert reading_faults(text=DESK, file="pack.yaml") == ()


def test_every_entry_s_fault_is_told_in_the_order_of_the_text() -> None:
    text = DESK.replace("VERIFIED", "SEEN").replace("op: eq, value: tree", "op: is, value: tree")
    text = text.replace("cites: [D1]", "cites: [D9]")
    assert faults(text) == [("PAC007", *place(text, "SEEN")), ("PAC007", *place(text, "is, value"))]
    text = DESK.replace("cites: [D1]", "cites: [D9]").replace("effective_from: ", "from: ")
    assert faults(text)[0][0] == "PAC004"


def test_examples_are_looked_at_once_the_rules_can_be_read() -> None:
    text = DESK.replace("fires: [no-boosting]", "fires: [nothing]").replace(
        "silent: [no-boosting]", "silent: [nobody]"
    )
    assert faults(text) == [("PAC016", *place(text, "nothing")), ("PAC016", *place(text, "nobody"))]
    sets = DESK.replace("examples:", "fact_sets:\n  a: {facts: {no.such: true}}\nexamples:")
    assert faults(sets) == [("PAC010", *place(sets, "no.such"))]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "PAC001"),
        ("a: [", "PAC001"),
        ("[" * 5_000, "PAC001"),
        ("- a", "PAC006"),
        (DESK.replace("clauses:\n", "clauses: x\nother:\n"), "PAC004"),
        (DESK.replace("rules:\n", "rules: x\nexampled:\n"), "PAC004"),
        (DESK.replace("  - {id: D1", "  - {name: D1"), "PAC004"),
        (DESK.replace("  - {id: D1", "  - text\n  - {id: D1"), "PAC006"),
    ],
)
def test_a_text_that_is_no_pack_has_its_first_fault(text: str, code: str) -> None:
    assert faults(text)[0][0] == code


def test_a_defect_stands_where_its_rule_or_example_does() -> None:
    text = DESK.replace("silent: [no-boosting]", "outcome: deny")
    pack, _ = read_with_faults(text=text, file="pack.yaml")
    assert pack is not None
    found = lint_faults(pack=pack, text=text, file="pack.yaml", others={})
    assert {(item.code, item.line) for item in found} == {
        ("PAC022", place(text, "id: no-boosting")[0]),
        ("PAC023", place(text, "title: A scorecard")[0]),
    }
    gone = text.replace("binding_level: house", "binding_level: house\nsupersedes: [desk/2025]")
    pack, _ = read_with_faults(text=gone, file="pack.yaml")
    assert pack is not None
    dangling = lint_faults(pack=pack, text=gone, file="pack.yaml", others={})[0]
    assert dangling == Fault(
        code="PAC026",
        message="refers to pack `desk/2025`, which is not there",
        remedy="Mend the reference.",
        line=1,
        column=1,
    )
    assert dangling.to_json()["line"] == 1


EU, US = (Compare("use.jurisdiction", Op.EQ, name) for name in ("EU", "US"))
WEAK = Compare("evidence.auc", Op.LT, Decimal("0.60"))
WEAKER = Compare("evidence.auc", Op.LT, Decimal("0.70"))


def told(before: object, after: object) -> list[tuple[str, str, str]]:
    old, new = (
        make_pack(make_rule("r", **side)) if isinstance(side, dict) else side for side in (before, after)
    )
    assert isinstance(old, Pack)
    assert isinstance(new, Pack)
    return [
        (item.what, item.before, item.after)
        for change in explain_diff(old=old, new=new)
        for item in change.details
    ]


def test_conditions_are_told_one_by_one() -> None:
    label = "area under the ROC curve is below"
    old, new = {"effect": BLOCK, "when": All((EU, WEAK))}, {"effect": BLOCK, "when": All((EU, WEAKER))}
    assert told(old, new) == [("condition", f"{label} 0.60", f"{label} 0.70")]
    (what, before, after), *rest = told(old, {"effect": BLOCK, "when": AnyOf((EU, US))})
    assert (what, before, after) == ("how conditions join", "All of these", "At least one of these")
    assert [(item[1], bool(item[2])) for item in rest] == [(f"{label} 0.60", False), ("", True)]
    assert told({"effect": BLOCK, "when": EU}, old) == [("condition", "", f"{label} 0.60")]


def threshold(value: str, *, inclusive: bool = True) -> Threshold:
    return Threshold(
        metric="auc",
        direction=Direction.AT_LEAST,
        inclusive=inclusive,
        value=Decimal(value),
        verdict=Verdict.FAIL,
        cites=("test/1#C1",),
    )


def test_effects_stages_and_thresholds_are_told() -> None:
    check = Require(kind=RequirementKind.CHECK, name="a.b", params={"hard": True})
    limited = replace(check, thresholds=(threshold("0.6"),), params={"hard": False})
    stricter = replace(limited, thresholds=(threshold("0.7", inclusive=False), threshold("0.8")))
    assert told({"effect": check}, {"effect": limited}) == [
        ("params", "hard yes", "hard no"),
        ("threshold", "", "auc at least 0.6, or else fail (C1)"),
    ]
    assert told({"effect": limited}, {"effect": stricter}) == [
        (
            "threshold",
            "auc at least 0.6, or else fail (C1)",
            "auc at least 0.7, the limit itself excluded, or else fail (C1)",
        ),
        ("threshold", "", "auc at least 0.8, or else fail (C1)"),
    ]
    assert told({"effect": BLOCK}, {"effect": REFER}) == [
        ("effect", "denied: Stop", "a person decides: Ask"),
    ]
    assert told({"effect": BLOCK}, {"effect": BLOCK, "stage": Stage.GATE_USE}) == [
        ("stage", "gate:register", "gate:use")
    ]
    term = Impose(kind=ConditionKind.EXPIRY, text="It ends.", expires_in_days=90)
    assert told({"effect": term}, {"effect": replace(term, expires_in_days=None)}) == [
        ("expires in days", "90", "")
    ]


def test_rules_and_clauses_that_come_and_go_are_told_whole() -> None:
    old = make_pack(make_rule("a", BLOCK), make_rule("b", BLOCK))
    clause = old.clauses[0]
    new = replace(
        old,
        title="Another",
        rules=(make_rule("a", BLOCK), make_rule("c", REFER)),
        clauses=(replace(clause, text="Do it well."), replace(clause, id="C2", text="New.")),
    )
    found = [(item.part, item.id, item.change) for item in explain_diff(old=old, new=new)]
    assert found == [
        ("rule", "c", "added"),
        ("rule", "b", "removed"),
        ("clause", "C1", "changed"),
        ("clause", "C2", "added"),
        ("head", "", "changed"),
    ]
    added = explain_diff(old=old, new=new)[0].to_json()
    assert added["text"] == "Title of c. When always: a person decides: Ask."
    assert explain_diff(old=old, new=new)[2].to_json()["details"] == [
        {"what": "text", "before": "Do it.", "after": "Do it well."}
    ]
    back = explain_diff(old=new, new=old)
    assert ("clause", "C2", "removed") in [(item.part, item.id, item.change) for item in back]
