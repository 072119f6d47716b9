"""Verdicts on 10,000 stored pairs: over columns of facts, against one traced decision after the other."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from registry.domain.vocab import Outcome, Stage
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts
from registry.policy.fast import judge
from registry.policy.pack import load_packs
from tests.benchmarks.harness import Entry, Result, in_process, measure

PAIRS = 10_000
ON = date(2026, 11, 22)
SCATTERED = (
    "evidence.auc",
    "evidence.gini_lower",
    "evidence.psi",
    "evidence.data_drift_share",
    "evidence.advantage_gini_lower",
)

Answer = list[tuple[Outcome, int | None]]


def results() -> list[Result]:
    """Measure what an impact report over a bank costs at the last gate."""
    packs = load_packs()
    good = [example.facts for pack in packs for example in pack.examples if example.stage is Stage.GATE_USE]
    rows = _scattered(good)

    def at_once() -> Answer:
        found = judge(packs=packs, rows=rows, stage=Stage.GATE_USE, as_of=ON)
        return list(zip(found.outcomes, found.tiers, strict=True))

    def one_by_one() -> Answer:
        decisions = (decide(packs=packs, facts=row, stage=Stage.GATE_USE, as_of=ON) for row in rows)
        return [(decision.outcome, decision.tier) for decision in decisions]

    entry = Entry(
        name="policy verdicts for a bank",
        work=f"outcome and tier of {PAIRS:,} pairs at {Stage.GATE_USE}",
        ours=in_process("registry.policy.fast.judge", at_once),
        peer=replace(in_process("registry.policy.engine.decide, one by one", one_by_one), peak_mib=None),
        is_equal=lambda ours, peer: ours == peer and len({outcome for outcome, _tier in ours}) > 1,
        runs=1,
        warm_up=0,
        sizes={"pairs": PAIRS, "packs": len(packs), "rules": sum(len(pack.rules) for pack in packs)},
        note="the peer is our own traced engine, which also explains; one turn, for it takes about a minute",
    )
    return [measure(entry)]


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
