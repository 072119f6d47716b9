"""What the released packs would be with a proposal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from registry.policy.rules import Pack


def packs_after(*, released: Sequence[Pack], pack: Pack, withdrawn_from: date | None) -> tuple[Pack, ...]:
    """Return the packs with ``pack`` added, or with it withdrawn from a day on.

    A withdrawn pack keeps its clauses, which others may cite; what it
    superseded rules again.
    """
    others = [other for other in released if other.ref != pack.ref]
    return (*others, pack if withdrawn_from is None else replace(pack, withdrawn_from=withdrawn_from))
