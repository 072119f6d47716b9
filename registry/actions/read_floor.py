"""The output floor where it is decided: a legal entity under it, and what one model does to it.

Nothing is stored: the figures follow from portfolios, permits, evidence and
decisions as the register held them at an instant, so a stored decision shows
the same figures whenever it is read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from registry.actions.portfolio_stands import (
    MeasuredRwa,
    PortfolioStand,
    find_measured,
    list_stands,
    stand_on,
)
from registry.capital.floor_report import (
    EffectReport,
    FloorReport,
    euros,
    floor_sentence,
    report_effect,
    report_floor,
)
from registry.capital.model_floor import ModelFloor, ObligorRwa, model_floor
from registry.decisions.models import PolicyDecision
from registry.domain.errors import NotFound
from registry.domain.vocab import ConditionKind, UseCaseArchetype
from registry.inventory.models import IntendedUse, LegalEntity
from registry.inventory.selectors import get_entity, get_intended_use, list_intended_uses
from registry.people.actors import Actor

_SHARE = "minimum_share_of_benchmark"
_BINDING_FACT = "capital.entity_floor_binding"
_DRIVERS = ("floor_drivers", "floor_pairs")
_FIGURE = "floor_by_grade"


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityFloorView:
    """An entity under the floor. ``report`` is none where no portfolio was declared by then."""

    entity: LegalEntity
    on: date
    at: datetime
    stands: list[PortfolioStand]
    report: FloorReport | None
    sentence: str
    uses: list[IntendedUse]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelLevel:
    """RWA on the model against the benchmark's, with the rows that drive it.

    ``required_share`` is none where no rule of the decision sets a floor at the level of the model.
    """

    floor: ModelFloor
    required_share: Decimal | None
    evidence_uuid: UUID
    tables: list[Mapping[str, Any]]
    figures: list[Mapping[str, Any]]

    @property
    def is_binding(self) -> bool:
        """Whether a decision sets the floor and the model stays below it."""
        return self.required_share is not None and self.floor.is_binding


@dataclass(frozen=True, kw_only=True, slots=True)
class UseFloorView:
    """What permitting one version for one use in regulatory capital does to its entity.

    ``report`` is none where it cannot be computed, and ``sentence`` then says why. ``instead`` is the
    portfolio as it stands without the model; its figure is ``rwa_without_eur``.
    """

    intended_use: IntendedUse
    entity: LegalEntity
    on: date
    at: datetime
    decision_uuid: UUID | None
    stands: list[PortfolioStand]
    report: EffectReport | None
    sentence: str
    notes: list[str]
    instead: str
    rwa_without_eur: Decimal | None
    model_level: ModelLevel | None


def get_entity_floor(*, actor: Actor, key: str, on: date, at: datetime) -> EntityFloorView:
    """Return the entity under the floor of the day ``on``, from what the register held at ``at``. Raises ``INV014``."""
    entity = get_entity(actor=actor, key=key)
    stands = list_stands(entity=entity, at=at)
    report = _report(entity.jurisdiction, on, stands)
    uses = list_intended_uses(actor=actor).filter(
        use_case__entity=entity,
        use_case__archetype=UseCaseArchetype.REGULATORY_CAPITAL,
        declared_at__lte=at,
    )
    return EntityFloorView(
        entity=entity,
        on=on,
        at=at,
        stands=stands,
        report=report,
        sentence=f"No portfolio of {entity.name} had been declared by then."
        if report is None
        else floor_sentence(report=report, entity_name=entity.name),
        uses=list(uses.order_by("use_case__key", "version__registered_model__key", "version__number")),
    )


def get_use_floor(*, actor: Actor, uuid: UUID, on: date, at: datetime) -> UseFloorView:
    """Return what the pair does to its entity on the day ``on``, from what the register held at ``at``.

    The newest decision by then says whether a model-level floor is asked. Raises ``INV013``, and ``INV060``
    for a use outside regulatory capital.
    """
    use = get_intended_use(actor=actor, uuid=uuid)
    if not use.use_case.is_regulatory_capital:
        raise NotFound(
            "INV060",
            f"{use.use_case.key} does not enter regulatory capital, so no output floor is about it",
            remedy="Ask for a use whose archetype is regulatory_capital.",
        )
    rows = PolicyDecision.objects.filter(intended_use=use, decided_at__lte=at)
    return _use_floor(use, rows.order_by("-decided_at", "-id").first(), on, at)


def find_decision_floor(*, actor: Actor, decision: PolicyDecision) -> UseFloorView | None:
    """Return what the pair did to its entity when the decision was made; none outside regulatory capital."""
    use = get_intended_use(actor=actor, uuid=decision.intended_use.uuid)
    if not use.use_case.is_regulatory_capital:
        return None
    return _use_floor(use, decision, decision.as_of_date, decision.decided_at)


def _report(jurisdiction: str, on: date, stands: Sequence[PortfolioStand]) -> FloorReport | None:
    if not stands:
        return None
    return report_floor(jurisdiction=jurisdiction, as_of=on, portfolios=[stand.figures for stand in stands])


def _use_floor(use: IntendedUse, decision: PolicyDecision | None, on: date, at: datetime) -> UseFloorView:
    use_case, entity = use.use_case, use.use_case.entity
    stands = list_stands(entity=entity, at=at)
    before = next((stand for stand in stands if stand.row.pk == use_case.portfolio_id), None)
    view = UseFloorView(
        intended_use=use,
        entity=entity,
        on=on,
        at=at,
        decision_uuid=None if decision is None else decision.uuid,
        stands=stands,
        report=None,
        sentence=f"What it does to the output floor of {entity.name} is not known: the use case has no portfolio "
        "that had been declared by then.",
        notes=[],
        instead="",
        rwa_without_eur=None,
        model_level=None,
    )
    if before is None:
        return view
    measured = find_measured(intended_use=use, at=at)
    level = None if measured is None else _model_level(measured, decision)
    mine = _with_model(before, measured, level)
    instead, without = _without(before, mine, use)
    stands = [mine if stand is before else stand for stand in stands]
    report = report_effect(
        entity_name=entity.name,
        jurisdiction=use_case.jurisdiction,
        as_of=on,
        portfolios=[stand.figures for stand in stands],
        portfolio_key=mine.row.key,
        rwa_without_eur=without,
        instead=instead,
        subject="the model" if measured is not None else "the portfolio as declared",
    )
    return replace(
        view,
        stands=stands,
        report=report,
        sentence=report.sentence,
        notes=_notes(measured, level, mine, report.with_model),
        instead=instead,
        rwa_without_eur=without,
        model_level=level,
    )


def _with_model(
    before: PortfolioStand, measured: MeasuredRwa | None, level: ModelLevel | None
) -> PortfolioStand:
    """Put the portfolio on the model: on its measured RWA, at no less than a model-level floor lets count."""
    stand = stand_on(row=before.row, measured=measured)
    if level is None or not level.is_binding:
        return stand
    return replace(stand, figures=replace(stand.figures, pre_floor_rwa_eur=level.floor.floored_rwa_eur))


def _without(before: PortfolioStand, mine: PortfolioStand, use: IntendedUse) -> tuple[str, Decimal]:
    """Say what the portfolio stands on without the model: another permitted version, else the standardised approach."""
    champion = before.measured
    if champion is not None and champion.version.pk != use.version.pk:
        return f"the figures of {champion.version}, on which the portfolio stood", champion.model_eur
    return "the standardised approach", mine.figures.standardised_rwa_eur


def _model_level(measured: MeasuredRwa, decision: PolicyDecision | None) -> ModelLevel:
    required = None if decision is None else _required_share(decision)
    body = measured.evidence.body
    sample = ObligorRwa(
        key="sample",
        model_rwa_eur=measured.model_eur,
        benchmark_rwa_eur=measured.benchmark_eur,
        provenance=measured.provenance,
    )
    return ModelLevel(
        floor=model_floor(obligors=[sample], required_share=required or Decimal(0), drivers=0),
        required_share=required,
        evidence_uuid=measured.evidence.uuid,
        tables=[table for name in _DRIVERS for table in body.get("tables", []) if table["id"] == name],
        figures=[figure for figure in body.get("figures", []) if figure["id"] == _FIGURE],
    )


def _required_share(decision: PolicyDecision) -> Decimal | None:
    """Return the strictest share of the benchmark that a condition of the decision asks; none where none does."""
    asked = [
        Decimal(str(condition["params"][_SHARE]))
        for condition in json.loads(decision.body)["conditions"]
        if condition["kind"] == ConditionKind.MODEL_OUTPUT_FLOOR
    ]
    return max(asked, default=None)


def _notes(
    measured: MeasuredRwa | None, level: ModelLevel | None, mine: PortfolioStand, report: FloorReport
) -> list[str]:
    if measured is None:
        return [
            "No validation has measured this version: its portfolio stands in with the figures declared for it."
        ]
    notes = []
    if level is not None and level.is_binding:
        counted, model = euros(mine.figures.pre_floor_rwa_eur), euros(measured.model_eur)
        notes.append(
            f"The model-level floor binds: RWA on the model are {model} and count here at {counted}."
        )
    seen = measured.evidence.facts.get(_BINDING_FACT)
    if report.today is not None and seen is not None and seen != report.today.floor.result.is_binding:
        notes.append(
            f"The check found that the floor {'binds' if seen else 'does not bind'}, on the model's own RWA and with "
            "every other portfolio as declared; the figures here are those that count."
        )
    return notes
