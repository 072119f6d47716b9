"""The output floor of an entity: floored RWA, whether it binds, how far, and from when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from registry.capital.figures import Citation, Step, may_gate, step
from registry.capital.floor_base import EntityRwa
from registry.capital.own_funds import OwnFunds, OwnFundsAdjustment, own_funds_adjustment
from registry.capital.schedules import (
    AdjustmentMechanism,
    FloorPosition,
    FloorRow,
    factor_at,
    floor_schedule,
)
from registry.domain.errors import InvalidInput, NotFound
from registry.domain.vocab import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorTerms:
    """The numbers of a floor: multiplier of standardised RWA, cap as a multiple of pre-floor RWA, added term."""

    multiplier: Decimal
    cap_multiple: Decimal | None = None
    adjustment_eur: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlooredRwa:
    """The arithmetic of one floor. ``distance_eur`` is above zero exactly when the floor binds."""

    pre_floor_rwa_eur: Decimal
    standardised_rwa_eur: Decimal
    terms: FloorTerms
    floor_eur: Decimal
    uncapped_rwa_eur: Decimal
    cap_eur: Decimal | None
    floored_rwa_eur: Decimal
    is_binding: bool
    is_capped: bool
    distance_eur: Decimal
    add_on_eur: Decimal
    pre_floor_share_of_standardised: Decimal | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityFloor:
    """The floor of an entity on a day, with the row in force and everything it rests on."""

    position: FloorPosition
    result: FlooredRwa
    adjustment: OwnFundsAdjustment | None
    provenance: Provenance
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]

    @property
    def row(self) -> FloorRow:
        """The row in force; there is no floor without one."""
        assert self.position.row is not None
        return self.position.row

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on it: every clause used was read."""
        return may_gate(citations=self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingDate:
    """From when the floor binds on flat inputs; no date means on no day of the known schedule."""

    binds_from: date | None
    already_binds: bool
    path: tuple[EntityFloor, ...]


def floored_rwa(
    *, pre_floor_rwa_eur: Decimal, standardised_rwa_eur: Decimal, terms: FloorTerms
) -> FlooredRwa:
    """Apply a floor: the higher of pre-floor RWA and multiplier x standardised + adjustment, under the cap."""
    product = terms.multiplier * standardised_rwa_eur
    floor = product + terms.adjustment_eur
    uncapped = max(pre_floor_rwa_eur, floor)
    cap = None if terms.cap_multiple is None else terms.cap_multiple * pre_floor_rwa_eur
    floored = uncapped if cap is None else min(uncapped, cap)
    ratio = pre_floor_rwa_eur / standardised_rwa_eur if standardised_rwa_eur else None
    distance = floor - pre_floor_rwa_eur
    add_on = floored - pre_floor_rwa_eur
    steps = [
        step(
            quantity="share of standardised RWA",
            formula=f"{terms.multiplier:f} x {standardised_rwa_eur:f}",
            value=product,
        ),
        step(quantity="floor", formula=f"share of standardised RWA + {terms.adjustment_eur:f}", value=floor),
        step(
            quantity="RWA without cap",
            formula=f"the higher of {pre_floor_rwa_eur:f} and the floor",
            value=uncapped,
        ),
    ]
    if cap is not None:
        steps.append(
            step(quantity="cap", formula=f"{terms.cap_multiple:f} x {pre_floor_rwa_eur:f}", value=cap)
        )
    steps += [
        step(
            quantity="floored RWA", formula="RWA without cap, at most the cap where one runs", value=floored
        ),
        step(quantity="distance", formula="floor - pre-floor RWA", value=distance),
        step(quantity="add-on", formula="floored RWA - pre-floor RWA", value=add_on),
    ]
    return FlooredRwa(
        pre_floor_rwa_eur=pre_floor_rwa_eur,
        standardised_rwa_eur=standardised_rwa_eur,
        terms=terms,
        floor_eur=floor,
        uncapped_rwa_eur=uncapped,
        cap_eur=cap,
        floored_rwa_eur=floored,
        is_binding=distance > 0,
        is_capped=floored < uncapped,
        distance_eur=distance,
        add_on_eur=add_on,
        pre_floor_share_of_standardised=ratio,
        steps=tuple(steps),
    )


def entity_floor(
    *,
    jurisdiction: str,
    as_of: date,
    entity: EntityRwa,
    own_funds: OwnFunds | None = None,
    with_transitional_cap: bool = False,
) -> EntityFloor:
    """Apply the floor in force on a day.

    ``with_transitional_cap`` says that the entity uses the cap where the row carries one and it still runs.
    Refuses a day without a row in force (``CAP004``), missing own-funds terms where the row adds them
    (``CAP030``) and own-funds terms where it does not (``CAP031``).
    """
    position = factor_at(jurisdiction=jurisdiction, as_of=as_of)
    if position.row is None:
        starts = None if position.next_row is None else position.next_row.date_from
        raise NotFound(
            "CAP004",
            f"no output floor is known to be in force for {jurisdiction!r} on {as_of.isoformat()}",
            remedy="Choose a jurisdiction of the schedule and a day on or after its first row.",
            jurisdiction=jurisdiction,
            starts=None if starts is None else starts.isoformat(),
        )
    return _floor_under(
        position=position,
        row=position.row,
        entity=entity,
        own_funds=own_funds,
        with_transitional_cap=with_transitional_cap,
    )


def floor_path(
    *,
    jurisdiction: str,
    entity: EntityRwa,
    own_funds: OwnFunds | None = None,
    with_transitional_cap: bool = False,
) -> tuple[EntityFloor, ...]:
    """Apply every row of the schedule to the same totals, by date."""
    return tuple(
        entity_floor(
            jurisdiction=jurisdiction,
            as_of=row.date_from,
            entity=entity,
            own_funds=own_funds,
            with_transitional_cap=with_transitional_cap,
        )
        for row in floor_schedule(jurisdiction=jurisdiction)
    )


def binding_date(
    *,
    jurisdiction: str,
    as_of: date,
    entity: EntityRwa,
    own_funds: OwnFunds | None = None,
    with_transitional_cap: bool = False,
) -> BindingDate:
    """Find the first day, from ``as_of`` on, on which the floor binds if the totals stay as they are."""
    rows = floor_schedule(jurisdiction=jurisdiction)
    days = [row.date_from for row in rows if row.date_from > as_of]
    if rows[0].date_from <= as_of:
        days.insert(0, as_of)
    path = tuple(
        entity_floor(
            jurisdiction=jurisdiction,
            as_of=day,
            entity=entity,
            own_funds=own_funds,
            with_transitional_cap=with_transitional_cap,
        )
        for day in days
    )
    binding = [floor.position.as_of for floor in path if floor.result.is_binding]
    first = binding[0] if binding else None
    return BindingDate(binds_from=first, already_binds=first == as_of, path=path)


def _floor_under(
    *,
    position: FloorPosition,
    row: FloorRow,
    entity: EntityRwa,
    own_funds: OwnFunds | None,
    with_transitional_cap: bool,
) -> EntityFloor:
    adjustment = _adjustment(row=row, entity=entity, own_funds=own_funds)
    cap_multiple = row.cap_on(as_of=position.as_of) if with_transitional_cap else None
    result = floored_rwa(
        pre_floor_rwa_eur=entity.pre_floor_rwa_eur,
        standardised_rwa_eur=entity.standardised_rwa_eur,
        terms=FloorTerms(
            multiplier=row.multiplier,
            cap_multiple=cap_multiple,
            adjustment_eur=Decimal(0) if adjustment is None else adjustment.adjustment_eur,
        ),
    )
    citations = [row.citation, *entity.citations]
    if cap_multiple is not None and row.cap_citation is not None:
        citations.append(row.cap_citation)
    if adjustment is not None:
        citations += adjustment.citations
    return EntityFloor(
        position=position,
        result=result,
        adjustment=adjustment,
        provenance=entity.provenance,
        steps=(*entity.steps, *(() if adjustment is None else adjustment.steps), *result.steps),
        citations=tuple(citations),
    )


def _adjustment(*, row: FloorRow, entity: EntityRwa, own_funds: OwnFunds | None) -> OwnFundsAdjustment | None:
    needed = row.adjustment is AdjustmentMechanism.OWN_FUNDS
    if needed and own_funds is None:
        raise InvalidInput(
            "CAP030",
            f"the floor of {row.jurisdiction!r} adds an own-funds adjustment and its terms are missing",
            remedy="Send the four own-funds terms; send zeros only where they are zero.",
            jurisdiction=row.jurisdiction,
        )
    if own_funds is None:
        return None
    if not needed:
        raise InvalidInput(
            "CAP031",
            f"the floor of {row.jurisdiction!r} has no own-funds adjustment",
            remedy="Leave the own-funds terms out.",
            jurisdiction=row.jurisdiction,
        )
    return own_funds_adjustment(
        jurisdiction=row.jurisdiction,
        own_funds=own_funds,
        standardised_rwa_eur=entity.standardised_rwa_eur,
    )
