"""How well the examples guard the packs: ``python -m registry.policy.mutate``.

Each mutant drops a rule, turns one operator round, moves one threshold or
takes one member from a list. A mutant is killed when an example comes out
otherwise. The command prints the
rate and the survivors; exit status 1 when the rate is below ``--least``.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from registry.policy.conditions import All, AnyOf, Compare, Condition, Not, Op
from registry.policy.pack import PACKS_FOLDER, read_packs
from registry.policy.pack_checks import example_failures
from registry.policy.rules import Pack

_TURNED = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.IN: Op.NOT_IN,
    Op.NOT_IN: Op.IN,
    Op.GT: Op.GE,
    Op.GE: Op.GT,
    Op.LT: Op.LE,
    Op.LE: Op.LT,
    Op.IS_TRUE: Op.IS_FALSE,
    Op.IS_FALSE: Op.IS_TRUE,
}


def mutants(*, pack: Pack) -> Iterator[tuple[str, Pack]]:
    """Yield each mutant with a line that says what was done."""
    for rule in pack.rules:
        others = tuple(item for item in pack.rules if item.id != rule.id)
        # Most mutants are noticed by an example that names the rule, so those are looked at first.
        examples = tuple(sorted(pack.examples, key=lambda item: rule.id not in (*item.fires, *item.silent)))
        yield f"{pack.ref}#{rule.id}: dropped", replace(pack, rules=others, examples=examples)
        for what, when in _mutated(rule.when):
            rules = (*others, replace(rule, when=when))
            yield f"{pack.ref}#{rule.id}: {what}", replace(pack, rules=rules, examples=examples)


def is_killed(*, mutant: Pack, others: Mapping[str, Pack]) -> bool:
    """Whether the pack's own examples notice."""
    return any(example_failures(pack=mutant, others=others))


def main(*, arguments: Sequence[str]) -> int:
    """Print the kill rate and the survivors; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m registry.policy.mutate", description="Mutate policy packs."
    )
    parser.add_argument("--folder", type=Path, default=PACKS_FOLDER, help="folder of packs")
    parser.add_argument("--least", type=int, default=95, help="least kill rate in per cent")
    options = parser.parse_args(arguments)
    packs = {pack.ref: pack for pack in read_packs(folder=options.folder)}
    total, survivors = 0, []
    for pack in packs.values():
        for what, mutant in mutants(pack=pack):
            total += 1
            if not is_killed(mutant=mutant, others={k: v for k, v in packs.items() if k != pack.ref}):
                survivors.append(what)
    for what in survivors:
        sys.stdout.write(f"survived: {what}\n")
    killed = total - len(survivors)
    sys.stdout.write(f"{killed} of {total} mutants killed\n")
    return 0 if total and killed * 100 >= options.least * total else 1


def _mutated(condition: Condition) -> Iterator[tuple[str, Condition]]:
    if isinstance(condition, Not):
        yield "negation removed", condition.member
        yield from ((what, Not(inner)) for what, inner in _mutated(condition.member))
    elif isinstance(condition, Compare):
        yield from _mutated_leaf(condition)
    else:
        kind = type(condition)
        for index, member in enumerate(condition.members):
            before, after = condition.members[:index], condition.members[index + 1 :]
            if before or after:
                yield f"member {index + 1} removed", kind((*before, *after))
            yield from ((what, kind((*before, inner, *after))) for what, inner in _mutated(member))
        if len(condition.members) > 1:
            yield "all and any exchanged", (AnyOf if kind is All else All)(condition.members)


def _mutated_leaf(leaf: Compare) -> Iterator[tuple[str, Condition]]:
    if leaf.op in _TURNED:
        yield f"{leaf.fact} {leaf.op} turned round", replace(leaf, op=_TURNED[leaf.op])
    if isinstance(leaf.value, tuple) and len(leaf.value) > 1:
        for value in leaf.value:
            rest = tuple(item for item in leaf.value if item != value)
            yield f"{leaf.fact} {value} left out", replace(leaf, value=rest)
    if isinstance(leaf.value, Decimal):
        yield f"{leaf.fact} threshold raised", replace(leaf, value=leaf.value + Decimal("0.01"))
        yield f"{leaf.fact} threshold lowered", replace(leaf, value=leaf.value - Decimal("0.01"))
    elif isinstance(leaf.value, int) and not isinstance(leaf.value, bool):
        yield f"{leaf.fact} threshold raised", replace(leaf, value=leaf.value + 1)
        yield f"{leaf.fact} threshold lowered", replace(leaf, value=leaf.value - 1)


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
