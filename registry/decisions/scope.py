"""Reading scope determinations: per regime the computed one, a person's departure, and which of the two holds."""

from dataclasses import dataclass
from datetime import date

from registry.decisions.models import ScopeDetermination
from registry.decisions.packs import released_packs
from registry.inventory.models import RegisteredModel
from registry.inventory.selectors import list_registered_models
from registry.people.actors import Actor
from registry.policy.scope import stale_packs


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeStanding:
    """One regime of one model. ``departure`` is a person's newest row while it holds, ``lapsed`` once it does not.

    ``stale_cites`` are clauses of instruments that were rescinded, ended or replaced.
    """

    title: str
    computed: ScopeDetermination
    departure: ScopeDetermination | None
    lapsed: ScopeDetermination | None
    citations: tuple[tuple[str, str], ...]
    stale_cites: tuple[str, ...]
    is_announced: bool

    @property
    def holding(self) -> ScopeDetermination:
        """The determination that counts."""
        return self.departure or self.computed


def newest_computed(*, registered_model: RegisteredModel, regime: str) -> ScopeDetermination | None:
    """Return the newest determination that rules made, or none."""
    rows = ScopeDetermination.objects.filter(registered_model=registered_model, regime=regime)
    return rows.filter(departs_from__isnull=True).order_by("-id").first()


def list_scope(*, actor: Actor, registered_model: RegisteredModel, on: date) -> list[ScopeStanding]:
    """Return where every determined regime stands on the day, by regime."""
    rows = list_determinations(actor=actor, registered_model=registered_model)
    computed = {row.regime: row for row in reversed(rows) if row.departs_from is None}
    persons = {row.regime: row for row in reversed(rows) if row.departs_from is not None}
    return [_standing(computed[regime], persons.get(regime), on) for regime in sorted(computed)]


def list_determinations(*, actor: Actor, registered_model: RegisteredModel) -> list[ScopeDetermination]:
    """Return every determination about a visible model, newest first."""
    models = list_registered_models(actor=actor).filter(pk=registered_model.pk)
    rows = ScopeDetermination.objects.filter(registered_model__in=models.order_by().values("pk"))
    return list(rows.select_related("determined_by", "departs_from", "registered_model").order_by("-id"))


def list_stale_cites(*, row: ScopeDetermination, on: date) -> tuple[str, ...]:
    """Return the clauses that a determination cites of instruments which nothing should cite any more."""
    stale = stale_packs(packs=released_packs(), on=on)
    return tuple(str(cite) for cite in row.cites if str(cite).partition("#")[0] in stale)


def _standing(computed: ScopeDetermination, person: ScopeDetermination | None, on: date) -> ScopeStanding:
    packs = {pack.ref: pack for pack in released_packs()}
    holds = (
        person is not None
        and person.departs_from == computed
        and person.review_on is not None
        and on < person.review_on
    )
    # A person who came back to what the rules say ended the departure.
    departure = person if holds and person is not None and person.answer != computed.answer else None
    lapsed = person if person is not None and not holds and person.answer != computed.answer else None
    cites = [str(cite) for cite in (departure or computed).cites]
    clauses = {ref: clause for pack in packs.values() for ref, clause in pack.clauses_by_ref.items()}
    pack = packs.get(f"{computed.regime}/{computed.pack_version}")
    return ScopeStanding(
        title=computed.regime if pack is None else pack.title,
        computed=computed,
        departure=departure,
        lapsed=lapsed,
        citations=tuple((cite, clauses[cite].citation if cite in clauses else cite) for cite in cites),
        stale_cites=list_stale_cites(row=departure or computed, on=on),
        is_announced=computed.in_force_from > on,
    )
