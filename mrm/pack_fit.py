"""Do policy packs fit the catalogue of checks? ``python -m mrm.pack_fit [--folder FOLDER]``.

The registry reads packs and knows no check; the catalogue knows no pack. Here
they meet: every check that a rule asks for exists with these parameters and
metrics, and the statistical alarms of the widest plan keep its level.
Exit status 0 when all fit, 1 when some do not.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from registry.domain.canonical import Json
from registry.domain.errors import MrmError
from registry.domain.false_alarms import FalseAlarmBound
from registry.policy.pack import PACKS_FOLDER, read_packs
from registry.policy.rules import Pack, Require, RequirementKind
from validation.catalog import list_specs
from validation.domain.false_alarms import ensure_within_level, false_alarm_bound
from validation.domain.plan import parse_plan


def main(*, arguments: Sequence[str]) -> int:
    """Say of each pack, and of those in force together, how it fits; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m mrm.pack_fit", description="Fit packs to the catalogue.")
    parser.add_argument("--folder", type=Path, default=PACKS_FOLDER, help="folder of packs")
    folder: Path = parser.parse_args(arguments).folder
    try:
        packs = read_packs(folder=folder)
    except MrmError as refusal:
        sys.stdout.write(f"{refusal} {refusal.remedy}\n")
        return 1
    superseded = {reference for pack in packs for reference in pack.supersedes}
    newest = [pack for pack in packs if pack.ref not in superseded]
    groups = [(pack.ref, [pack]) for pack in packs if widest_plan(packs=[pack])]
    status = 0
    for title, group in (*groups, ("all packs that none supersedes", newest)):
        try:
            bound = fit(packs=group)
        except MrmError as refusal:
            status = 1
            sys.stdout.write(f"{title}: {refusal} {refusal.remedy}\n")
        else:
            sys.stdout.write(f"{title}: {bound.sentence() if bound else 'asks for no check'}\n")
    return status


def fit(*, packs: Iterable[Pack]) -> FalseAlarmBound | None:
    """Return the bound of the widest plan that the packs can ask for; None where they ask for no check.

    Raises ``InvalidInput`` as ``parse_plan`` does, and ``CHK013`` when its alarms spend more than its level.
    """
    items = widest_plan(packs=packs)
    if not items:
        return None
    specs = list_specs()
    bound = false_alarm_bound(plan=parse_plan(data=items, specs=specs), specs=specs)
    ensure_within_level(bound=bound)
    return bound


def widest_plan(*, packs: Iterable[Pack]) -> list[dict[str, Json]]:
    """Return the plan of a pair for which every rule that asks for a check holds."""
    asked: dict[str, tuple[dict[str, Json], list[Json]]] = {}
    for effect in _asked(packs):
        params, thresholds = asked.setdefault(effect.name, ({}, []))
        params |= effect.params
        thresholds += [threshold.to_json() for threshold in effect.thresholds]
    return [
        {"check": check, "params": dict(params), "thresholds": thresholds}
        for check, (params, thresholds) in asked.items()
    ]


def _asked(packs: Iterable[Pack]) -> Iterator[Require]:
    for rule in (rule for pack in packs for rule in pack.rules):
        if isinstance(rule.effect, Require) and rule.effect.kind is RequirementKind.CHECK:
            yield rule.effect


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
