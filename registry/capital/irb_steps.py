"""The lines by which a risk weight of the internal-ratings approach is redone by hand."""

from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from registry.capital.figures import Step, step
from registry.capital.irb_formula import Coefficients, Curve, Shape, low_weight_at, size_discount_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaInputs:
    """What entered the formula: PD after its floor, maturity in years, turnover in EUR m."""

    pd_12m: float
    maturity_years: float | None
    turnover_eur_m: float | None
    multiplier: float
    ead_eur: Decimal


def formula_steps(
    *, inputs: FormulaInputs, curve: Curve, coefficients: Coefficients, shape: Shape, weight: Decimal
) -> tuple[Step, ...]:
    """Return the lines from floored PD and LGD to RWA, each with the coefficients that the tables hold."""
    lines: list[Step] = []
    if inputs.pd_12m > 0:
        lines += _correlation(inputs=inputs, curve=curve, coefficients=coefficients, shape=shape)
        lines += _conditional(pd=inputs.pd_12m, coefficients=coefficients, shape=shape)
        if inputs.maturity_years is not None:
            lines += _maturity(inputs.maturity_years, coefficients=coefficients, shape=shape)
    return (
        *lines,
        step(
            quantity="capital share K",
            formula="LGD (conditional PD - PD), times the maturity adjustment where there is one; "
            "zero at a PD of zero",
            value=shape.capital,
        ),
        step(quantity="risk weight", formula=f"{coefficients.capital_to_rwa:g} K", value=weight),
        step(
            quantity="RWA",
            formula=f"risk weight x EAD of {inputs.ead_eur:f}",
            value=weight * inputs.ead_eur,
        ),
    )


def _correlation(
    *, inputs: FormulaInputs, curve: Curve, coefficients: Coefficients, shape: Shape
) -> list[Step]:
    if not curve.decay:
        return [step(quantity="correlation R", formula="constant of the class", value=shape.correlation)]
    low = low_weight_at(curve=curve, pd=inputs.pd_12m)
    lines = [
        step(
            quantity="weight w",
            formula=f"(1 - e^(-{curve.decay:g} PD)) / (1 - e^(-{curve.decay:g}))",
            value=low,
        ),
        step(
            quantity="correlation of the class",
            formula=f"{curve.low:g} w + {curve.high:g} (1 - w)",
            value=curve.low * low + curve.high * (1 - low),
        ),
    ]
    if inputs.turnover_eur_m is not None:
        lines.append(
            step(
                quantity="size discount",
                formula=f"{coefficients.size_discount:g} (1 - (S - {coefficients.size_low:g}) / "
                f"({coefficients.size_high:g} - {coefficients.size_low:g})), turnover S in EUR m between "
                f"{coefficients.size_low:g} and {coefficients.size_high:g}",
                value=size_discount_at(turnover=inputs.turnover_eur_m, coefficients=coefficients),
            )
        )
    return [
        *lines,
        step(
            quantity="correlation R",
            formula=f"{inputs.multiplier:g} x correlation of the class, less the size discount where there is one",
            value=shape.correlation,
        ),
    ]


def _conditional(*, pd: float, coefficients: Coefficients, shape: Shape) -> list[Step]:
    normal = "inverse of the standard normal distribution N"
    return [
        step(quantity="G(PD)", formula=normal, value=NormalDist().inv_cdf(pd)),
        step(
            quantity=f"G({coefficients.confidence:g})", formula=normal, value=coefficients.confidence_quantile
        ),
        step(
            quantity="conditional PD",
            formula=f"N((G(PD) + sqrt(R) G({coefficients.confidence:g})) / sqrt(1 - R))",
            value=shape.conditional_pd,
        ),
    ]


def _maturity(maturity: float, *, coefficients: Coefficients, shape: Shape) -> list[Step]:
    return [
        step(
            quantity="maturity M",
            formula=f"years, between {coefficients.maturity_floor:g} and {coefficients.maturity_cap:g}",
            value=maturity,
        ),
        step(
            quantity="slope b",
            formula=f"({coefficients.maturity_intercept:g} - {coefficients.maturity_slope:g} ln PD)^2",
            value=shape.slope,
        ),
        step(
            quantity="maturity adjustment",
            formula=f"(1 + (M - {coefficients.maturity_reference:g}) b) / "
            f"(1 - {coefficients.maturity_denominator:g} b)",
            value=shape.adjustment,
        ),
    ]
