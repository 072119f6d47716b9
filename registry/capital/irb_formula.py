"""The formula behind the risk weights: curves and coefficients from the tables, shapes in floating point."""

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation
from registry.capital.irb_floors import irb_parameter
from registry.domain.errors import InvalidInput, NotFound

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Coefficients shared by the curves, as floats, with the clause of the formula."""

    confidence: float
    confidence_quantile: float
    maturity_intercept: float
    maturity_slope: float
    maturity_reference: float
    maturity_denominator: float
    maturity_floor: float
    maturity_cap: float
    size_discount: float
    size_low: float
    size_high: float
    large_financial: float
    capital_to_rwa: float
    citation: Citation


@dataclass(frozen=True, slots=True)
class Curve:
    """The correlation curve of an exposure class and the inputs that the class takes."""

    low: float
    high: float
    decay: float
    is_maturity_adjusted: bool
    needs_turnover: bool
    takes_large_financial: bool
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Intermediate quantities of one exposure; ``capital`` is a share of exposure at default."""

    correlation: float
    slope: float
    conditional_pd: float
    adjustment: float
    capital: float


@cache
def curve_of(exposure_class: str) -> Curve:
    """Return the curve of a class; refuses one without a formula with ``CAP042``."""
    for row in table_rows("irb_classes", "exposure_class"):
        if row.text("exposure_class") == exposure_class:
            form = _form(row.text("curve"))
            decay = form.optional_decimal("decay")
            return Curve(
                low=float(form.decimal("correlation_low")),
                high=float(form.decimal("correlation_high")),
                decay=0.0 if decay is None else float(decay),
                is_maturity_adjusted=form.flag("maturity_adjusted"),
                needs_turnover=row.text("size_discount") == "required",
                takes_large_financial=row.text("large_financial") == "optional",
                citations=(row.citation, form.citation),
            )
    raise NotFound(
        "CAP042",
        f"no internal-ratings formula for {exposure_class!r}",
        remedy="Use a class of the table; equity and securitisation take other approaches.",
        exposure_class=exposure_class,
    )


@cache
def coefficients_in_force() -> Coefficients:
    """Return the shared coefficients, read once."""

    def number(name: str) -> float:
        return float(irb_parameter(name=name).decimal("value"))

    return Coefficients(
        confidence=number("confidence"),
        confidence_quantile=_NORMAL.inv_cdf(number("confidence")),
        maturity_intercept=number("maturity_intercept"),
        maturity_slope=number("maturity_slope"),
        maturity_reference=number("maturity_reference_years"),
        maturity_denominator=number("maturity_denominator"),
        maturity_floor=number("maturity_floor_years"),
        maturity_cap=number("maturity_cap_years"),
        size_discount=number("size_discount"),
        size_low=number("size_low_eur_m"),
        size_high=number("size_high_eur_m"),
        large_financial=number("large_financial_multiplier"),
        capital_to_rwa=number("capital_to_rwa"),
        citation=irb_parameter(name="confidence").citation,
    )


def ensure_inputs(
    *,
    curve: Curve,
    exposure_class: str,
    has_maturity: bool,
    has_turnover: bool,
    is_large_financial: bool,
) -> None:
    """Refuse with ``CAP049`` an input that the class needs and lacks, or has and does not use."""
    for name, given, wanted in (
        ("maturity_years", has_maturity, curve.is_maturity_adjusted),
        ("turnover_eur_m", has_turnover, curve.needs_turnover),
    ):
        if given != wanted:
            raise misplaced_input(name, f"{'is needed' if wanted else 'has no meaning'} for {exposure_class}")
    if is_large_financial and not curve.takes_large_financial:
        raise misplaced_input("is_large_financial", f"has no meaning for {exposure_class}")


def clip_maturity(maturity: float | None, coefficients: Coefficients) -> float | None:
    """Bring the maturity between its tabled bounds, in years; refuses what is not finite (``CAP049``)."""
    if maturity is None:
        return None
    if not math.isfinite(maturity):
        raise misplaced_input("maturity_years", "is not a finite number")
    return min(max(maturity, coefficients.maturity_floor), coefficients.maturity_cap)


def shape_at(
    *,
    curve: Curve,
    coefficients: Coefficients,
    pd: float,
    lgd: float,
    maturity: float | None,
    turnover: float | None,
    multiplier: float,
) -> Shape:
    """Compute one exposure from floored inputs; refusals as for the public functions that call it."""
    if pd >= 1:
        raise InvalidInput(
            "CAP043",
            "a PD of one is a default",
            remedy="Mark the exposure as defaulted and give its best-estimate loss.",
        )
    if pd <= 0:
        return Shape(curve.high * multiplier, 0.0, 0.0, 1.0, 0.0)
    low_weight = low_weight_at(curve=curve, pd=pd)
    correlation = multiplier * (curve.low * low_weight + curve.high * (1 - low_weight))
    if turnover is not None:
        correlation -= size_discount_at(turnover=turnover, coefficients=coefficients)
    conditional = _NORMAL.cdf(
        (_NORMAL.inv_cdf(pd) + math.sqrt(correlation) * coefficients.confidence_quantile)
        / math.sqrt(1 - correlation)
    )
    capital = max(lgd * (conditional - pd), 0.0)
    if maturity is None:
        return Shape(correlation, 0.0, conditional, 1.0, capital)
    slope = (coefficients.maturity_intercept - coefficients.maturity_slope * math.log(pd)) ** 2
    denominator = 1 - coefficients.maturity_denominator * slope
    if denominator <= 0:
        raise InvalidInput(
            "CAP044",
            f"the maturity adjustment is undefined at a PD of {pd:.3g}",
            remedy="Use a PD above about three per million, or the standardised approach.",
        )
    adjustment = (1 + (maturity - coefficients.maturity_reference) * slope) / denominator
    return Shape(correlation, slope, conditional, adjustment, capital * adjustment)


def low_weight_at(*, curve: Curve, pd: float) -> float:
    """Return the weight of the lower correlation at a PD; one where the curve is constant."""
    return math.expm1(-curve.decay * pd) / math.expm1(-curve.decay) if curve.decay else 1.0


def size_discount_at(*, turnover: float, coefficients: Coefficients) -> float:
    """Return what a turnover in EUR m takes off the correlation; refuses what is not an amount (``CAP049``)."""
    if not (math.isfinite(turnover) and turnover >= 0):
        raise misplaced_input("turnover_eur_m", "is not a finite amount, zero or more")
    size = min(max(turnover, coefficients.size_low), coefficients.size_high)
    span = coefficients.size_high - coefficients.size_low
    return coefficients.size_discount * (1 - (size - coefficients.size_low) / span)


def misplaced_input(name: str, what: str) -> InvalidInput:
    """Build the refusal ``CAP049`` of an input that is missing or has no meaning."""
    return InvalidInput(
        "CAP049", f"{name} {what}", remedy="Give an input exactly where the class uses it.", name=name
    )


def _form(name: str) -> Row:
    return next(row for row in table_rows("irb_curves", "curve") if row.text("curve") == name)
