"""The facts of every pair's newest decision, by column, for judging the whole inventory at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast

from registry.decisions.models import PolicyDecision
from registry.domain.canonical import sha256_hex
from registry.domain.vocab import Stage
from registry.policy.facts import Facts, facts_from_json
from registry.policy.impact import Cases
from registry.policy.stored_facts import StoredFacts

READ_AT_ONCE = 1_000
Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A pair with its newest decision."""

    use_id: int
    decision_id: int
    decision_uuid: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """Every decided pair, each at the stage of its newest decision. ``digest`` binds pairs, stages and facts."""

    groups: Sequence[Cases]
    pairs: Mapping[str, Pair]
    digest: str


def stock_digest() -> str:
    """Return the digest of the facts as they are stored now."""
    rows = _newest().values_list("intended_use_id", "stage", "facts_digest")
    return _digest([f"{use} {stage} {facts}" for use, stage, facts in rows])


def read_stock(*, on_progress: Progress = lambda _read: None) -> Stock:
    """Read the facts of every pair's newest decision. Raises ``FAC001`` to ``FAC003`` for facts that no longer read."""
    facts = {stage: StoredFacts() for stage in Stage}
    keys: dict[Stage, list[str]] = {stage: [] for stage in Stage}
    pairs: dict[str, Pair] = {}
    lines = []
    rows = (
        _newest()
        .annotate(facts_text=Cast("facts", TextField()))
        .values_list("id", "uuid", "intended_use_id", "stage", "facts_digest", "facts_text")
    )
    for read, (row_id, uuid, use, at, facts_digest, text) in enumerate(
        rows.iterator(chunk_size=READ_AT_ONCE), start=1
    ):
        stage, key = Stage(at), str(use)
        facts[stage].add(text=text)
        keys[stage].append(key)
        pairs[key] = Pair(use_id=use, decision_id=row_id, decision_uuid=uuid)
        lines.append(f"{use} {at} {facts_digest}")
        if read % READ_AT_ONCE == 0:
            on_progress(read)
    groups = [
        Cases(stage=stage, keys=keys[stage], columns=facts[stage].columns()) for stage in Stage if keys[stage]
    ]
    return Stock(groups=groups, pairs=pairs, digest=_digest(lines))


def current_stock() -> Stock:
    """Return the stock as it is now; what this process read before is used again while no fact has changed."""
    return _kept(stock_digest())


def facts_of_pairs(*, stock: Stock, keys: Sequence[str]) -> dict[str, Facts]:
    """Return the whole facts of some pairs of the stock."""
    wanted = [stock.pairs[key].decision_id for key in keys]
    found: dict[str, Facts] = {}
    for start in range(0, len(wanted), READ_AT_ONCE // 2):
        rows = PolicyDecision.objects.filter(pk__in=wanted[start : start + READ_AT_ONCE // 2])
        for use, data in rows.values_list("intended_use_id", "facts"):
            found[str(use)] = facts_from_json(data=data)
    return found


@lru_cache(maxsize=1)
def _kept(_digest_now: str) -> Stock:
    return read_stock()


def _newest() -> QuerySet[PolicyDecision]:
    newest = PolicyDecision.objects.filter(uuid=F("intended_use__permission_decision_uuid"))
    return newest.order_by("intended_use_id")


def _digest(lines: Sequence[str]) -> str:
    return sha256_hex("\n".join(lines).encode())
