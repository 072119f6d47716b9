"""The bank of the output floor's published example in the register: 76 before the floor, 140 standardised."""

from datetime import datetime
from decimal import Decimal

from registry import api
from registry.domain.canonical import Json
from registry.domain.vocab import Provenance
from tests.builders.registry import (
    AT,
    ENTITY,
    Story,
    by,
    create_use_case,
    make_model,
    make_use,
    make_version,
    submission,
)

USE_CASE = "capital-cards"
JURISDICTION = "BCBS"
EXAMPLE = {
    "credit": ("retail_qrre_revolver", "A-IRB", "62", "124"),
    "market": ("none", "none", "2", "4"),
    "operational": ("none", "none", "12", "12"),
}
"""Basel Framework RBC20.13, Table 1: exposure class, approach, before the floor, standardised."""


def declare(
    key: str,
    *,
    at: datetime = AT,
    provenance: Provenance = Provenance.DECLARED,
    figures: tuple[str, ...] = (),
) -> api.Portfolio:
    """Declare a portfolio of the example, or another with the given figures."""
    exposure_class, approach, before, standardised = figures or EXAMPLE[key]
    return api.declare_portfolio(
        **by("owen", at=at),
        details=api.PortfolioDetails(
            key=key,
            name=key.title(),
            entity=ENTITY,
            exposure_class=exposure_class,
            approach=approach,
            exposure_eur="200",
            rwa_pre_floor_eur=before,
            rwa_standardised_eur=standardised,
            loss_given_default_share=Decimal("0.75"),
            as_of_date=at.date(),
            provenance=provenance,
            source="the published example",
        ),
    )


def build_floor_bank(
    *, jurisdiction: str = JURISDICTION, provenance: Provenance = Provenance.DECLARED
) -> None:
    """Put the example into the first entity, under a jurisdiction, with a use case on its credit portfolio."""
    api.LegalEntity.objects.filter(key=ENTITY).update(jurisdiction=jurisdiction)
    for key in EXAMPLE:
        declare(key, provenance=provenance)
    create_use_case(USE_CASE, like="capital-qrre", portfolio="credit", jurisdiction=jurisdiction)


def measured(model: str, benchmark: str, *, standardised: str = "124") -> dict[str, Json]:
    """Return the capital check's result with these RWA, and one row that drives the cut."""
    figures = {"rwa_model": model, "rwa_benchmark": benchmark, "rwa_standardised": standardised}
    share = Decimal(model) / Decimal(benchmark)
    table = {
        "id": "floor_drivers",
        "title": "Rows of the test sample whose RWA falls furthest below the benchmark's",
        "columns": ["row", "difference"],
        "rows": [["17", "-3"]],
    }
    return {
        **submission(
            "capital.rwa_effect",
            facts={"capital.model_share_of_benchmark": str(share), "capital.entity_floor_binding": True},
        ),
        "metrics": [{"name": name, "estimate": value} for name, value in figures.items()],
        "body": {"detail": "measured", "tables": [table], "figures": []},
    }


def capital_story(number: int = 1) -> Story:
    """Offer a version of the boosted model for the capital use."""
    model = api.RegisteredModel.objects.filter(key="pd-cards").first() or make_model()
    return Story(use=make_use(make_version(model, number), USE_CASE))
