"""What other packs would do to the whole inventory, tiers and what people set of them included.

Most facts of a pair do not ask which packs are in force. Those of its tier do:
a milder tier lapses when the rules grow stricter, and a scorecard weighs anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from registry.actions.tier_standing import list_overrides, tier_facts_anew
from registry.decisions.stock import Stock, facts_of_pairs
from registry.policy.columns import Columns
from registry.policy.facts import Facts
from registry.policy.impact import Cases, PackImpact, stock_impact
from registry.policy.rules import Pack
from registry.policy.tier_facts import method_in_force

Sides = tuple[Facts, Facts]


def stock_effects(
    *, stock: Stock, old_packs: Sequence[Pack], new_packs: Sequence[Pack], as_of: date
) -> PackImpact:
    """Return what would become of every pair on the day. Both sets of packs are whole sets. Raises ``POL001``."""
    anew = _derived_anew(stock, old_packs, new_packs, as_of)

    def facts_of(keys: Sequence[str]) -> dict[str, Sides]:
        stored = facts_of_pairs(stock=stock, keys=[key for key in keys if key not in anew])
        return {key: anew.get(key) or (stored[key], stored[key]) for key in keys}

    return stock_impact(
        old_packs=old_packs,
        new_packs=new_packs,
        groups=_groups(stock, anew),
        facts_of=facts_of,
        as_of=as_of,
    )


def _derived_anew(
    stock: Stock, old_packs: Sequence[Pack], new_packs: Sequence[Pack], as_of: date
) -> dict[str, Sides]:
    """Return, under old and new packs, the facts of the pairs whose tier may not stand as it was stored."""
    overrides = {str(use): row for use, row in list_overrides().items()}
    methods = [method_in_force(packs=packs, as_of=as_of) for packs in (old_packs, new_packs)]
    was, will = (None if method is None else method[1] for method in methods)
    keys = [key for key in stock.pairs if was != will or key in overrides]
    stored = facts_of_pairs(stock=stock, keys=keys)
    cases = [(stored[key], overrides.get(key)) for key in keys]
    old, new = (tier_facts_anew(cases=cases, packs=packs, on=as_of) for packs in (old_packs, new_packs))
    return dict(zip(keys, zip(old, new, strict=True), strict=True))


def _groups(stock: Stock, anew: Mapping[str, Sides]) -> list[Cases]:
    groups: list[Cases] = []
    for group in stock.groups:
        keys = [key for key in group.keys if key in anew]
        groups.append(
            Cases(stage=group.stage, keys=group.keys, columns=group.columns, left_out=frozenset(keys))
        )
        if keys:
            old, new = (Columns(rows=[anew[key][side] for key in keys]) for side in (0, 1))
            groups.append(Cases(stage=group.stage, keys=keys, columns=old, columns_after=new))
    return groups
