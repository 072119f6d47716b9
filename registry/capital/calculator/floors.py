"""Calculations about the output floor of an entity: on a day, along the schedule, and its base."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from registry.capital.calculator.answers import Answer, without_repeats
from registry.capital.figures import Step, step
from registry.capital.floor_base import RwaLine, compose_base
from registry.capital.output_floor import (
    EntityFloor,
    FlooredRwa,
    binding_date,
    entity_floor,
    floor_path,
)
from registry.capital.own_funds import OwnFunds
from registry.capital.schedules import FloorRow, factor_at, floor_schedule
from registry.domain.vocab import Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorInputs:
    """An entity's lines, where and when it is floored, and what the jurisdiction adds."""

    jurisdiction: str
    as_of: date
    lines: tuple[RwaLine, ...]
    with_transitional_cap: bool = False
    own_funds: OwnFunds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseInputs:
    """An entity's lines."""

    lines: tuple[RwaLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleInputs:
    """A jurisdiction, and a day for the row in force."""

    jurisdiction: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPoint:
    """The floor under one row of the schedule."""

    date_from: date
    multiplier: Decimal
    floor_eur: Decimal
    cap_eur: Decimal | None
    floored_rwa_eur: Decimal
    add_on_eur: Decimal
    is_binding: bool
    is_capped: bool
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPath:
    """The floor under every row of the schedule, and the first day from ``as_of`` on which it binds."""

    pre_floor_rwa_eur: Decimal
    standardised_rwa_eur: Decimal
    binds_from: date | None
    already_binds: bool
    by_date: tuple[FloorPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A jurisdiction's rows, and the one in force on the day asked for."""

    jurisdiction: str
    rows: tuple[FloorRow, ...]
    in_force: FloorRow | None


def answer_output_floor(asked: FloorInputs) -> Answer:
    """Apply the floor in force on the day."""
    floor = entity_floor(
        jurisdiction=asked.jurisdiction,
        as_of=asked.as_of,
        entity=compose_base(lines=asked.lines),
        own_funds=asked.own_funds,
        with_transitional_cap=asked.with_transitional_cap,
    )
    return Answer(
        sentence=floor_sentence(floor.result),
        figures=floor,
        steps=floor.steps,
        citations=without_repeats(floor.citations),
        provenance=floor.provenance,
    )


def answer_floor_path(asked: FloorInputs) -> Answer:
    """Apply every row of the schedule to the same totals."""
    entity = compose_base(lines=asked.lines)
    path = floor_path(
        jurisdiction=asked.jurisdiction,
        entity=entity,
        own_funds=asked.own_funds,
        with_transitional_cap=asked.with_transitional_cap,
    )
    binding = binding_date(
        jurisdiction=asked.jurisdiction,
        as_of=asked.as_of,
        entity=entity,
        own_funds=asked.own_funds,
        with_transitional_cap=asked.with_transitional_cap,
    )
    if binding.binds_from is None:
        sentence = "On these totals the floor binds on no day of the known schedule from the day asked for."
    elif binding.already_binds:
        sentence = f"On these totals the floor binds already on {binding.binds_from.isoformat()}."
    else:
        sentence = f"On these totals the floor binds from {binding.binds_from.isoformat()}."
    return Answer(
        sentence=sentence,
        figures=FloorPath(
            pre_floor_rwa_eur=entity.pre_floor_rwa_eur,
            standardised_rwa_eur=entity.standardised_rwa_eur,
            binds_from=binding.binds_from,
            already_binds=binding.already_binds,
            by_date=tuple(_point(floor) for floor in path),
        ),
        steps=(*entity.steps, *_adjustment_steps(path), *(_path_step(floor) for floor in path)),
        citations=without_repeats(citation for floor in path for citation in floor.citations),
        provenance=entity.provenance,
    )


def answer_floor_schedule(asked: ScheduleInputs) -> Answer:
    """Return a jurisdiction's rows, and the row in force on a day."""
    rows = floor_schedule(jurisdiction=asked.jurisdiction)
    in_force = None
    sentence = f"{len(rows)} rows; no day was asked for."
    if asked.as_of is not None:
        in_force = factor_at(jurisdiction=asked.jurisdiction, as_of=asked.as_of).row
        sentence = (
            f"No row is in force on {asked.as_of.isoformat()}; that is no answer, not the absence of a floor."
            if in_force is None
            else f"On {asked.as_of.isoformat()} the row of {in_force.date_from.isoformat()} is in force."
        )
    caps = (row.cap_citation for row in rows)
    return Answer(
        sentence=sentence,
        figures=Schedule(jurisdiction=asked.jurisdiction, rows=rows, in_force=in_force),
        steps=tuple(
            step(
                quantity=f"from {row.date_from.isoformat()}",
                formula=row.mechanism.value.replace("_", " "),
                value=row.multiplier,
            )
            for row in rows
        ),
        citations=without_repeats(
            [*(row.citation for row in rows), *(cap for cap in caps if cap is not None)]
        ),
    )


def answer_floor_base(asked: BaseInputs) -> Answer:
    """Check and add up the base."""
    entity = compose_base(lines=asked.lines)
    return Answer(
        sentence="Every line may stand in the floor base.",
        figures=entity,
        steps=entity.steps,
        citations=entity.citations,
        provenance=entity.provenance,
    )


def floor_sentence(floor: FlooredRwa) -> str:
    """Say whether the floor binds, and what it costs."""
    if not floor.is_binding:
        return (
            f"The floor does not bind: floored RWA is RWA before the floor, EUR {floor.floored_rwa_eur:,.2f}."
        )
    cap = ", the most that the transitional cap allows" if floor.is_capped else ""
    return (
        f"The floor binds: floored RWA is EUR {floor.floored_rwa_eur:,.2f}, EUR {floor.add_on_eur:,.2f} "
        f"above RWA before the floor{cap}."
    )


def _point(floor: EntityFloor) -> FloorPoint:
    row, result = floor.row, floor.result
    return FloorPoint(
        date_from=row.date_from,
        multiplier=row.multiplier,
        floor_eur=result.floor_eur,
        cap_eur=result.cap_eur,
        floored_rwa_eur=result.floored_rwa_eur,
        add_on_eur=result.add_on_eur,
        is_binding=result.is_binding,
        is_capped=result.is_capped,
        verification=row.citation.verification,
    )


def _path_step(floor: EntityFloor) -> Step:
    result = floor.result
    terms = result.terms
    cap = (
        ""
        if terms.cap_multiple is None
        else f", at most {terms.cap_multiple:f} x {result.pre_floor_rwa_eur:f}"
    )
    return step(
        quantity=f"floored RWA from {floor.row.date_from.isoformat()}",
        formula=f"the higher of {result.pre_floor_rwa_eur:f} and {terms.multiplier:f} x "
        f"{result.standardised_rwa_eur:f} + {terms.adjustment_eur:f}{cap}",
        value=result.floored_rwa_eur,
    )


def _adjustment_steps(path: tuple[EntityFloor, ...]) -> tuple[Step, ...]:
    adjustments = (floor.adjustment for floor in path)
    return next((found.steps for found in adjustments if found is not None), ())
