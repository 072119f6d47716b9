"""Decisions of the packs as shipped."""

from datetime import date

from registry.domain.vocab import Outcome, Stage
from registry.policy.counterfactual import Counterfactuals, counterfactuals
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Facts, known
from registry.policy.pack import load_packs

PACKS = load_packs()
DAY = date(2026, 11, 22)
APPROVE, REGISTER, USE = Stage.GATE_APPROVE, Stage.GATE_REGISTER, Stage.GATE_USE


def ruling(facts: Facts, stage: Stage = APPROVE) -> Decision:
    return decide(packs=PACKS, facts=facts, stage=stage, as_of=DAY)


def having(facts: Facts, **values: object) -> Facts:
    names = {key.replace("__", "."): value for key, value in values.items()}
    return {**facts, **{name: known(name=name, value=value) for name, value in names.items()}}


def without(facts: Facts, *names: str) -> Facts:
    return {name: fact for name, fact in facts.items() if name not in names}


def flips(facts: Facts, target: Outcome, stage: Stage = APPROVE) -> Counterfactuals:
    return counterfactuals(packs=PACKS, facts=facts, stage=stage, as_of=DAY, target=target)
