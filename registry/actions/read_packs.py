"""A released pack as people read it: rules in words, examples run live, and what they do to the inventory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from registry.actions.propose_pack import AUTHORS, ensure_readable, require_second_line
from registry.actions.stock_effects import stock_effects
from registry.decisions.models import PackRelease
from registry.decisions.packs import released_packs
from registry.decisions.proposal_selectors import PROPOSAL_FILE, list_releases, previous_pack
from registry.decisions.selectors import get_pack
from registry.decisions.stock import Pair, Stock, current_stock, read_stock
from registry.domain.canonical import Json
from registry.domain.errors import NotFound
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import list_intended_uses
from registry.people.actors import Actor
from registry.policy.columns import Answer, expanded
from registry.policy.diff_text import EntryChange, explain_diff
from registry.policy.engine import packs_in_force
from registry.policy.explain import rule_text
from registry.policy.fast import judge
from registry.policy.gating import informs_because
from registry.policy.impact import Change, PackImpact
from registry.policy.pack_checks import differences
from registry.policy.pack_faults import Fault, read_with_faults
from registry.policy.pack_reader import read_pack
from registry.policy.proposed import packs_after
from registry.policy.rules import Clause, Example, Pack, Rule

SAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One pair as an instance of a rule."""

    label: str
    decision_uuid: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Hits:
    """How many pairs a rule takes effect on and how many it leaves alone, with the first of each."""

    in_effect: int
    silent: int
    examples_in_effect: Sequence[Hit]
    examples_silent: Sequence[Hit]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleView:
    """An example of the pack, run now: what came out otherwise than written, if anything did."""

    title: str
    stage: str
    fires: Sequence[str]
    silent: Sequence[str]
    outcome: str
    differences: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleView:
    """A rule in words. ``informs_because`` is empty where it may gate; ``hits`` are none unless it does today."""

    id: str
    stage: str
    text: str
    citations: Sequence[Clause]
    informs_because: str
    fired_by: Sequence[ExampleView]
    left_silent_by: Sequence[ExampleView]
    hits: Hits | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackPage:
    """Everything on a pack's page. ``pairs`` is how many decided pairs the reader may see."""

    row: PackRelease
    pack: Pack
    is_ruling: bool
    withdrawn_from: date | None
    rules: Sequence[RuleView]
    examples: Sequence[ExampleView]
    history: Sequence[PackRelease]
    previous: Pack | None
    changes: Sequence[EntryChange]
    pairs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a text would change if it ruled: faults, or counts over the whole inventory on ``day``."""

    faults: Sequence[Fault]
    counts: Mapping[str, int]
    pairs: int
    day: date | None


def view_pack(*, actor: Actor, uuid: UUID, on: date) -> PackPage:
    """Return a pack with its rules, examples, hits and history. Raises ``DEC011``."""
    view = get_pack(actor=actor, uuid=uuid)
    packs, pack = released_packs(), view.pack
    ruling = packs_in_force(packs=packs, as_of=on)
    examples = [_example(pack, item, packs) for item in pack.examples]
    is_ruling = any(other.ref == pack.ref for other in ruling)
    hits, pairs = _hits(actor, packs, on) if is_ruling else ({}, 0)
    previous = previous_pack(pack=pack)
    return PackPage(
        row=view.row,
        pack=pack,
        is_ruling=is_ruling,
        withdrawn_from=pack.withdrawn_from,
        rules=[
            _rule(pack, rule, packs=packs, ruling=ruling, examples=examples, hits=hits) for rule in pack.rules
        ],
        examples=examples,
        history=list_releases(instrument=pack.instrument),
        previous=previous,
        changes=explain_diff(old=previous, new=pack) if previous is not None else (),
        pairs=pairs,
    )


def preview_pack(*, actor: Actor, text: str, on: date) -> Preview:
    """Return what a text would change, without a trace of having asked. Raises ``PKP001``, ``PKP016``."""
    require_second_line(actor, *AUTHORS, to="preview a policy pack")
    ensure_readable(text)
    pack, faults = read_with_faults(text=text, file=PROPOSAL_FILE)
    if pack is None:
        return Preview(faults=faults, counts={}, pairs=0, day=None)
    stock, day = current_stock(), max(on, pack.effective_from)
    impact = _impact(pack, stock, day)
    counts = {change.value: number for change, number in impact.counts.items()}
    return Preview(faults=(), counts=counts, pairs=len(stock.pairs), day=day)


@dataclass(frozen=True, kw_only=True, slots=True)
class Foresight:
    """What a text would change, pair by pair; ``names`` are those of the pairs by key."""

    impact: PackImpact
    names: Mapping[str, str]
    pairs: int
    day: date

    @property
    def lost(self) -> int:
        """How many permissions would be lost."""
        return self.impact.counts[Change.LOST]

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values, with the pairs' names as keys."""
        effects = [{**item.to_json(), "key": self.names[item.key]} for item in self.impact.effects]
        counts = {change.value: number for change, number in self.impact.counts.items()}
        return {"day": self.day.isoformat(), "pairs": self.pairs, "counts": {**counts}, "effects": [*effects]}


def foresee(*, text: str, on: date, on_progress: Callable[[int], None]) -> Foresight:
    """Return what a text would change, for an operator at the machine. Raises ``PAC…`` where it cannot be read."""
    pack = read_pack(text=text, file=PROPOSAL_FILE)
    stock, day = read_stock(on_progress=on_progress), max(on, pack.effective_from)
    impact = _impact(pack, stock, day)
    uses = IntendedUse.objects.select_related("version__registered_model", "use_case")
    keys = {int(effect.key) for effect in impact.effects}
    names = {str(use.pk): str(use) for use in uses.iterator(chunk_size=500) if use.pk in keys}
    return Foresight(impact=impact, names=names, pairs=len(stock.pairs), day=day)


def compare_packs(*, old: str, new: str) -> tuple[EntryChange, ...]:
    """Return what differs between two texts. Raises ``PAC…`` for the one that cannot be read."""
    return explain_diff(old=read_pack(text=old, file="old.yaml"), new=read_pack(text=new, file="new.yaml"))


def released_text(*, ref: str) -> str:
    """Return the text of a released pack by ``instrument/version``. Raises ``DEC011``."""
    instrument, _, version = ref.partition("/")
    row = PackRelease.objects.filter(instrument=instrument, version=version).first()
    if row is None:
        raise NotFound(
            "DEC011", f"there is no pack {ref}", remedy="Choose one from the list of packs, or name a file."
        )
    return row.text


def _impact(pack: Pack, stock: Stock, day: date) -> PackImpact:
    released = released_packs()
    return stock_effects(
        stock=stock,
        old_packs=released,
        new_packs=packs_after(released=released, pack=pack, withdrawn_from=None),
        as_of=day,
    )


def _example(pack: Pack, example: Example, packs: Sequence[Pack]) -> ExampleView:
    others = {other.ref: other for other in packs if other.ref != pack.ref}
    return ExampleView(
        title=example.title,
        stage=example.stage.value,
        fires=example.fires,
        silent=example.silent,
        outcome="" if example.outcome is None else example.outcome.value,
        differences=differences(pack=pack, example=example, others=others),
    )


def _rule(
    pack: Pack,
    rule: Rule,
    *,
    packs: Sequence[Pack],
    ruling: Sequence[Pack],
    examples: Sequence[ExampleView],
    hits: Mapping[str, Hits],
) -> RuleView:
    clauses = {ref: clause for other in packs for ref, clause in other.clauses_by_ref.items()}
    return RuleView(
        id=rule.id,
        stage=rule.stage.value,
        text=rule_text(rule=rule),
        citations=[clauses[cite] for cite in rule.cites if cite in clauses],
        informs_because=informs_because(pack=pack, rule=rule, packs=ruling),
        fired_by=[item for item in examples if rule.id in item.fires],
        left_silent_by=[item for item in examples if rule.id in item.silent],
        hits=hits.get(f"{pack.ref}#{rule.id}"),
    )


def _hits(actor: Actor, packs: Sequence[Pack], on: date) -> tuple[dict[str, Hits], int]:
    """Ask every rule that gates today of the facts of each pair's newest decision that the actor may see."""
    stock = current_stock()
    seen = {str(key) for key in list_intended_uses(actor=actor).values_list("pk", flat=True)}
    places: dict[str, tuple[list[str], list[str]]] = {}
    for group in stock.groups:
        verdicts = judge(packs=packs, rows=group.columns, stage=group.stage, as_of=on)
        for ref, answer in verdicts.by_rule.items():
            active, silent = places.setdefault(ref, ([], []))
            for key, is_silent in zip(group.keys, _silence(answer, group.columns.size), strict=True):
                if key in seen:
                    (silent if is_silent else active).append(key)
    names = _names(stock, places.values())
    found = {
        ref: Hits(
            in_effect=len(active),
            silent=len(silent),
            examples_in_effect=[names[key] for key in active[:SAMPLES]],
            examples_silent=[names[key] for key in silent[:SAMPLES]],
        )
        for ref, (active, silent) in places.items()
    }
    return found, len(seen & set(stock.pairs))


def _silence(answer: Answer, size: int) -> list[bool]:
    return [bit == "1" for bit in expanded(mask=answer.false, size=size)]


def _names(stock: Stock, places: Iterable[tuple[list[str], list[str]]]) -> dict[str, Hit]:
    shown: dict[str, Pair] = {}
    for active, silent in places:
        shown.update({key: stock.pairs[key] for key in (*active[:SAMPLES], *silent[:SAMPLES])})
    uses = IntendedUse.objects.select_related("version__registered_model", "use_case")
    labels = {str(use.pk): str(use) for use in uses.filter(pk__in=[pair.use_id for pair in shown.values()])}
    return {key: Hit(label=labels[key], decision_uuid=pair.decision_uuid) for key, pair in shown.items()}
