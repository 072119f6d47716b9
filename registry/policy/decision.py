"""The decision as a value: what is stored, hashed, shown and replayed.

Everything in it is plain: text, whole numbers, booleans, lists and objects.
The same facts, packs and engine version give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeVar

from registry.domain.canonical import Json, canonical_bytes, sha256_hex, to_json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Outcome, Stage

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRef:
    """Which pack, with the hash of its content."""

    instrument: str
    version: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What must be there before approval. ``status`` is met, unmet or unknown."""

    kind: str
    name: str
    text: str
    fact: str
    status: str
    rules: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One check of the validation plan; thresholds are objects with figures as decimal text."""

    check: str
    params: dict[str, Json]
    thresholds: tuple[Json, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCondition:
    """A limit on use, machine-readable; ``expires_in_days`` counts from approval."""

    kind: str
    params: dict[str, Json]
    expires_in_days: int | None
    text: str
    rules: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the outcome is not plain ``allow``. ``outcome`` is what this reason alone would give."""

    outcome: str
    rule: str
    stage: str
    text: str
    remedy: str
    truth: str
    missing: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule as it was evaluated. ``gates`` is false where the rule may inform only."""

    rule: str
    stage: str
    title: str
    effect: dict[str, Json]
    truth: str
    gates: bool
    error: str
    missing: tuple[str, ...]
    cites: tuple[str, ...]
    node: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules amount to: a decision without its trace.

    At ``gate:register`` the outcome ``allow`` means "may be validated".
    ``flags`` name derived facts that took the stricter value for want of a
    fact. ``informs`` hold ``rule`` and ``text``.
    """

    outcome: Outcome
    stage: Stage
    as_of: date
    tier: int | None
    required_explainability: int | None
    flags: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    plan: tuple[PlanEntry, ...]
    conditions: tuple[UseCondition, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    informs: tuple[Json, ...]
    stale_citations: tuple[str, ...]
    citations: dict[str, Json]
    facts_digest: str
    packs: tuple[PackRef, ...]
    engine_version: str

    @property
    def expires_in_days(self) -> int | None:
        """The shortest term that a condition sets, in days from approval."""
        terms = [item.expires_in_days for item in self.conditions if item.expires_in_days is not None]
        return min(terms, default=None)

    def plan_requests(self) -> list[Json]:
        """Return the plan as a worker takes it: check, parameters and thresholds."""
        return [
            {"check": item.check, "params": item.params, "thresholds": list(item.thresholds)}
            for item in self.plan
        ]

    def members(self) -> dict[str, object]:
        """Return all of it as objects, lists and the values in them, for canonical JSON to take."""
        return {item.name: _members(getattr(self, item.name)) for item in fields(self)}

    def to_json(self) -> dict[str, Json]:
        """Return all of it as canonical JSON values."""
        return {name: to_json(value) for name, value in self.members().items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Ruling):
    """The engine's answer for one version, one use case, one stage and one date, with every rule's trace."""

    trace: tuple[RuleTrace, ...]

    @classmethod
    def traced(cls, *, ruling: Ruling, trace: tuple[RuleTrace, ...]) -> "Decision":
        """Return the decision that a ruling and the trace of its rules make."""
        return cls(**{item.name: getattr(ruling, item.name) for item in fields(Ruling)}, trace=trace)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; equal decisions have equal bytes."""
        return canonical_bytes(self.members())

    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes."""
        return sha256_hex(self.to_bytes())

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> "Decision":
        """Read what :meth:`to_json` wrote; raises ``InvalidInput`` ``DEC001``."""
        entries = _entries(cls, dict(data))
        return cls(
            outcome=Outcome(str(entries["outcome"])),
            stage=Stage(str(entries["stage"])),
            as_of=date.fromisoformat(str(entries["as_of"])),
            tier=_whole(entries["tier"]),
            required_explainability=_whole(entries["required_explainability"]),
            flags=_texts(entries["flags"]),
            requirements=_parts(Requirement, entries["requirements"]),
            plan=_parts(PlanEntry, entries["plan"]),
            conditions=_parts(UseCondition, entries["conditions"]),
            reasons=_parts(Reason, entries["reasons"]),
            missing=_texts(entries["missing"]),
            informs=tuple(_list(entries["informs"])),
            stale_citations=_texts(entries["stale_citations"]),
            citations=_entries(dict, entries["citations"]),
            trace=_parts(RuleTrace, entries["trace"]),
            facts_digest=str(entries["facts_digest"]),
            packs=_parts(PackRef, entries["packs"]),
            engine_version=str(entries["engine_version"]),
        )


_PARTS: Mapping[type[object], tuple[str, ...]] = {
    part: tuple(item.name for item in fields(part))
    for part in (Requirement, PlanEntry, UseCondition, Reason, RuleTrace, PackRef)
}


def _members(value: object) -> object:
    names = _PARTS.get(type(value))
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, tuple):
        return [_members(item) for item in value]
    return value


def _entries(part: type[object], data: Json) -> dict[str, Json]:
    if not isinstance(data, dict):
        raise _unreadable(part)
    if part is not dict and set(data) != {item.name for item in fields(part)}:  # type: ignore[arg-type]
        raise _unreadable(part)
    return data


def _parts(part: type[Part], data: Json) -> tuple[Part, ...]:
    return tuple(
        part(**{k: tuple(v) if isinstance(v, list) else v for k, v in _entries(part, item).items()})
        for item in _list(data)
    )


def _list(data: Json) -> list[Json]:
    if not isinstance(data, list):
        raise _unreadable(list)
    return data


def _texts(data: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in _list(data))


def _whole(data: Json) -> int | None:
    if data is None or isinstance(data, int):
        return data
    raise _unreadable(int)


def _unreadable(part: type[object]) -> InvalidInput:
    return InvalidInput(
        "DEC001",
        f"the stored decision is not in the form that this engine writes ({part.__name__})",
        remedy="Read it with the engine version that wrote it.",
    )
