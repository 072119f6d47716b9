"""Small packs and facts for tests of the policy engine."""

from collections.abc import Sequence
from datetime import date

from registry.domain.vocab import BindingLevel, Stage, Verification
from registry.policy.conditions import ALWAYS, Compare, Condition, Op
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Fact, known
from registry.policy.rules import (
    Block,
    Clause,
    Effect,
    Example,
    Pack,
    Refer,
    Rule,
    SetExplainability,
    SetTier,
)

DAY = date(2026, 11, 22)
OVERSIGHT = Compare("safeguard.human_oversight", Op.IS_FALSE)


def make_facts(**values: object) -> dict[str, Fact]:
    """Facts by name, with two underscores for the dot: ``validation__completed=True``."""
    names = {key.replace("__", "."): value for key, value in values.items()}
    return {name: known(name=name, value=value) for name, value in names.items()}


def make_rule(
    rule_id: str,
    effect: Effect,
    when: Condition = ALWAYS,
    *,
    stage: Stage = Stage.GATE_REGISTER,
    cites: tuple[str, ...] = ("test/1#C1",),
) -> Rule:
    return Rule(id=rule_id, stage=stage, title=f"Title of {rule_id}", when=when, effect=effect, cites=cites)


def floor_rules() -> tuple[Rule, ...]:
    """Rules that give every stage something in force and every derived fact a value."""
    harmless = Compare("version.has_signature", Op.IS_FALSE)
    return (
        make_rule("tier", SetTier(tier=3), stage=Stage.TIERING),
        make_rule("level", SetExplainability(level=2), stage=Stage.TIERING),
        *(
            make_rule(f"floor-{stage.value}", Block(remedy="sign"), harmless, stage=stage)
            for stage in Stage
            if stage is not Stage.TIERING
        ),
    )


def make_pack(
    *rules: Rule,
    instrument: str = "test",
    version: str = "1",
    binding_level: BindingLevel = BindingLevel.HOUSE,
    verification: Verification = Verification.VERIFIED,
    effective_from: date = date(2026, 1, 1),
    effective_to: date | None = None,
    supersedes: tuple[str, ...] = (),
    adopts: tuple[str, ...] = (),
    examples: tuple[Example, ...] = (),
) -> Pack:
    clause = Clause(
        id="C1", citation="Clause 1", text="Do it.", url="https://x.test", verification=verification
    )
    return Pack(
        instrument=instrument,
        version=version,
        title="A pack",
        binding_level=binding_level,
        effective_from=effective_from,
        effective_to=effective_to,
        supersedes=supersedes,
        adopts=adopts,
        clauses=(clause,),
        rules=rules,
        examples=examples,
    )


def complete_pack(*rules: Rule) -> Pack:
    return make_pack(*floor_rules(), *rules)


def make_decision(
    packs: Sequence[Pack], facts: dict[str, Fact] | None = None, stage: Stage = Stage.GATE_REGISTER
) -> Decision:
    given = {"version.has_signature": known(name="version.has_signature", value=True), **(facts or {})}
    return decide(packs=packs, facts=given, stage=stage, as_of=DAY)


BLOCK = Block(remedy="Stop.")
REFER = Refer(remedy="Ask.")
