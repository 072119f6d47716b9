"""What a legal entity's portfolios stand on at an instant: declared figures, or those measured on a permitted model."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from registry.audit.api import AuditAction
from registry.audit.selectors import newest_actions
from registry.capital import allocation
from registry.capital.figures import weakest_provenance
from registry.decisions.models import Permit
from registry.domain.vocab import Provenance, RequestStatus, UseCaseArchetype, Verdict
from registry.inventory.models import IntendedUse, LegalEntity, ModelVersion, Portfolio
from registry.validations.facts import VALIDATION_BATCH
from registry.validations.models import FEEDS_FACTS, EvidenceRecord, ValidationRequest

CAPITAL_CHECK = "capital.rwa_effect"
_NEEDED = ("rwa_model", "rwa_benchmark", "rwa_standardised")
_ENDED = (AuditAction.PERMIT_SUSPENDED, AuditAction.PERMIT_REVOKED)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredRwa:
    """RWA of a portfolio as the check computed them from a model's PDs.

    They are no better known than the portfolio whose exposures they rest on.
    """

    evidence: EvidenceRecord
    version: ModelVersion
    model_eur: Decimal
    benchmark_eur: Decimal
    standardised_eur: Decimal
    provenance: Provenance


@dataclass(frozen=True, kw_only=True, slots=True)
class PortfolioStand:
    """A portfolio with the figures it enters the floor with; ``measured`` says on whose model, if on any."""

    row: Portfolio
    figures: allocation.Portfolio
    measured: MeasuredRwa | None

    @property
    def is_measured(self) -> bool:
        """Whether the figures come from evidence rather than from the declaration."""
        return self.measured is not None


def list_stands(*, entity: LegalEntity, at: datetime) -> list[PortfolioStand]:
    """Return the portfolios declared by then, by key; one with a permitted model stands on that model's figures."""
    rows = list(entity.portfolios.order_by("key"))
    declared = newest_actions(
        subject_uuids=[row.uuid for row in rows], actions=(AuditAction.PORTFOLIO_DECLARED,), until=at
    )
    permitted = _permitted(entity=entity, at=at)
    return [stand_on(row=row, measured=permitted.get(row.pk)) for row in rows if row.uuid in declared]


def stand_on(*, row: Portfolio, measured: MeasuredRwa | None) -> PortfolioStand:
    """Return the portfolio on measured figures, or on those declared where there are none."""
    figures = allocation.Portfolio(
        key=row.key,
        pre_floor_rwa_eur=row.rwa_pre_floor_eur if measured is None else measured.model_eur,
        standardised_rwa_eur=row.rwa_standardised_eur if measured is None else measured.standardised_eur,
        provenance=Provenance(row.provenance) if measured is None else measured.provenance,
    )
    return PortfolioStand(row=row, figures=figures, measured=measured)


def find_measured(*, intended_use: IntendedUse, at: datetime) -> MeasuredRwa | None:
    """Return what the newest validation by then measured; nothing where its check came to no figure."""
    requests = ValidationRequest.objects.filter(
        FEEDS_FACTS, intended_use=intended_use, batch=VALIDATION_BATCH, status=RequestStatus.COMPLETED
    )
    record = (
        EvidenceRecord.objects.filter(check_id=CAPITAL_CHECK, request__in=requests, recorded_at__lte=at)
        .order_by("-recorded_at", "-id")
        .first()
    )
    portfolio = intended_use.use_case.portfolio
    if record is None or portfolio is None or record.verdict in (Verdict.ERROR, Verdict.NOT_APPLICABLE):
        return None
    figures = {str(one["name"]): Decimal(str(one["estimate"])) for one in record.metrics}
    if not set(_NEEDED) <= set(figures):
        return None
    return MeasuredRwa(
        evidence=record,
        version=intended_use.version,
        model_eur=figures["rwa_model"],
        benchmark_eur=figures["rwa_benchmark"],
        standardised_eur=figures["rwa_standardised"],
        provenance=weakest_provenance(provenances=[Provenance.MEASURED, Provenance(portfolio.provenance)]),
    )


def _permitted(*, entity: LegalEntity, at: datetime) -> dict[int | None, MeasuredRwa]:
    """Return, by portfolio, the figures of the version permitted last before then and not stopped by then.

    Strictly before: the decision that permits a version is compared with what stood until it.
    """
    permits = (
        Permit.objects.filter(
            intended_use__use_case__entity=entity,
            intended_use__use_case__archetype=UseCaseArchetype.REGULATORY_CAPITAL,
            intended_use__use_case__portfolio__isnull=False,
            issued_at__lt=at,
        )
        .select_related("intended_use__version__registered_model", "intended_use__use_case__portfolio")
        .order_by("issued_at", "id")
    )
    newest = {permit.intended_use.use_case.portfolio_id: permit for permit in permits}
    stopped = _stopped([permit.uuid for permit in newest.values()], at)
    found = {
        portfolio_id: find_measured(intended_use=permit.intended_use, at=at)
        for portfolio_id, permit in newest.items()
        if permit.uuid not in stopped and permit.expires_on >= at.date()
    }
    return {key: measured for key, measured in found.items() if measured is not None}


def _stopped(permit_uuids: Iterable[UUID], at: datetime) -> set[UUID]:
    last = newest_actions(
        subject_uuids=list(permit_uuids), actions=(*_ENDED, AuditAction.PERMIT_REINSTATED), until=at
    )
    return {uuid for uuid, action in last.items() if action in _ENDED}
