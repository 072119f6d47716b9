"""The capital tool of the computing child: the registry's pure capital engine over the grades of a model."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from registry.capital.floor_base import EntityRwa
from registry.capital.irb import irb_portfolio
from registry.capital.irb_floors import input_floors
from registry.capital.output_floor import EntityFloor, entity_floor
from registry.capital.standardised import standardised_rwa
from registry.domain.errors import InvalidInput, NotFound
from registry.domain.vocab import Provenance

CapitalFigures = Callable[..., Mapping[str, str]]

REFERENCE_JURISDICTION = "BCBS"
"""Whose parameters stand in where a jurisdiction has no tables of its own."""

_OWN_LGD = "A-IRB"
_RETAIL_GRADE = "regulatory"
_OTHER_GRADE = "unrated"


def build_capital(
    *, entity_portfolios: Sequence[Mapping[str, str]], jurisdiction: str, as_of: str
) -> CapitalFigures:
    """Return the tool for one entity on a day (ISO text); its other portfolios stand as declared."""

    def figures(*, pds: Sequence[str], eads: Sequence[str], portfolio: Mapping[str, str]) -> dict[str, str]:
        amounts = [Decimal(ead) for ead in eads]
        rwa_irb = _rwa_irb(jurisdiction, portfolio, pds, amounts)
        rwa_standardised = _rwa_standardised(jurisdiction, portfolio, sum(amounts, Decimal(0)))
        entity = _entity(entity_portfolios, portfolio["key"], rwa_irb, rwa_standardised)
        found = {"rwa_irb": format(rwa_irb, "f"), "rwa_standardised": format(rwa_standardised, "f")}
        floor = _floor(jurisdiction, date.fromisoformat(as_of), entity)
        if floor is None:
            return found
        return found | {
            "entity_rwa_before_floor": format(floor.result.pre_floor_rwa_eur, "f"),
            "entity_rwa_floored": format(floor.result.floored_rwa_eur, "f"),
            "floor_factor": format(floor.result.terms.multiplier, "f"),
            "floor_binding": "true" if floor.result.is_binding else "false",
        }

    return figures


def _rwa_irb(
    jurisdiction: str, portfolio: Mapping[str, str], pds: Sequence[str], amounts: Sequence[Decimal]
) -> Decimal:
    exposure_class, own_lgd = portfolio["exposure_class"], portfolio["approach"] == _OWN_LGD
    try:
        floors = input_floors(jurisdiction=jurisdiction, exposure_class=exposure_class, own_lgd=own_lgd)
    except NotFound:
        floors = input_floors(
            jurisdiction=REFERENCE_JURISDICTION, exposure_class=exposure_class, own_lgd=own_lgd
        )
    return irb_portfolio(
        exposure_class=exposure_class,
        pd_12m=[float(pd) for pd in pds],
        lgd_share=[float(portfolio["loss_given_default_share"])] * len(pds),
        ead_eur=amounts,
        floors=floors,
        provenance=Provenance(portfolio["provenance"]),
    ).rwa_eur


def _rwa_standardised(jurisdiction: str, portfolio: Mapping[str, str], ead_eur: Decimal) -> Decimal:
    exposure_class = portfolio["exposure_class"]
    grade = _RETAIL_GRADE if exposure_class.startswith("retail") else _OTHER_GRADE
    try:
        weighted = standardised_rwa(
            jurisdiction=jurisdiction, exposure_class=exposure_class, grade=grade, ead_eur=ead_eur
        )
    except NotFound:
        weighted = standardised_rwa(
            jurisdiction=REFERENCE_JURISDICTION, exposure_class=exposure_class, grade=grade, ead_eur=ead_eur
        )
    return weighted.rwa_eur


def _entity(
    portfolios: Sequence[Mapping[str, str]], key: str, rwa_irb: Decimal, rwa_standardised: Decimal
) -> EntityRwa:
    """Add the model's portfolio, as computed, to the entity's others, as declared."""
    others = [row for row in portfolios if row["key"] != key]
    return EntityRwa(
        pre_floor_rwa_eur=rwa_irb + sum((Decimal(row["rwa_pre_floor_eur"]) for row in others), Decimal(0)),
        standardised_rwa_eur=rwa_standardised
        + sum((Decimal(row["rwa_standardised_eur"]) for row in others), Decimal(0)),
        provenance=Provenance.ASSUMED,
    )


def _floor(jurisdiction: str, as_of: date, entity: EntityRwa) -> EntityFloor | None:
    """Return the floor in force, or ``None`` where none is known or its terms are: the facts stay unknown."""
    try:
        return entity_floor(jurisdiction=jurisdiction, as_of=as_of, entity=entity)
    except (NotFound, InvalidInput):
        return None
