"""A decision in words: one sentence, plain-English conditions, a tree for pages."""

from collections.abc import Mapping
from datetime import date

from registry.domain.canonical import Json
from registry.domain.vocab import Outcome, Stage
from registry.policy.conditions import Condition, Truth, condition_to_json
from registry.policy.decision import Decision, Reason, RuleTrace, Ruling
from registry.policy.rules import Rule
from registry.policy.vocabulary import VOCABULARY, FactType

_MAY = {
    Stage.TIERING: "may go on for",
    Stage.REQUIREMENTS: "may go on for",
    Stage.GATE_REGISTER: "may be validated for",
    Stage.GATE_APPROVE: "may be approved for",
    Stage.GATE_USE: "may be used for",
}

_WORDS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "gt": "is above",
    "ge": "is at least",
    "lt": "is below",
    "le": "is at most",
    "contains": "contains",
}


def sentence(*, decision: Ruling, version: str, use: str, until: date | None = None) -> str:
    """Return one sentence: what may be done, until when, because of what.

    ``version`` and ``use`` are names to show; ``until`` is the date on which
    the permission ends, where there is one.
    """
    harshest = [item for item in decision.reasons if item.outcome == decision.outcome.value]
    # Within a stage, what is known to stand against it says more than what is not known yet.
    harshest.sort(key=lambda item: (Stage(item.stage).rank, item.truth != Truth.TRUE.value))
    if decision.outcome is Outcome.DENY:
        return f"{version} may not be used for {use}: {_grounds(decision, harshest)}."
    if decision.outcome is Outcome.REFER:
        question = _MAY[decision.stage]
        return f"A person must decide whether {version} {question} {use}: {_grounds(decision, harshest)}."
    term = "" if until is None else f" until {until.isoformat()}"
    limits = f" under {_count(len(decision.conditions), 'condition')}" if decision.conditions else ""
    tier = "" if decision.tier is None else f" in tier {decision.tier}"
    return f"{version} {_MAY[decision.stage]} {use}{term}{limits}, because no rule in force stands against it{tier}."


def condition_text(*, condition: Condition | Mapping[str, Json]) -> str:
    """Return a condition, or one as packs or traces write it, in plain English."""
    if isinstance(condition, Mapping):
        return _text(condition)
    return _text(condition_to_json(condition=condition))


def rule_text(*, rule: Rule) -> str:
    """Return a whole rule in plain English."""
    return f"{rule.title}. When {condition_text(condition=rule.when)}: {effect_text(effect=rule.effect.to_json())}."


def effect_text(*, effect: Mapping[str, Json]) -> str:
    """Return an effect, in its JSON form, in plain English."""
    ((kind, value),) = effect.items()
    if kind == "set_tier":
        return f"the tier is at least as strict as {value}"
    if kind == "set_required_explainability":
        return f"explainability of level {value} or more is required"
    if isinstance(value, dict):
        if kind == "require":
            return f"{value['kind']} `{value['name']}` is required"
        if kind == "inform":
            return f"{value['scope']} of scope: {_unstopped(str(value['text']))}"
        return f"a condition is imposed: {_unstopped(str(value['text']))}"
    verb = {"block": "denied", "refer": "a person decides", "inform": "note"}[kind]
    return f"{verb}: {_unstopped(str(value))}"


def tree(*, decision: Decision) -> list[dict[str, Json]]:
    """Return the trace for pages: one node per rule, each with its conditions below.

    A node has ``text``, ``truth``, ``observed`` (a list), ``children``; a
    rule's node also has ``rule``, ``stage``, ``effect``, ``gates``, ``error``
    and ``citations``.
    """
    return [_rule_node(decision, item) for item in decision.trace]


def fact_label(*, name: str) -> str:
    """Return a fact's description as part of a sentence."""
    spec = VOCABULARY.get(name)
    if spec is None:
        return name
    words = _unstopped(spec.description)
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def citation_texts(*, decision: Ruling, cites: tuple[str, ...]) -> tuple[str, ...]:
    """Return the citations to show for clause references."""
    shown = []
    for cite in cites:
        clause = decision.citations.get(cite)
        shown.append(str(clause["citation"]) if isinstance(clause, dict) else cite)
    return tuple(shown)


def unknown_text(*, name: str) -> str:
    """Say that a fact is not known."""
    spec = VOCABULARY.get(name)
    if spec is not None and spec.type is FactType.BOOL:
        return f"it is not known whether {fact_label(name=name)}"
    return f"{fact_label(name=name)} is not known"


def _grounds(decision: Ruling, reasons: list[Reason]) -> str:
    first = reasons[0]
    sources = ", ".join(citation_texts(decision=decision, cites=first.cites))
    missing = " and ".join(unknown_text(name=name) for name in first.missing)
    parts = [(missing or _unstopped(first.text)) + (f" ({sources})" if sources else "")]
    if first.remedy:
        parts.append(_unstopped(first.remedy))
    if len(reasons) > 1:
        parts.append(f"and {_count(len(reasons) - 1, 'further reason')}")
    return "; ".join(part[0].lower() + part[1:] for part in parts)


def _text(node: Mapping[str, Json]) -> str:
    kind = str(node.get("kind") or next(iter(node)))
    if kind in ("compare", "fact"):
        return _compare_text(node)
    children = node.get("children", node.get(kind))
    members = [
        item for item in (children if isinstance(children, list) else [children]) if isinstance(item, dict)
    ]
    texts = [_text(item) for item in members]
    if kind == "not":
        return f"it is not so that {texts[0]}"
    if not texts:
        return "always"
    return (" and " if kind == "all" else " or ").join(
        f"({text})" if _is_compound(item) else text for item, text in zip(members, texts, strict=True)
    )


def _is_compound(node: Mapping[str, Json]) -> bool:
    return str(node.get("kind") or next(iter(node))) in ("all", "any")


def _compare_text(node: Mapping[str, Json]) -> str:
    name, op, value = str(node["fact"]), str(node["op"]), node.get("value")
    label = fact_label(name=name)
    if op == "is_true":
        return label
    if op == "is_false":
        return f"it is not so that {label}"
    spec = VOCABULARY.get(name)
    unit = (
        f" {spec.unit}"
        if spec is not None and spec.type in (FactType.INT, FactType.DECIMAL) and spec.unit
        else ""
    )
    return f"{label} {_WORDS[op]} {_value_text(value)}{'' if isinstance(value, dict) else unit}"


def _value_text(value: Json) -> str:
    if isinstance(value, dict):
        return f"the {fact_label(name=str(value['fact']))}"
    if isinstance(value, list):
        return ", ".join(_value_text(item) for item in value)
    return str(value)


def _rule_node(decision: Decision, item: RuleTrace) -> dict[str, Json]:
    return {
        "rule": item.rule,
        "stage": item.stage,
        "text": item.title,
        "truth": item.truth,
        "effect": effect_text(effect=item.effect),
        "gates": item.gates,
        "error": item.error,
        "citations": list(citation_texts(decision=decision, cites=item.cites)),
        "observed": [],
        "children": [_condition_node(item.node)],
    }


def _condition_node(node: Mapping[str, Json]) -> dict[str, Json]:
    children, observed = node.get("children"), node.get("observed")
    below = [item for item in children if isinstance(item, dict)] if isinstance(children, list) else []
    nested: list[Json] = [_condition_node(item) for item in below]
    heading = {"all": "All of", "any": "At least one of", "not": "Not"}.get(str(node["kind"]))
    return {
        "text": heading if heading is not None and nested else _text(node),
        "truth": node["truth"],
        "observed": observed if isinstance(observed, list) else [],
        "children": nested,
    }


def _unstopped(text: str) -> str:
    return text.removesuffix(".")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
