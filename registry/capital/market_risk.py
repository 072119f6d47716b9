"""Market-risk gates: the backtesting multiplier and the zone of profit-and-loss attribution, as text."""

from dataclasses import dataclass
from decimal import Decimal

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation, Step, step
from registry.domain.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestZone:
    """Zone and capital multiplier for a year's count of exceptions at the tabled level."""

    exceptions: int
    zone: str
    multiplier: Decimal
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionZone:
    """Zone of a desk. The set of zones differs by jurisdiction, so it is text."""

    zone: str
    spearman: Decimal
    kolmogorov_smirnov: Decimal
    steps: tuple[Step, ...]
    citation: Citation


def backtest_zone(*, exceptions: int) -> BacktestZone:
    """Return zone and multiplier; a count below zero is refused with ``CAP090``."""
    rows = [
        row
        for row in table_rows("var_backtest", "exceptions_from")
        if row.decimal("exceptions_from") <= exceptions
    ]
    if not rows:
        raise InvalidInput(
            "CAP090",
            "a count of exceptions is zero or more",
            remedy="Count the days on which loss exceeded VaR.",
        )
    row = rows[-1]
    return BacktestZone(
        exceptions=exceptions,
        zone=row.text("zone"),
        multiplier=row.decimal("multiplier"),
        citation=row.citation,
    )


def attribution_zone(
    *, jurisdiction: str, spearman: Decimal, kolmogorov_smirnov: Decimal, was_standardised: bool
) -> AttributionZone:
    """Return the desk's zone.

    ``was_standardised`` says whether the desk stood on the standardised approach last quarter. Refuses a metric that
    is not a number with ``CAP091`` and an unknown jurisdiction with ``CAP092``.
    """
    if not (spearman.is_finite() and kolmogorov_smirnov.is_finite()):
        raise InvalidInput(
            "CAP091", "an attribution metric is not a number", remedy="Recompute it on a full window."
        )
    steps: list[Step] = []
    for row in table_rows("attribution_zones", "jurisdiction", "zone"):
        if row.text("jurisdiction") != jurisdiction:
            continue
        applies = _applies(
            row=row,
            spearman=spearman,
            kolmogorov_smirnov=kolmogorov_smirnov,
            was_standardised=was_standardised,
        )
        steps.append(
            step(quantity=row.text("zone"), formula=_condition(row), value="yes" if applies else "no")
        )
        if applies:
            return AttributionZone(
                zone=row.text("zone"),
                spearman=spearman,
                kolmogorov_smirnov=kolmogorov_smirnov,
                steps=tuple(steps),
                citation=row.citation,
            )
    raise NotFound(
        "CAP092",
        f"no attribution zones for {jurisdiction!r}",
        remedy="Use a jurisdiction of the table of zones.",
        jurisdiction=jurisdiction,
    )


def _applies(*, row: Row, spearman: Decimal, kolmogorov_smirnov: Decimal, was_standardised: bool) -> bool:
    if row.text("needs") == "otherwise":
        mark = row.text("was_standardised")
        return mark == "any" or row.flag("was_standardised") == was_standardised
    sides = (
        _is_beyond(spearman, row.text("spearman_side"), row.decimal("spearman")),
        _is_beyond(kolmogorov_smirnov, row.text("ks_side"), row.decimal("ks")),
    )
    return all(sides) if row.text("needs") == "all" else any(sides)


def _is_beyond(value: Decimal, side: str, bound: Decimal) -> bool:
    return value > bound if side == "above" else value < bound


def _condition(row: Row) -> str:
    if row.text("needs") == "otherwise":
        stood = {"yes": ", standardised last quarter", "no": ", on the model last quarter"}
        return f"none of the zones above{stood.get(row.text('was_standardised'), '')}"
    word = "and" if row.text("needs") == "all" else "or"
    return (
        f"Spearman {row.text('spearman_side')} {row.decimal('spearman'):f} {word} "
        f"Kolmogorov-Smirnov {row.text('ks_side')} {row.decimal('ks'):f}"
    )
