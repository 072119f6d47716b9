from dataclasses import replace
from datetime import date

from registry.policy.diff import pack_diff
from registry.policy.rules import Clause
from tests.unit.policy.making import BLOCK, REFER, make_pack, make_rule

OLD = make_pack(make_rule("keep", BLOCK), make_rule("change", BLOCK), make_rule("drop", BLOCK))


def test_a_reissue_with_the_same_rules_differs_in_its_header_only() -> None:
    rules = tuple(replace(rule, cites=("test/2#C1",)) for rule in OLD.rules)
    new = replace(OLD, version="2", rules=rules, effective_from=date(2027, 1, 1))
    diff = pack_diff(old=OLD, new=new)
    assert diff.header == {"version": ("1", "2"), "effective_from": ("2026-01-01", "2027-01-01")}
    assert (diff.rules_added, diff.rules_removed, diff.rules_changed) == ((), (), {})
    assert not diff.is_empty


def test_rules_and_clauses_are_compared_by_id() -> None:
    clause: Clause = replace(OLD.clauses[0], text="Do it well.")
    extra = replace(clause, id="C2")
    new = replace(
        OLD,
        rules=(make_rule("keep", BLOCK), make_rule("change", REFER), make_rule("add", BLOCK)),
        clauses=(clause, extra),
    )
    diff = pack_diff(old=OLD, new=new)
    assert (diff.rules_added, diff.rules_removed, list(diff.rules_changed)) == (
        ("add",),
        ("drop",),
        ["change"],
    )
    before, after = diff.rules_changed["change"]
    assert (before["effect"], after["effect"]) == ({"block": "Stop."}, {"refer": "Ask."})  # type: ignore[index, call-overload]
    assert (diff.clauses_added, diff.clauses_removed, list(diff.clauses_changed)) == (("C2",), (), ["C1"])


def test_a_pack_does_not_differ_from_itself() -> None:
    assert pack_diff(old=OLD, new=OLD).is_empty
