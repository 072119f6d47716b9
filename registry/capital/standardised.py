"""Standardised credit risk: weights by class and grade, conversion factors, supervisory slotting."""

from dataclasses import dataclass
from decimal import Decimal

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation, Step, ensure_amount, may_gate, step
from registry.capital.irb_floors import irb_parameter
from registry.domain.errors import NotFound

LOAN_TO_VALUE = "ltv"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedRwa:
    """RWA under a tabled weight, with the clause."""

    risk_weight: Decimal
    ead_eur: Decimal
    rwa_eur: Decimal
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on it."""
        return may_gate(citations=self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlottingRwa:
    """RWA and expected loss of a slotted exposure."""

    risk_weight: Decimal
    expected_loss_weight: Decimal
    rwa_eur: Decimal
    expected_loss_eur: Decimal
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedExposure:
    """An off-balance item after its conversion factor."""

    conversion_factor_share: Decimal
    ead_eur: Decimal
    citation: Citation


def standardised_rwa(
    *, jurisdiction: str, exposure_class: str, grade: str, ead_eur: Decimal
) -> StandardisedRwa:
    """Weight an exposure by class and grade; refuses what the table does not hold with ``CAP060``."""
    for row in _weights(jurisdiction, exposure_class):
        if row.text("grade") == grade and grade != LOAN_TO_VALUE:
            return _weighted(row=row, ead_eur=ead_eur)
    raise _no_weight(jurisdiction, exposure_class, grade)


def mortgage_rwa(
    *, jurisdiction: str, exposure_class: str, ltv_share: Decimal, ead_eur: Decimal
) -> StandardisedRwa:
    """Weight a whole loan by its loan-to-value share; refuses a class without bands with ``CAP060``."""
    ensure_amount(name="ltv_share", amount_eur=ltv_share)
    bands = [row for row in _weights(jurisdiction, exposure_class) if row.text("grade") == LOAN_TO_VALUE]
    for row in bands:
        upper = row.optional_decimal("ltv_up_to")
        if upper is None or ltv_share <= upper:
            return _weighted(row=row, ead_eur=ead_eur)
    raise _no_weight(jurisdiction, exposure_class, LOAN_TO_VALUE)


def slotting_rwa(*, jurisdiction: str, kind: str, category: str, ead_eur: Decimal) -> SlottingRwa:
    """Weight a specialised-lending exposure by its slot; refuses an unknown slot with ``CAP061``."""
    ensure_amount(name="ead_eur", amount_eur=ead_eur)
    scale = irb_parameter(name="expected_loss_scale")
    for row in table_rows("slotting_weights", "jurisdiction", "kind", "category"):
        if (row.text("jurisdiction"), row.text("kind"), row.text("category")) == (
            jurisdiction,
            kind,
            category,
        ):
            weight, loss_weight = row.decimal("risk_weight"), row.decimal("expected_loss_weight")
            rwa = weight * ead_eur
            loss = ead_eur * loss_weight * scale.decimal("value")
            return SlottingRwa(
                risk_weight=weight,
                expected_loss_weight=loss_weight,
                rwa_eur=rwa,
                expected_loss_eur=loss,
                steps=(
                    step(quantity="RWA", formula=f"{weight:f} x EAD", value=rwa),
                    step(
                        quantity="expected loss",
                        formula=f"EAD x {loss_weight:f} x {scale.decimal('value'):f}",
                        value=loss,
                    ),
                ),
                citations=(row.citation, scale.citation),
            )
    raise NotFound(
        "CAP061",
        f"no slot {category!r} of kind {kind!r} for {jurisdiction!r}",
        remedy="Use a kind and a category of the slotting table.",
    )


def convert_off_balance(
    *, jurisdiction: str, item: str, notional_eur: Decimal, underlying_item: str | None = None
) -> ConvertedExposure:
    """Convert an off-balance amount. A commitment to provide another item takes the lower of the two factors."""
    ensure_amount(name="notional_eur", amount_eur=notional_eur)
    row = _factor(jurisdiction, item)
    if underlying_item is not None:
        row = min(row, _factor(jurisdiction, underlying_item), key=lambda r: r.decimal("conversion_factor"))
    factor = row.decimal("conversion_factor")
    return ConvertedExposure(
        conversion_factor_share=factor, ead_eur=factor * notional_eur, citation=row.citation
    )


def _weights(jurisdiction: str, exposure_class: str) -> list[Row]:
    return [
        row
        for row in table_rows("standardised_weights", "jurisdiction", "exposure_class", "grade", "ltv_up_to")
        if (row.text("jurisdiction"), row.text("exposure_class")) == (jurisdiction, exposure_class)
    ]


def _weighted(*, row: Row, ead_eur: Decimal) -> StandardisedRwa:
    weight = row.decimal("risk_weight")
    rwa = weight * ensure_amount(name="ead_eur", amount_eur=ead_eur)
    return StandardisedRwa(
        risk_weight=weight,
        ead_eur=ead_eur,
        rwa_eur=rwa,
        steps=(step(quantity="RWA", formula=f"{weight:f} x EAD of {ead_eur:f}", value=rwa),),
        citations=(row.citation,),
    )


def _factor(jurisdiction: str, item: str) -> Row:
    for row in table_rows("conversion_factors", "jurisdiction", "item"):
        if (row.text("jurisdiction"), row.text("item")) == (jurisdiction, item):
            return row
    raise NotFound(
        "CAP062",
        f"no conversion factor for {item!r} in {jurisdiction!r}",
        remedy="Use an item of the table of conversion factors.",
    )


def _no_weight(jurisdiction: str, exposure_class: str, grade: str) -> NotFound:
    return NotFound(
        "CAP060",
        f"no standardised weight for {exposure_class!r}, grade {grade!r}, in {jurisdiction!r}",
        remedy="Use a jurisdiction, class and grade of the table of standardised weights.",
        jurisdiction=jurisdiction,
        exposure_class=exposure_class,
        grade=grade,
    )
