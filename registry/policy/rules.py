"""What a pack consists of: clauses, rules with effects, examples.

A pack is content: its hash is taken over canonical JSON with rules and
clauses keyed by id, so neither order nor repetition nor layout of the file
changes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from registry.domain.canonical import Json, canonical_bytes, digest, to_json
from registry.domain.vocab import (
    BindingLevel,
    ConditionKind,
    Outcome,
    ScopeAnswer,
    Stage,
    Verdict,
    Verification,
)
from registry.policy.conditions import Condition, condition_to_json
from registry.policy.facts import Fact, facts_to_json
from registry.policy.scorecard import Scorecard


class RequirementKind(StrEnum):
    """What is asked for."""

    CHECK = "check"
    SAFEGUARD = "safeguard"
    DOCUMENT = "document"


class Direction(StrEnum):
    """Which side of a threshold is good."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A limit on one metric of a check; beyond it the check gets ``verdict``."""

    metric: str
    direction: Direction
    inclusive: bool
    value: Decimal
    verdict: Verdict
    cites: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values; the figure is decimal text."""
        return {
            "metric": self.metric,
            "direction": self.direction.value,
            "inclusive": self.inclusive,
            "value": to_json(self.value),
            "verdict": self.verdict.value,
            "cites": list(self.cites),
        }

    @cached_property
    def canonical(self) -> bytes:
        """Canonical bytes: what is alike in two thresholds, and their order."""
        return canonical_bytes(self.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTier:
    """The tier is at least as strict as this one."""

    tier: int

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {"set_tier": str(self.tier)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetExplainability:
    """The use needs at least this level of explainability."""

    level: int

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {"set_required_explainability": str(self.level)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Require:
    """A check, safeguard or document is required. ``fact`` tells whether it is there."""

    kind: RequirementKind
    name: str
    text: str = ""
    fact: str = ""
    params: Mapping[str, str | bool] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "require": {
                "kind": self.kind.value,
                "name": self.name,
                "text": self.text,
                "fact": self.fact,
                "params": dict(self.params),
                "thresholds": [threshold.to_json() for threshold in self.thresholds],
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Denied; ``remedy`` says what could be done instead."""

    remedy: str

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {"block": self.remedy}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    """A person must decide; ``remedy`` says what would settle it."""

    remedy: str

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {"refer": self.remedy}


@dataclass(frozen=True, kw_only=True)
class Impose:
    """A machine-readable limit on use."""

    kind: ConditionKind
    text: str
    params: Mapping[str, str | bool] = field(default_factory=dict)
    expires_in_days: int | None = None

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "condition": {
                "kind": self.kind.value,
                "text": self.text,
                "params": dict(self.params),
                "expires_in_days": self.expires_in_days,
            }
        }

    @cached_property
    def canonical(self) -> bytes:
        """Canonical bytes: what is alike in two limits, and their order."""
        return canonical_bytes(self.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class Inform:
    """Something worth reading; it changes nothing.

    ``scope`` says whether the instrument takes what the rule is about for a model.
    """

    text: str
    scope: ScopeAnswer | None = None

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        if self.scope is None:
            return {"inform": self.text}
        return {"inform": {"text": self.text, "scope": self.scope.value}}


Effect = SetTier | SetExplainability | Require | Block | Refer | Impose | Inform


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One paragraph of the instrument, in our own words, with its source."""

    id: str
    citation: str
    text: str
    url: str
    verification: Verification

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "citation": self.citation,
            "text": self.text,
            "url": self.url,
            "verification": self.verification.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``cites`` are full references, ``instrument/version#clause``."""

    id: str
    stage: Stage
    title: str
    when: Condition
    effect: Effect
    cites: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "stage": self.stage.value,
            "title": self.title,
            "when": condition_to_json(condition=self.when),
            "effect": self.effect.to_json(),
            "cites": list(self.cites),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Facts and what must come of them: rules that apply, rules that do not, outcome and tier."""

    title: str
    stage: Stage
    facts: Mapping[str, Fact]
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    alongside: tuple[str, ...] = ()
    outcome: Outcome | None = None
    tier: int | None = None

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "title": self.title,
            "stage": self.stage.value,
            "facts": facts_to_json(facts=self.facts),
            "fires": list(self.fires),
            "silent": list(self.silent),
            "with": list(self.alongside),
            "outcome": to_json(self.outcome),
            "tier": self.tier,
        }


@dataclass(frozen=True, kw_only=True)
class Pack:
    """One instrument in one version.

    ``withdrawn_from`` is the day from which the bank rules by it no more. It
    is no part of the content, and so not of the hash.
    """

    instrument: str
    version: str
    title: str
    binding_level: BindingLevel
    effective_from: date
    effective_to: date | None
    supersedes: tuple[str, ...]
    adopts: tuple[str, ...]
    clauses: tuple[Clause, ...]
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]
    scorecard: Scorecard | None = None
    withdrawn_from: date | None = None

    @property
    def ref(self) -> str:
        """``instrument/version``, the name by which other packs refer to it."""
        return f"{self.instrument}/{self.version}"

    @cached_property
    def clauses_by_ref(self) -> Mapping[str, Clause]:
        """Clauses by full reference."""
        return {f"{self.ref}#{clause.id}": clause for clause in self.clauses}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the canonical content."""
        return digest(self.content())

    def content(self) -> dict[str, Json]:
        """Return the whole pack as canonical JSON values."""
        scorecard = {} if self.scorecard is None else {"scorecard": self.scorecard.to_json()}
        return {
            "instrument": self.instrument,
            "version": self.version,
            "title": self.title,
            "binding_level": self.binding_level.value,
            "effective_from": to_json(self.effective_from),
            "effective_to": to_json(self.effective_to),
            "supersedes": list(self.supersedes),
            "adopts": list(self.adopts),
            "clauses": {clause.id: clause.to_json() for clause in self.clauses},
            "rules": {rule.id: rule.to_json() for rule in self.rules},
            "examples": {example.title: example.to_json() for example in self.examples},
            **scorecard,
        }

    def is_in_force(self, *, on: date) -> bool:
        """Whether the date lies in the pack's effective period; the day of its end or withdrawal is excluded."""
        ends = [day for day in (self.effective_to, self.withdrawn_from) if day is not None]
        return self.effective_from <= on and all(on < day for day in ends)
