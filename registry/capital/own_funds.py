"""The own-funds adjustment: what a jurisdiction adds to the floor because provisions count differently."""

from dataclasses import dataclass
from decimal import Decimal

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation, Step, ensure_amount, step
from registry.domain.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFunds:
    """The four terms, at entity level, in euros.

    ``irb_tier_2_eur``: excess of provisions counted in Tier 2.
    ``irb_cet1_eur``: shortfall of provisions deducted.
    ``general_adjustments_eur``: general credit risk adjustments, gross of tax, before their limit.
    ``standardised_tier_2_eur``: general adjustments counted in Tier 2.
    The two RWA figures, where given, let the limits on what was counted be checked.
    """

    irb_tier_2_eur: Decimal
    irb_cet1_eur: Decimal
    general_adjustments_eur: Decimal
    standardised_tier_2_eur: Decimal
    irb_credit_rwa_eur: Decimal | None = None
    standardised_credit_rwa_eur: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFundsAdjustment:
    """The adjustment in RWA terms, with what it was made of. It may be negative."""

    adjustment_eur: Decimal
    general_adjustments_limit_eur: Decimal
    general_adjustments_counted_eur: Decimal
    limits_checked: bool
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]


def own_funds_adjustment(
    *, jurisdiction: str, own_funds: OwnFunds, standardised_rwa_eur: Decimal
) -> OwnFundsAdjustment:
    """Turn the four terms into RWA.

    Refuses amounts below zero (``CAP020``), a jurisdiction without an adjustment (``CAP005``) and a
    Tier 2 amount above its limit where the limit can be computed (``CAP032``).
    """
    rows = _parameters(jurisdiction)
    for name in ("irb_tier_2_eur", "irb_cet1_eur", "general_adjustments_eur", "standardised_tier_2_eur"):
        ensure_amount(name=name, amount_eur=getattr(own_funds, name))
    checked = [
        _ensure_within(
            name="irb_tier_2_eur",
            counted=own_funds.irb_tier_2_eur,
            base=own_funds.irb_credit_rwa_eur,
            limit=rows["irb_tier_2_limit_share"],
        ),
        _ensure_within(
            name="standardised_tier_2_eur",
            counted=own_funds.standardised_tier_2_eur,
            base=own_funds.standardised_credit_rwa_eur,
            limit=rows["standardised_tier_2_limit_share"],
        ),
    ]
    share = rows["general_adjustments_limit_share"].decimal("value")
    limit = share * standardised_rwa_eur
    counted = min(own_funds.general_adjustments_eur, limit)
    net = own_funds.irb_tier_2_eur - own_funds.irb_cet1_eur - counted + own_funds.standardised_tier_2_eur
    multiple = rows["capital_to_rwa"].decimal("value")
    adjustment = multiple * net
    return OwnFundsAdjustment(
        adjustment_eur=adjustment,
        general_adjustments_limit_eur=limit,
        general_adjustments_counted_eur=counted,
        limits_checked=all(checked),
        steps=(
            step(
                quantity="limit on general adjustments",
                formula=f"{share:f} x standardised RWA of {standardised_rwa_eur:f}",
                value=limit,
            ),
            step(
                quantity="general adjustments counted",
                formula=f"the lower of {own_funds.general_adjustments_eur:f} and the limit",
                value=counted,
            ),
            step(
                quantity="net own funds",
                formula=f"{own_funds.irb_tier_2_eur:f} IRB Tier 2 - {own_funds.irb_cet1_eur:f} IRB CET1 deduction"
                f" - general adjustments counted + {own_funds.standardised_tier_2_eur:f} standardised Tier 2",
                value=net,
            ),
            step(quantity="adjustment", formula=f"{multiple:f} x net own funds", value=adjustment),
        ),
        citations=tuple(row.citation for row in rows.values()),
    )


def _parameters(jurisdiction: str) -> dict[str, Row]:
    rows = {
        row.text("parameter"): row
        for row in table_rows("own_funds_adjustment", "jurisdiction", "parameter")
        if row.text("jurisdiction") == jurisdiction
    }
    if not rows:
        raise NotFound(
            "CAP005",
            f"no own-funds adjustment exists for {jurisdiction!r}",
            remedy="Leave the own-funds terms out; the floor of this jurisdiction has no such term.",
            jurisdiction=jurisdiction,
        )
    return rows


def _ensure_within(*, name: str, counted: Decimal, base: Decimal | None, limit: Row) -> bool:
    if base is None:
        return False
    ceiling = limit.decimal("value") * ensure_amount(name=f"base of {name}", amount_eur=base)
    if counted > ceiling:
        raise InvalidInput(
            "CAP032",
            f"{name} of {counted:f} is above its limit of {ceiling:f} ({limit.citation.source})",
            remedy="Send the amount that was counted, which the limit has already cut.",
            name=name,
        )
    return True
