"""Every engine that ever decided, by its version: a stored decision is replayed by the one that made it.

An engine that decides otherwise is a module beside ``engine``, with a version
of its own and a line here; what it replaces is left as it was. New decisions
are made by ``engine`` and written by ``written``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from registry.domain.errors import IntegrityMismatch
from registry.domain.vocab import Stage
from registry.policy import engine
from registry.policy.decision import Decision
from registry.policy.facts import Facts, facts_digest
from registry.policy.rules import Pack


class Engine(Protocol):
    """What decides."""

    def __call__(self, *, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date) -> Decision:
        """Return the decision, which names the engine's version."""


ENGINES: Mapping[str, Engine] = {engine.ENGINE_VERSION: engine.decide}


def engine_of(*, version: str, engines: Mapping[str, Engine] = ENGINES) -> Engine:
    """Return the engine of a version; raises ``IntegrityMismatch`` ``POL004`` when it is not here."""
    if version not in engines:
        raise _mismatch("POL004", f"the decision was made by engine {version}, which is not here")
    return engines[version]


def replay(
    *,
    decision: Decision,
    packs: Sequence[Pack],
    facts: Facts,
    engines: Mapping[str, Engine] = ENGINES,
) -> Decision:
    """Decide again from stored inputs, with the engine that decided.

    Raises ``IntegrityMismatch``: ``POL002`` other facts, ``POL003`` other
    packs, ``POL004`` no such engine, ``POL005`` the same inputs gave other bytes.
    """
    if facts_digest(facts=facts) != decision.facts_digest:
        raise _mismatch("POL002", "the facts are not those of the decision")
    decide = engine_of(version=decision.engine_version, engines=engines)
    again = decide(packs=packs, facts=facts, stage=decision.stage, as_of=decision.as_of)
    if again.packs != decision.packs:
        raise _mismatch("POL003", "the packs in force are not those of the decision")
    if again.to_bytes() != decision.to_bytes():
        raise _mismatch("POL005", "the same facts and packs gave another decision")
    return again


def _mismatch(code: str, message: str) -> IntegrityMismatch:
    return IntegrityMismatch(
        code, message, remedy="Replay with the stored facts, the stored packs and the engine that decided."
    )
