"""A decision as it is stored: the ruling, and the canonical bytes with every rule's trace.

The bytes are those of ``decide``, written straight from the packs' prepared
form instead of through a tree of values. ``decide`` stays the reference, and
replaying a stored decision goes through it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from registry.domain.canonical import canonical_text, sha256_hex
from registry.domain.vocab import Stage
from registry.policy.aggregate import Applied, assemble
from registry.policy.decision import Ruling
from registry.policy.engine import ENGINE_VERSION, derive, packs_in_force, underived
from registry.policy.facts import ABSENT, Fact, Facts, ensure_facts
from registry.policy.prepared import Part, Prepared
from registry.policy.rules import Pack

_KEPT = 32


@dataclass(frozen=True, kw_only=True)
class Written:
    """A ruling with the bytes of the whole decision."""

    ruling: Ruling
    body: bytes

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return sha256_hex(self.body)


def write(*, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date) -> Written:
    """Return the decision that ``decide`` gives, as bytes. Raises what ``decide`` raises."""
    ruling = packs_in_force(packs=packs, as_of=as_of)
    prepared = _prepared(_Same(packs), _Same(ruling), stage)
    working = ensure_facts(facts=facts)
    texts = {name: _text(fact) for name, fact in working.items()}
    digest = _digest(texts)
    tiered, tier_traces = _apply(prepared.tiering, working, texts)
    derived = derive(tiered, working)
    working |= derived
    texts |= {name: _text(fact) for name, fact in derived.items()}
    settled, traces = _apply(prepared.rest, working, texts)
    found = assemble(
        applied=(*tiered, *settled),
        facts=working,
        problems=(*underived(working, stage), *prepared.empty),
        stage=stage,
        as_of=as_of,
        packs=ruling,
        stale=prepared.stale,
        clauses=prepared.clauses,
        facts_digest=digest,
        engine_version=ENGINE_VERSION,
    )
    return Written(ruling=found, body=_body(found, prepared.citations, (*tier_traces, *traces)))


class _Same(tuple[Pack, ...]):
    """Packs as a key: equal when they are the very same objects, which are held and never change."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple(map(id, self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and tuple(map(id, self)) == tuple(map(id, other))


@lru_cache(maxsize=_KEPT)
def _prepared(packs: _Same, ruling: _Same, stage: Stage) -> Prepared:
    return Prepared(packs=packs, ruling=ruling, stage=stage)


def _apply(part: Part, facts: Facts, texts: Mapping[str, str]) -> tuple[list[Applied], list[str]]:
    values = {name: facts[name].value if name in facts else None for name in part.names}
    seen = {name: f'{{"fact":"{name}",{texts.get(name, _ABSENT)}' for name in part.names}
    return part.apply(values, seen)


def _text(fact: Fact) -> str:
    """Return the members of a fact's object as canonical text, with the brace that ends it."""
    provenance = "null" if fact.provenance is None else f'"{fact.provenance}"'
    return (
        f'"provenance":{provenance},"reason":{canonical_text(fact.reason)}'
        f',"source":{canonical_text(fact.source)},"value":{canonical_text(fact.value)}}}'
    )


_ABSENT = _text(ABSENT)


def _digest(texts: Mapping[str, str]) -> str:
    """Return the facts' digest; names of facts are plain, so that sorting them is sorting their texts."""
    members = ",".join([f'"{name}":{{{text}' for name, text in sorted(texts.items())])
    return sha256_hex(f"{{{members}}}".encode())


def _body(ruling: Ruling, citations: Mapping[str, str], traces: Sequence[str]) -> bytes:
    """Put the texts together: the trace is the last member, citations the second."""
    members = ruling.members()
    del members["citations"]
    as_of = canonical_text(members.pop("as_of"))
    cited = ",".join([citations[ref] for ref in sorted(ruling.citations)])
    others = canonical_text(members)
    return (
        f'{{"as_of":{as_of},"citations":{{{cited}}},{others[1:-1]},"trace":[{",".join(traces)}]}}'
    ).encode()
