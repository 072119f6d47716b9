"""Two evaluators of the Common Expression Language: ``cel-python`` and ``common-expression-language`` (in Rust).

The language knows neither unknown facts nor decimal numbers: it is given
facts that are all known, and figures as doubles, which order figures of so
few digits as decimals do.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from registry.policy.conditions import Compare, Condition, Not, Op, condition_to_json
from registry.policy.facts import Facts, FactValue
from registry.policy.rules import Rule
from tests.benchmarks.peers import import_peer

Truths = list[list[bool]]

_SIGNS = {Op.EQ: "==", Op.NE: "!=", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">=", Op.IN: "in"}


class Cel:
    """One evaluator: expressions compiled, and how it takes facts."""

    def __init__(
        self, name: str, programs: Sequence[Callable[[Any], Any]], take: Callable[[dict[str, Any]], Any]
    ) -> None:
        self.name, self._programs, self._take = name, programs, take

    def context(self, facts: Facts) -> Any:
        """Return facts in the evaluator's own form."""
        return self._take({_variable(name): _plain(fact.value) for name, fact in facts.items()})

    def ask(self, context: Any) -> list[bool]:
        """Return which rules' conditions hold."""
        return [bool(program(context)) for program in self._programs]


def rust(rules: Sequence[Rule]) -> Cel:
    """Return ``common-expression-language``; its context is made once for all rules of a pair."""
    cel = import_peer("cel")
    programs = [cel.compile(expression(rule.when)).execute for rule in rules]
    return Cel("common-expression-language", programs, cel.Context)


def python(rules: Sequence[Rule]) -> Cel:
    """Return ``cel-python``; its values are made once for all rules of a pair."""
    environment = import_peer("celpy").Environment()
    convert = import_peer("celpy.adapter").json_to_cel
    programs = [environment.program(environment.compile(expression(rule.when))).evaluate for rule in rules]
    return Cel("cel-python", programs, lambda facts: {name: convert(value) for name, value in facts.items()})


def expression(condition: Condition) -> str:
    """Return a condition in the language."""
    if isinstance(condition, Not):
        return f"!({expression(condition.member)})"
    if isinstance(condition, Compare):
        return _comparison(condition)
    joint = " && " if "all" in condition_to_json(condition=condition) else " || "
    return f"({joint.join(expression(member) for member in condition.members)})"


def _comparison(leaf: Compare) -> str:
    name = _variable(leaf.fact)
    if leaf.op in (Op.IS_TRUE, Op.IS_FALSE):
        return name if leaf.op is Op.IS_TRUE else f"!{name}"
    return f"{name} {_SIGNS[leaf.op]} {_literal(leaf.value)}"


def _literal(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    return f'"{value}"' if isinstance(value, str) else repr(_plain(value))


def _variable(fact: str) -> str:
    return fact.replace(".", "_")


def _plain(value: FactValue | None) -> Any:
    return float(value) if isinstance(value, Decimal) else value
