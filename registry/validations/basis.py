"""What a validation is built on besides its plan: frozen when it is asked for, so that it can be repeated.

Registers move on: a portfolio is declared anew, a use case changes hands. A
run reads what stood in them when the validation was requested, never today.
"""

from datetime import datetime

from registry.domain.canonical import Json, digest, to_json
from registry.domain.seed import PLAN_SEED
from registry.domain.vocab import Provenance, ScoreSource
from registry.inventory.models import IntendedUse, Portfolio
from registry.validations.models import ValidationBasis, ValidationRequest


def gather_basis(
    *, intended_use: IntendedUse, at: datetime, scores_from: ScoreSource = ScoreSource.ARTIFACT
) -> dict[str, Json]:
    """Return artefact, data sets and claims of the version, and the portfolios that stand at this moment.

    A file of predictions stands in for the first three: they are left empty.
    """
    version, use_case = intended_use.version, intended_use.use_case
    found: dict[str, Json] = {
        "seed": PLAN_SEED,
        "artifact_digest": version.artifact_digest,
        "family": version.family,
        "datasets": to_json(version.datasets),
        "claims": to_json(version.claimed_metrics),
        "portfolio": to_json({} if use_case.portfolio is None else _portfolio(use_case.portfolio)),
        "entity_portfolios": to_json([_portfolio(row) for row in use_case.entity.portfolios.order_by("key")]),
        "jurisdiction": use_case.jurisdiction,
        "as_of": at.date().isoformat(),
    }
    from_file: dict[str, Json] = {"artifact_digest": "", "datasets": [], "claims": {}}
    return found if scores_from is ScoreSource.ARTIFACT else found | from_file


def keep_basis(*, request: ValidationRequest, content: dict[str, Json]) -> ValidationBasis:
    """Freeze the basis of a request that was just opened, in the caller's transaction."""
    return ValidationBasis.objects.create(request=request, content=content, digest=digest(content))


def find_basis(*, request: ValidationRequest) -> ValidationBasis | None:
    """Return the frozen basis; None for a validation that was requested before bases were kept."""
    return ValidationBasis.objects.filter(request=request).first()


def _portfolio(row: Portfolio) -> dict[str, str]:
    shares = {
        "loss_given_default_share": row.loss_given_default_share,
        "credit_conversion_share": row.credit_conversion_share,
    }
    return {
        "key": row.key,
        "name": row.name,
        "exposure_class": row.exposure_class,
        "approach": row.approach,
        "ead_eur": format(row.exposure_eur, "f"),
        "rwa_pre_floor_eur": format(row.rwa_pre_floor_eur, "f"),
        "rwa_standardised_eur": format(row.rwa_standardised_eur, "f"),
        **{name: format(value, "f") for name, value in shares.items() if value is not None},
        "provenance": Provenance(row.provenance).value,
        "source": row.source,
        "as_of_date": row.as_of_date.isoformat(),
    }
