"""Reading policy packs and permits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from registry.decisions.models import PackRelease, Permit
from registry.decisions.packs import released_packs
from registry.domain.errors import NotFound
from registry.inventory.selectors import list_intended_uses
from registry.people.actors import Actor
from registry.policy.engine import NON_BINDING, adopted_by, packs_in_force
from registry.policy.explain import rule_text
from registry.policy.rules import Pack


@dataclass(frozen=True, kw_only=True, slots=True)
class PackView:
    """A released pack with its rules in plain English, as (rule, text)."""

    row: PackRelease
    pack: Pack
    rules: list[tuple[str, str, str]]
    """(rule id, stage, sentence)."""


def list_packs(*, actor: Actor) -> list[PackRelease]:
    """Return the released packs. Whoever has a role may read the rules."""
    return list(PackRelease.objects.order_by("instrument", "version")) if actor.grants else []


@dataclass(frozen=True, kw_only=True, slots=True)
class PackStanding:
    """A release and where it stands on a date: it rules, informs only, will rule, was replaced, ended or withdrawn."""

    row: PackRelease
    state: str


def list_pack_standings(*, actor: Actor, on: date) -> list[PackStanding]:
    """Return the released packs with where they stand."""
    packs = {pack.ref: pack for pack in released_packs()}
    in_force = packs_in_force(packs=tuple(packs.values()), as_of=on)
    adopted, ruling = adopted_by(in_force), {pack.ref for pack in in_force}
    return [
        PackStanding(row=row, state=_state(packs[f"{row.instrument}/{row.version}"], ruling, adopted, on))
        for row in list_packs(actor=actor)
    ]


def _state(pack: Pack, ruling: Collection[str], adopted: Collection[str], on: date) -> str:
    if pack.ref in ruling:
        is_mute = pack.binding_level in NON_BINDING and pack.ref not in adopted
        return "informs" if is_mute else "rules"
    if pack.withdrawn_from is not None and pack.withdrawn_from <= on:
        return "withdrawn"
    if pack.effective_from > on:
        return "ahead"
    return "superseded" if pack.is_in_force(on=on) else "ended"


def get_pack(*, actor: Actor, uuid: UUID) -> PackView:
    """Return one pack. Raises ``DEC011``."""
    row = PackRelease.objects.filter(uuid=uuid).first()
    if row is None or not actor.grants:
        raise NotFound("DEC011", f"there is no pack {uuid}", remedy="Choose one from the list of packs.")
    pack = next(pack for pack in released_packs() if pack.ref == f"{row.instrument}/{row.version}")
    rules = [(rule.id, rule.stage.value, rule_text(rule=rule)) for rule in pack.rules]
    return PackView(row=row, pack=pack, rules=rules)


def get_permit(*, actor: Actor, uuid: UUID) -> Permit:
    """Return one permit. Raises ``DEC030``."""
    row = Permit.objects.filter(uuid=uuid, intended_use__in=list_intended_uses(actor=actor)).first()
    if row is None:
        raise NotFound(
            "DEC030",
            f"there is no permit {uuid}, or none that you may see",
            remedy="Check the identifier.",
        )
    return row
