"""Verdicts on 10,000 pairs over columns of facts, against evaluators of CEL and against our own traced engine."""

import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from registry.domain.vocab import Outcome
from registry.policy.columns import Columns
from registry.policy.conditions import Truth, evaluate
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts
from registry.policy.fast import judge
from registry.policy.pack import load_packs
from registry.policy.rules import Pack
from tests.benchmarks import cel
from tests.benchmarks.harness import Entry, Result, Sample, Side, in_process, measure
from tests.benchmarks.sixty_rules import ON, STAGE, facts_at, sixty_rules

PAIRS = 10_000
ORDERED_AFTER = 16
"""Turns after which every column asked has been ordered: what is kept is in its own form, as contexts are."""
SCATTERED = (
    "evidence.auc",
    "evidence.gini_lower",
    "evidence.psi",
    "evidence.data_drift_share",
    "evidence.advantage_gini_lower",
)

Answer = list[tuple[Outcome, int | None]]


def results() -> list[Result]:
    """Measure what a report on a bank's permissions costs at the last gate."""
    pack, rows = sixty_rules(), [facts_at(seed=seed) for seed in range(PAIRS)]
    wanted = _one_by_one([pack], rows)
    sixty = [
        measure(_against(pack, rows, wanted, make(pack.rules), sample, is_kept=is_kept))
        for make, sample in ((cel.rust, 500), (cel.python, 10))
        for is_kept in (False, True)
    ]
    return [*sixty, measure(_shipped())]


def _one_by_one(packs: Sequence[Pack], rows: Sequence[Facts]) -> Answer:
    decisions = (decide(packs=packs, facts=row, stage=STAGE, as_of=ON) for row in rows)
    return [(decision.outcome, decision.tier) for decision in decisions]


def _at_once(packs: Sequence[Pack], rows: Sequence[Facts] | Columns) -> Answer:
    found = judge(packs=packs, rows=rows, stage=STAGE, as_of=ON)
    return list(zip(found.outcomes, found.tiers, strict=True))


def _against(
    pack: Pack, rows: Sequence[Facts], wanted: Answer, peer: cel.Cel, sample: int, *, is_kept: bool
) -> Entry:
    """Compare one evaluator, timed on the first pairs; kept: both sides have the facts in their own form already."""
    columns = Columns(rows=rows)
    contexts = [peer.context(row) for row in rows[:sample]]

    def ours() -> Answer:
        columns.answers.clear()
        return _at_once([pack], columns if is_kept else rows)

    def theirs() -> cel.Truths:
        taken = contexts if is_kept else [peer.context(row) for row in rows[:sample]]
        return [peer.ask(context) for context in taken]

    truths = [
        [evaluate(condition=rule.when, facts=row).truth is Truth.TRUE for rule in pack.rules]
        for row in rows[:sample]
    ]
    return Entry(
        name="verdicts of 60 rules",
        work=f"60 rules on {PAIRS:,} pairs, {'facts kept in its own form' if is_kept else 'from facts'}: {peer.name}",
        ours=in_process("registry.policy.fast.judge", ours),
        peer=_scaled(in_process(f"{peer.name}, {sample} pairs scaled", theirs), PAIRS / sample),
        is_equal=lambda verdicts, held: verdicts == wanted and held == truths,
        runs=5,
        warm_up=ORDERED_AFTER if is_kept else 3,
        sizes={"pairs": PAIRS, "rules": len(pack.rules), "comparisons": 300, "pairs of the peer": sample},
        note="every fact known, for CEL has no third value; equal: all outcomes and tiers are those of our "
        "reference engine, and every rule's truth on the peer's pairs is the reference's",
    )


def _scaled(side: Side, factor: float) -> Side:
    def turn() -> Sample:
        found = side.turn()
        return replace(found, cpu_s=found.cpu_s * factor, wall_s=found.wall_s * factor)

    return replace(side, turn=turn, peak_mib=None)


def _shipped() -> Entry:
    packs = load_packs()
    good = [example.facts for pack in packs for example in pack.examples if example.stage is STAGE]
    rows = _scattered(good)
    return Entry(
        name="policy verdicts for a bank",
        work=f"outcome and tier of {PAIRS:,} pairs at {STAGE}",
        ours=in_process("registry.policy.fast.judge", lambda: _at_once(packs, rows)),
        peer=replace(
            in_process("registry.policy.engine.decide, one by one", lambda: _one_by_one(packs, rows)),
            peak_mib=None,
        ),
        is_equal=lambda ours, peer: ours == peer and len({outcome for outcome, _tier in ours}) > 1,
        runs=1,
        warm_up=0,
        sizes={"pairs": PAIRS, "packs": len(packs), "rules": sum(len(pack.rules) for pack in packs)},
        note="the peer is our own traced engine, which also explains; one turn, for it takes about a minute",
    )


def _scattered(good: Sequence[Facts]) -> list[Facts]:
    """Scatter figures over good facts and forget some of them, at a fixed seed."""
    chance = random.Random(7)
    rows: list[Facts] = []
    for place in range(PAIRS):
        row = dict(good[place % len(good)])
        for name in chance.sample(SCATTERED, 2):
            row[name] = Fact(value=Decimal(chance.randrange(10_000)).scaleb(-4))
        row["validation.age_days"] = Fact(value=chance.randrange(1_200))
        if chance.random() < 0.5:
            del row[chance.choice(sorted(row))]
        rows.append(row)
    return rows
