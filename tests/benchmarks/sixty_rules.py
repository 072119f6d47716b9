"""Sixty rules of five comparisons each, and facts for them: made from the declared facts at a fixed seed."""

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from registry.domain.vocab import (
    BindingLevel,
    ConditionKind,
    Provenance,
    Stage,
    Verification,
)
from registry.policy.conditions import All, AnyOf, Compare, Condition, Not, Op
from registry.policy.facts import Fact, FactValue
from registry.policy.rules import (
    Block,
    Clause,
    Effect,
    Impose,
    Inform,
    Pack,
    Refer,
    Require,
    RequirementKind,
    Rule,
    SetExplainability,
    SetTier,
)
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER, VOCABULARY, FactSpec, FactType

ON = date(2026, 11, 22)
STAGE = Stage.GATE_USE
_FIGURES = [Decimal(value).scaleb(-2) for value in (2, 5, 10, 20, 25, 60, 65, 80)]
_EFFECTS: tuple[tuple[Stage, int, Effect], ...] = (
    (Stage.TIERING, 3, SetTier(tier=2)),
    (Stage.TIERING, 2, SetExplainability(level=3)),
    (Stage.REQUIREMENTS, 8, Require(kind=RequirementKind.CHECK, name="discrimination.auc", text="Show it.")),
    (Stage.REQUIREMENTS, 4, Require(kind=RequirementKind.SAFEGUARD, name="oversight", text="Oversee it.")),
    (Stage.GATE_REGISTER, 8, Block(remedy="Register an artefact that satisfies the rule.")),
    (Stage.GATE_APPROVE, 12, Block(remedy="Improve the model, or restrict the use.")),
    (Stage.GATE_APPROVE, 7, Refer(remedy="Let the approver weigh it.")),
    (Stage.GATE_USE, 6, Block(remedy="Stop using it until this is settled.")),
    (Stage.GATE_USE, 6, Impose(kind=ConditionKind.MONITORING, text="Watch it.", params={"every": "month"})),
    (Stage.GATE_USE, 4, Inform(text="Worth knowing.")),
)


def sixty_rules() -> Pack:
    """Return the pack. A block needs four comparisons to hold, so that every outcome occurs."""
    chance = random.Random(60)
    kinds = [(stage, effect) for stage, count, effect in _EFFECTS for _ in range(count)]
    return Pack(
        instrument="sixty",
        version="2026-11",
        title="Sixty rules of five comparisons",
        binding_level=BindingLevel.HOUSE,
        effective_from=date(2026, 1, 1),
        effective_to=None,
        supersedes=(),
        adopts=(),
        clauses=tuple(_clause(number) for number in range(20)),
        rules=tuple(_rule(number, *kind, chance) for number, kind in enumerate(kinds)),
        examples=(),
    )


def facts_at(*, seed: int) -> dict[str, Fact]:
    """Return one pair's facts, all known, each with the evidence that it came from."""
    chance = random.Random(seed)
    facts = {
        name: Fact(value=_value(spec, chance), provenance=Provenance.MEASURED, source=f"evidence {seed:08x}")
        for name, spec in VOCABULARY.items()
        if spec.type is not FactType.TEXT
    }
    # Given as the mildest, so that every rule which sets one decides.
    return facts | {TIER: Fact(value=4), REQUIRED_EXPLAINABILITY: Fact(value=0)}


def _clause(number: int) -> Clause:
    return Clause(
        id=f"C{number}",
        citation=f"Sixty rules, paragraph {number}",
        text="What the paragraph asks for, in a sentence of some twenty words, as the clauses of real packs have it.",
        url=f"https://example.test/sixty#{number}",
        verification=Verification.VERIFIED,
    )


def _rule(number: int, stage: Stage, effect: Effect, chance: random.Random) -> Rule:
    leaves = [_leaf(VOCABULARY[name], chance) for name in chance.sample(_readable(stage), 5)]
    return Rule(
        id=f"rule-{number:02}",
        stage=stage,
        title=f"What rule {number} is about, in the length that such titles have",
        when=_shaped(leaves, is_harsh=isinstance(effect, Block)),
        effect=effect,
        cites=(f"sixty/2026-11#C{number % 20}",),
    )


def _shaped(leaves: Sequence[Compare], *, is_harsh: bool) -> Condition:
    one, two, three, four, five = leaves
    if is_harsh:
        return All((one, two, three, Not(four), five))
    return All((one, AnyOf((two, three)), AnyOf((Not(four), five))))


def _readable(stage: Stage) -> list[str]:
    derived = (TIER, REQUIRED_EXPLAINABILITY)
    return [
        name
        for name, spec in VOCABULARY.items()
        if spec.stage.rank <= stage.rank and spec.type is not FactType.TEXT and name not in derived
    ]


def _leaf(spec: FactSpec, chance: random.Random) -> Compare:
    if spec.type is FactType.BOOL:
        return Compare(spec.name, chance.choice((Op.IS_TRUE, Op.IS_FALSE)))
    if spec.type is FactType.ENUM and chance.random() < 0.5:
        return Compare(spec.name, Op.IN, tuple(chance.sample(spec.options, 2)))
    if spec.type is FactType.ENUM:
        return Compare(spec.name, chance.choice((Op.EQ, Op.NE)), chance.choice(spec.options))
    op = chance.choice((Op.LT, Op.LE, Op.GT, Op.GE))
    return Compare(
        spec.name, op, chance.choice(_FIGURES) if spec.type is FactType.DECIMAL else chance.randrange(1, 5)
    )


def _value(spec: FactSpec, chance: random.Random) -> FactValue:
    if spec.type is FactType.BOOL:
        return chance.random() < 0.5
    if spec.type is FactType.ENUM:
        return chance.choice(spec.options)
    if spec.type is FactType.INT:
        return chance.randrange(int(spec.minimum or 0), int(spec.maximum or 5) + 1)
    return Decimal(chance.randrange(10_000)).scaleb(-4)
