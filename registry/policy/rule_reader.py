"""Read conditions, effects and rules from strict YAML nodes.

Every refusal names the file, line and column. Codes: ``PAC007`` not a known
word, ``PAC008`` not a number, ``PAC010`` unknown fact, ``PAC011`` fact not yet
available at the rule's stage, ``PAC012`` operator or value that does not fit
the fact's type, ``PAC013`` unknown clause, ``PAC014`` nothing cited.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from registry.domain.errors import InvalidInput
from registry.domain.vocab import ConditionKind, ExplainabilityLevel, RiskTier, ScopeAnswer, Stage, Verdict
from registry.policy.conditions import (
    ALWAYS,
    OPS_BY_TYPE,
    SET_OPS,
    UNARY_OPS,
    All,
    AnyOf,
    Compare,
    Condition,
    FactRef,
    Not,
    Op,
    Operand,
    facts_read,
)
from registry.policy.facts import parse_value
from registry.policy.rules import (
    Block,
    Direction,
    Effect,
    Impose,
    Inform,
    Refer,
    Require,
    RequirementKind,
    Rule,
    SetExplainability,
    SetTier,
    Threshold,
)
from registry.policy.strict_yaml import Node
from registry.policy.vocabulary import VOCABULARY, FactSpec

Word = TypeVar("Word", bound=StrEnum)


def read_word(*, node: Node, words: type[Word]) -> Word:
    """Return a member of a vocabulary; raises ``PAC007``."""
    text = node.text()
    try:
        return words(text)
    except ValueError as found:
        allowed = ", ".join(word.value for word in words)
        raise node.error(
            "PAC007", f"`{text}` is not a word used here", remedy=f"Use one of: {allowed}."
        ) from found


def read_rule(*, node: Node, clauses: dict[str, str]) -> Rule:
    """Return a rule. ``clauses`` maps the pack's own clause ids to full references."""
    parts = node.mapping(required=("id", "stage", "title", "when", "effect", "cites"))
    stage = read_word(node=parts["stage"], words=Stage)
    when = read_condition(node=parts["when"])
    for name in sorted(facts_read(condition=when)):
        if VOCABULARY[name].stage.rank > stage.rank:
            raise parts["when"].error(
                "PAC011",
                f"`{name}` is known from stage {VOCABULARY[name].stage} on, this rule belongs to {stage}",
                remedy="Move the rule to the later stage, or read a fact that is known by then.",
            )
    return Rule(
        id=parts["id"].text(),
        stage=stage,
        title=parts["title"].text(),
        when=when,
        effect=_read_effect(parts["effect"], clauses),
        cites=read_cites(node=parts["cites"], clauses=clauses),
    )


def read_cites(*, node: Node, clauses: dict[str, str]) -> tuple[str, ...]:
    """Return full clause references; raises ``PAC013`` or ``PAC014``."""
    if not node.items():
        raise node.error("PAC014", "nothing is cited", remedy="Name at least one clause.")
    return tuple(_read_cite(item, clauses) for item in node.items())


def read_condition(*, node: Node) -> Condition:
    """Return a condition; the word ``always`` is the condition that holds for all facts."""
    if node.value == "always":
        return ALWAYS
    parts = node.mapping(optional=("all", "any", "not", "fact", "op", "value"))
    if "fact" in parts:
        return _read_compare(node)
    if len(parts) != 1 or not set(parts) <= {"all", "any", "not"}:
        raise node.error(
            "PAC012",
            "a condition is one of all, any, not, or a comparison",
            remedy="Write `all: [...]`, `any: [...]`, `not: {...}` or `{fact: ..., op: ..., value: ...}`.",
        )
    if "not" in parts:
        return Not(read_condition(node=parts["not"]))
    key = "all" if "all" in parts else "any"
    members = tuple(read_condition(node=item) for item in parts[key].items())
    if not members:
        raise parts[key].error("PAC012", f"`{key}` is empty", remedy="List conditions, or write `always`.")
    return All(members) if key == "all" else AnyOf(members)


def read_spec(*, node: Node) -> FactSpec:
    """Return the declaration of the fact named; raises ``PAC010``."""
    name = node.text()
    if name not in VOCABULARY:
        raise node.error("PAC010", f"no fact is called `{name}`", remedy="Use a declared fact's name.")
    return VOCABULARY[name]


def read_whole(*, node: Node, low: int, high: int) -> int:
    """Return a whole number written as quoted digits; raises ``PAC008``."""
    text = node.text()
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    raise node.error(
        "PAC008",
        f"`{text}` is not a whole number from {low} to {high}",
        remedy=f'Write digits in quotes, such as "{low}".',
    )


def read_decimal(*, node: Node) -> Decimal:
    """Return a finite decimal number written as quoted text; raises ``PAC008``."""
    try:
        value = Decimal(node.text())
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite():
        return value
    raise node.error(
        "PAC008", "a decimal number is wanted here", remedy='Write it in quotes, such as "0.05".'
    )


def _read_cite(node: Node, clauses: dict[str, str]) -> str:
    text = node.text()
    if text in clauses:
        return clauses[text]
    if "#" in text and "/" in text.partition("#")[0]:
        return text
    raise node.error(
        "PAC013",
        f"no clause `{text}` in this pack",
        remedy="Add the clause, or cite another pack as `instrument/version#clause`.",
    )


def _read_compare(node: Node) -> Compare:
    parts = node.mapping(required=("fact", "op"), optional=("value",))
    spec = read_spec(node=parts["fact"])
    op = read_word(node=parts["op"], words=Op)
    if op not in OPS_BY_TYPE[spec.type]:
        allowed = ", ".join(OPS_BY_TYPE[spec.type])
        raise parts["op"].error(
            "PAC012", f"`{op}` does not fit the {spec.type} fact `{spec.name}`", remedy=f"Use {allowed}."
        )
    if op in UNARY_OPS:
        if "value" in parts:
            raise parts["value"].error("PAC012", f"`{op}` takes no value", remedy="Remove the value.")
        return Compare(spec.name, op)
    if "value" not in parts:
        raise node.error("PAC012", f"`{op}` needs a value", remedy="Add `value`.")
    return Compare(spec.name, op, _read_operand(parts["value"], spec, op))


def _read_operand(node: Node, spec: FactSpec, op: Op) -> Operand:
    if op in SET_OPS:
        members = tuple(_read_literal(item, spec) for item in node.items())
        if members:
            return members
        raise node.error("PAC012", "the list is empty", remedy="List at least one value.")
    if isinstance(node.value, dict):
        other = read_spec(node=node.mapping(required=("fact",))["fact"])
        if other.type is spec.type:
            return FactRef(other.name)
        raise node.error(
            "PAC012",
            f"`{other.name}` is {other.type}, `{spec.name}` is {spec.type}",
            remedy="Compare facts of one type.",
        )
    return _read_literal(node, spec)


def _read_literal(node: Node, spec: FactSpec) -> bool | int | Decimal | str:
    try:
        return parse_value(spec=spec, raw=node.text())
    except InvalidInput as found:
        raise node.error("PAC012", found.message, remedy=found.remedy) from found


def _read_effect(node: Node, clauses: dict[str, str]) -> Effect:
    parts = node.mapping(optional=tuple(_EFFECTS))
    if len(parts) != 1:
        raise node.error(
            "PAC005", "an effect is exactly one thing", remedy=f"Write one of: {', '.join(_EFFECTS)}."
        )
    ((name, value),) = parts.items()
    return _EFFECTS[name](value, clauses)


def _read_tier(node: Node, _clauses: dict[str, str]) -> SetTier:
    return SetTier(tier=read_whole(node=node, low=min(RiskTier), high=max(RiskTier)))


def _read_level(node: Node, _clauses: dict[str, str]) -> SetExplainability:
    low, high = min(ExplainabilityLevel), max(ExplainabilityLevel)
    return SetExplainability(level=read_whole(node=node, low=low, high=high))


def _read_require(node: Node, clauses: dict[str, str]) -> Require:
    kinds = tuple(kind.value for kind in RequirementKind)
    parts = node.mapping(optional=(*kinds, "text", "fact", "params", "thresholds"))
    named = [kind for kind in RequirementKind if kind.value in parts]
    if len(named) != 1:
        raise node.error(
            "PAC005", "what is required is not clear", remedy=f"Name one of: {', '.join(kinds)}."
        )
    kind = named[0]
    thresholds = parts["thresholds"].items() if "thresholds" in parts else []
    return Require(
        kind=kind,
        name=parts[kind.value].text(),
        text=parts["text"].text() if "text" in parts else "",
        fact=read_spec(node=parts["fact"]).name if "fact" in parts else "",
        params=_read_params(parts.get("params")),
        thresholds=tuple(_read_threshold(item, clauses) for item in thresholds),
    )


def _read_threshold(node: Node, clauses: dict[str, str]) -> Threshold:
    parts = node.mapping(required=("metric", "direction", "inclusive", "value", "verdict", "cites"))
    verdict = read_word(node=parts["verdict"], words=Verdict)
    if verdict not in (Verdict.WARN, Verdict.FAIL):
        raise parts["verdict"].error("PAC007", "a threshold gives warn or fail", remedy="Use warn or fail.")
    return Threshold(
        metric=parts["metric"].text(),
        direction=read_word(node=parts["direction"], words=Direction),
        inclusive=parts["inclusive"].boolean(),
        value=read_decimal(node=parts["value"]),
        verdict=verdict,
        cites=read_cites(node=parts["cites"], clauses=clauses),
    )


def _read_params(node: Node | None) -> dict[str, str | bool]:
    if node is None:
        return {}
    items = node.mapping(is_open=True).items()
    return {key: item.value if isinstance(item.value, bool) else item.text() for key, item in items}


def _read_condition_effect(node: Node, _clauses: dict[str, str]) -> Impose:
    parts = node.mapping(required=("kind", "text"), optional=("params", "expires_in_days"))
    days = parts.get("expires_in_days")
    return Impose(
        kind=read_word(node=parts["kind"], words=ConditionKind),
        text=parts["text"].text(),
        params=_read_params(parts.get("params")),
        expires_in_days=None if days is None else read_whole(node=days, low=1, high=36500),
    )


def _read_inform(node: Node, _clauses: dict[str, str]) -> Inform:
    if not isinstance(node.value, dict):
        return Inform(text=node.text())
    parts = node.mapping(required=("text", "scope"))
    scope = read_word(node=parts["scope"], words=ScopeAnswer)
    if scope not in (ScopeAnswer.INSIDE, ScopeAnswer.OUTSIDE):
        raise parts["scope"].error(
            "PAC007", "a rule puts inside or outside of scope", remedy="Use inside or outside."
        )
    return Inform(text=parts["text"].text(), scope=scope)


_EFFECTS: dict[str, Callable[[Node, dict[str, str]], Effect]] = {
    "set_tier": _read_tier,
    "set_required_explainability": _read_level,
    "require": _read_require,
    "block": lambda node, _clauses: Block(remedy=node.text()),
    "refer": lambda node, _clauses: Refer(remedy=node.text()),
    "condition": _read_condition_effect,
    "inform": _read_inform,
}
