"""Standardised operational-risk capital: business indicator, internal loss multiplier."""

import math
from dataclasses import dataclass
from decimal import Decimal

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation, Step, ensure_amount, step


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationalRisk:
    """Component, multiplier and RWA; the multiplier is one in the first bucket."""

    indicator_component_eur: Decimal
    loss_component_eur: Decimal
    bucket: int
    loss_multiplier: Decimal
    rwa_eur: Decimal
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]


def operational_risk(*, business_indicator_eur: Decimal, average_annual_loss_eur: Decimal) -> OperationalRisk:
    """Compute operational-risk RWA from the indicator and the average annual loss over the tabled years."""
    ensure_amount(name="business_indicator_eur", amount_eur=business_indicator_eur)
    ensure_amount(name="average_annual_loss_eur", amount_eur=average_annual_loss_eur)
    buckets = [row for row in _rows() if row.text("parameter") == "coefficient"]
    component, bucket = Decimal(0), 1
    parts: list[Step] = []
    for number, row in enumerate(buckets, start=1):
        start = row.decimal("bucket_from_eur")
        if business_indicator_eur > start:
            following = buckets[number].decimal("bucket_from_eur") if number < len(buckets) else None
            end = business_indicator_eur if following is None else min(following, business_indicator_eur)
            part = row.decimal("value") * (end - start)
            component += part
            bucket = number
            parts.append(
                step(
                    quantity=f"part in bucket {number}",
                    formula=f"{row.decimal('value'):f} x ({end:f} - {start:f})",
                    value=part,
                )
            )
    multiple, scale = _parameter("loss_multiple"), _parameter("capital_to_rwa")
    loss = multiple * average_annual_loss_eur
    multiplier = Decimal(1) if bucket == 1 else loss_multiplier(loss_ratio=loss / component)
    rwa = scale * component * multiplier
    return OperationalRisk(
        indicator_component_eur=component,
        loss_component_eur=loss,
        bucket=bucket,
        loss_multiplier=multiplier,
        rwa_eur=rwa,
        steps=(
            *parts,
            step(quantity="indicator component", formula="sum of the parts", value=component),
            step(
                quantity="loss component",
                formula=f"{multiple:f} x average annual loss of {average_annual_loss_eur:f}",
                value=loss,
            ),
            step(
                quantity="loss multiplier",
                formula=f"ln(e - 1 + (loss component / indicator component)^{_parameter('exponent'):f}), "
                "one in the first bucket",
                value=multiplier,
            ),
            step(
                quantity="RWA",
                formula=f"{scale:f} x indicator component x loss multiplier",
                value=rwa,
            ),
        ),
        citations=tuple(row.citation for row in _rows()),
    )


def loss_multiplier(*, loss_ratio: Decimal) -> Decimal:
    """Return the internal loss multiplier for a loss component over an indicator component, to twelve decimals."""
    ratio = float(ensure_amount(name="loss_ratio", amount_eur=loss_ratio))
    value = math.log(math.e - 1 + ratio ** float(_parameter("exponent")))
    return Decimal(format(value, ".12f"))


def _rows() -> tuple[Row, ...]:
    return table_rows("operational_risk", "parameter", "bucket_from_eur")


def _parameter(name: str) -> Decimal:
    return next(row for row in _rows() if row.text("parameter") == name).decimal("value")
