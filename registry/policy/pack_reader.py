"""Read one pack file. Proofs about its meaning are in ``pack_checks``.

Codes: ``PAC009`` not a date, ``PAC015`` same id twice, ``PAC016`` an example
that cannot be read, besides those of ``strict_yaml`` and ``rule_reader``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial

from registry.domain.errors import InvalidInput
from registry.domain.vocab import BindingLevel, Outcome, Provenance, RiskTier, Stage, Verification
from registry.policy.facts import Fact, known
from registry.policy.rule_reader import read_rule, read_spec, read_whole, read_word
from registry.policy.rules import Clause, Example, Pack, Rule
from registry.policy.scorecard_reader import read_scorecard
from registry.policy.strict_yaml import Node, parse

_REQUIRED = (
    "instrument",
    "version",
    "title",
    "binding_level",
    "effective_from",
    "clauses",
    "rules",
    "examples",
)
_OPTIONAL = ("effective_to", "supersedes", "adopts", "scorecard", "fact_sets")


def read_pack(*, text: str, file: str) -> Pack:
    """Return the pack written in ``text``; ``file`` names it in messages."""
    parts = parse(text=text, file=file).mapping(required=_REQUIRED, optional=_OPTIONAL)
    instrument, version = parts["instrument"].text(), parts["version"].text()
    clauses = tuple(_read_clause(item) for item in parts["clauses"].items())
    _ensure_unique(parts["clauses"], [clause.id for clause in clauses])
    by_id = {clause.id: f"{instrument}/{version}#{clause.id}" for clause in clauses}
    rules = tuple(read_rule(node=item, clauses=by_id) for item in parts["rules"].items())
    _ensure_unique(parts["rules"], [rule.id for rule in rules])
    fact_sets = _read_fact_sets(parts.get("fact_sets"))
    examples = tuple(_read_example(item, rules, fact_sets) for item in parts["examples"].items())
    _ensure_unique(parts["examples"], [example.title for example in examples])
    ends, scorecard = parts.get("effective_to"), parts.get("scorecard")
    return Pack(
        instrument=instrument,
        version=version,
        title=parts["title"].text(),
        binding_level=read_word(node=parts["binding_level"], words=BindingLevel),
        effective_from=_read_date(parts["effective_from"]),
        effective_to=None if ends is None else _read_date(ends),
        supersedes=_read_texts(parts.get("supersedes")),
        adopts=_read_texts(parts.get("adopts")),
        clauses=clauses,
        rules=rules,
        examples=examples,
        scorecard=None if scorecard is None else read_scorecard(node=scorecard, clauses=by_id),
    )


def reading_faults(*, text: str, file: str) -> tuple[InvalidInput, ...]:
    """Return why the text cannot be read, a fault for each entry that has one, in the order of their places.

    Empty when ``read_pack`` reads it. Examples are looked at once every rule
    can be read, since they name rules.
    """
    try:
        read_pack(text=text, file=file)
    except InvalidInput as first:
        found = {first.message: first, **{fault.message: fault for fault in _entry_faults(text, file)}}
        return tuple(
            sorted(found.values(), key=lambda fault: (fault.context["line"], fault.context["column"]))
        )
    return ()


def _entry_faults(text: str, file: str) -> list[InvalidInput]:
    try:
        parts = parse(text=text, file=file).mapping(required=_REQUIRED, optional=_OPTIONAL)
        clauses, rules, examples = (parts[name].items() for name in ("clauses", "rules", "examples"))
    except InvalidInput:
        return []
    ids = {name: name for item in clauses for name in _written_ids(item)}
    found = _failing([partial(_read_clause, item) for item in clauses])
    found += _failing([partial(read_rule, node=item, clauses=ids) for item in rules])
    if found:
        return found
    read = tuple(read_rule(node=item, clauses=ids) for item in rules)
    try:
        fact_sets = _read_fact_sets(parts.get("fact_sets"))
    except InvalidInput as fault:
        return [fault]
    return _failing([partial(_read_example, item, read, fact_sets) for item in examples])


def _written_ids(node: Node) -> list[str]:
    entry = node.value.get("id") if isinstance(node.value, dict) else None
    return [entry.value] if entry is not None and isinstance(entry.value, str) else []


def _failing(attempts: Sequence[Callable[[], object]]) -> list[InvalidInput]:
    faults = []
    for attempt in attempts:
        try:
            attempt()
        except InvalidInput as fault:
            faults.append(fault)
    return faults


def _read_clause(node: Node) -> Clause:
    parts = node.mapping(required=("id", "citation", "text", "url", "verification"))
    return Clause(
        id=parts["id"].text(),
        citation=parts["citation"].text(),
        text=parts["text"].text(),
        url=parts["url"].text(),
        verification=read_word(node=parts["verification"], words=Verification),
    )


def _read_date(node: Node) -> date:
    try:
        return date.fromisoformat(node.text())
    except ValueError as found:
        raise node.error("PAC009", f"`{node.text()}` is not a date", remedy='Write "2026-11-01".') from found


def _read_texts(node: Node | None) -> tuple[str, ...]:
    return () if node is None else tuple(item.text() for item in node.items())


def _ensure_unique(node: Node, names: list[str]) -> None:
    for place, name in zip(node.items(), names, strict=True):
        if names.count(name) > 1:
            raise place.error("PAC015", f"`{name}` is used twice", remedy="Give each its own name.")


def _read_fact_sets(node: Node | None) -> dict[str, dict[str, Fact]]:
    if node is None:
        return {}
    sets: dict[str, dict[str, Fact]] = {}
    for name, entry in node.mapping(is_open=True).items():
        parts = entry.mapping(required=("facts",), optional=("from",))
        sets[name] = {**_inherited(parts.get("from"), sets), **_read_facts(parts["facts"])}
    return sets


def _read_facts(node: Node) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    entries = node.mapping(is_open=True)
    for name, entry in entries.items():
        spec = read_spec(node=node.keys[name])
        raw = entry.value if isinstance(entry.value, bool) else entry.text()
        try:
            facts[name] = known(name=spec.name, value=raw, provenance=Provenance.ASSUMED)
        except InvalidInput as found:
            raise entry.error("PAC016", found.message, remedy=found.remedy) from found
    return facts


def _inherited(node: Node | None, sets: Mapping[str, dict[str, Fact]]) -> dict[str, Fact]:
    if node is None:
        return {}
    if node.text() not in sets:
        raise node.error("PAC016", f"no fact set `{node.text()}` above", remedy="Write the fact set first.")
    return sets[node.text()]


def _read_example(node: Node, rules: tuple[Rule, ...], sets: Mapping[str, dict[str, Fact]]) -> Example:
    parts = node.mapping(
        required=("title", "stage"),
        optional=("from", "facts", "unknown", "fires", "silent", "with", "outcome", "tier"),
    )
    facts = dict(_inherited(parts.get("from"), sets))
    if "facts" in parts:
        facts |= _read_facts(parts["facts"])
    for item in parts["unknown"].items() if "unknown" in parts else []:
        facts.pop(read_spec(node=item).name, None)
    outcome, tier = parts.get("outcome"), parts.get("tier")
    return Example(
        title=parts["title"].text(),
        stage=read_word(node=parts["stage"], words=Stage),
        facts=facts,
        fires=_read_rule_ids(parts.get("fires"), rules),
        silent=_read_rule_ids(parts.get("silent"), rules),
        alongside=_read_texts(parts.get("with")),
        outcome=None if outcome is None else read_word(node=outcome, words=Outcome),
        tier=None if tier is None else read_whole(node=tier, low=min(RiskTier), high=max(RiskTier)),
    )


def _read_rule_ids(node: Node | None, rules: tuple[Rule, ...]) -> tuple[str, ...]:
    known_ids = {rule.id for rule in rules}
    for item in [] if node is None else node.items():
        if item.text() not in known_ids:
            raise item.error(
                "PAC016", f"no rule `{item.text()}` in this pack", remedy="Name a rule of the pack."
            )
    return _read_texts(node)
