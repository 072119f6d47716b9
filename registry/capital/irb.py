"""Risk weights of the internal-ratings approach, generic over the coefficients of the tables.

Probabilities and shares are binary floating point, in which the normal quantile and distribution function are
accurate to about 1e-15; a risk weight is right to better than 1e-9. It is cut to twelve decimals before it is
multiplied by an amount, so that amounts are exact decimals of a stated weight.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from registry.capital.figures import Citation, Step, ensure_amount, ensure_share, may_gate, step
from registry.capital.irb_floors import InputFloors
from registry.capital.irb_formula import (
    Coefficients,
    clip_maturity,
    coefficients_in_force,
    curve_of,
    ensure_inputs,
    misplaced_input,
    shape_at,
)
from registry.capital.irb_steps import FormulaInputs, formula_steps
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Provenance

_WEIGHT_TEXT = ".12f"


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbExposure:
    """One exposure. PD over twelve months, LGD and best-estimate loss as shares, turnover in EUR m."""

    exposure_class: str
    pd_12m: float
    lgd_share: float
    ead_eur: Decimal
    provenance: Provenance
    maturity_years: float | None = None
    turnover_eur_m: float | None = None
    is_large_financial: bool = False
    is_defaulted: bool = False
    best_estimate_loss_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbCapital:
    """Capital of one exposure with every intermediate quantity; those that do not apply are absent."""

    pd_12m: float
    lgd_share: float
    maturity_years: float | None
    correlation: float | None
    maturity_slope: float | None
    conditional_pd: float | None
    maturity_adjustment: float | None
    capital_share: float
    risk_weight: Decimal
    rwa_eur: Decimal
    expected_loss_eur: Decimal
    pd_was_floored: bool
    lgd_was_floored: bool
    provenance: Provenance
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on it."""
        return may_gate(citations=self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbPortfolio:
    """Capital of many exposures of one class; weights and amounts are in the order of the input."""

    rwa_eur: Decimal
    ead_eur: Decimal
    expected_loss_eur: Decimal
    risk_weights: tuple[Decimal, ...]
    rwa_by_exposure_eur: tuple[Decimal, ...]
    floored_pds: int
    floored_lgds: int
    provenance: Provenance
    citations: tuple[Citation, ...]


def irb_capital(*, exposure: IrbExposure, floors: InputFloors) -> IrbCapital:
    """Compute the capital of one exposure: floor PD, floor LGD, then the formula of its class.

    Refuses a class without a formula (``CAP042``), shares outside [0, 1] (``CAP021``), a PD of one that is not
    marked as default (``CAP043``), a PD at which the maturity adjustment is undefined (``CAP044``), and maturity,
    turnover or the large-financial mark where they are missing or have no meaning (``CAP049``).
    """
    curve = curve_of(exposure.exposure_class)
    coefficients = coefficients_in_force()
    ensure_amount(name="ead_eur", amount_eur=exposure.ead_eur)
    ensure_share(name="pd_12m", share=exposure.pd_12m)
    ensure_share(name="lgd_share", share=exposure.lgd_share)
    if exposure.is_defaulted:
        return _defaulted(exposure=exposure, floors=floors, coefficients=coefficients)
    ensure_inputs(
        curve=curve,
        exposure_class=exposure.exposure_class,
        has_maturity=exposure.maturity_years is not None,
        has_turnover=exposure.turnover_eur_m is not None,
        is_large_financial=exposure.is_large_financial,
    )
    pd = max(exposure.pd_12m, floors.pd_12m)
    lgd = max(exposure.lgd_share, floors.lgd_share)
    maturity = clip_maturity(exposure.maturity_years, coefficients)
    multiplier = coefficients.large_financial if exposure.is_large_financial else 1.0
    shape = shape_at(
        curve=curve,
        coefficients=coefficients,
        pd=pd,
        lgd=lgd,
        maturity=maturity,
        turnover=exposure.turnover_eur_m,
        multiplier=multiplier,
    )
    weight = _weight(shape.capital, coefficients)
    expected_loss = _decimal(pd * lgd) * exposure.ead_eur
    inputs = _formula_inputs(exposure, pd=pd, maturity=maturity, multiplier=multiplier)
    return IrbCapital(
        pd_12m=pd,
        lgd_share=lgd,
        maturity_years=maturity,
        correlation=shape.correlation,
        maturity_slope=shape.slope if curve.is_maturity_adjusted else None,
        conditional_pd=shape.conditional_pd,
        maturity_adjustment=shape.adjustment if curve.is_maturity_adjusted else None,
        capital_share=shape.capital,
        risk_weight=weight,
        rwa_eur=weight * exposure.ead_eur,
        expected_loss_eur=expected_loss,
        pd_was_floored=pd > exposure.pd_12m,
        lgd_was_floored=lgd > exposure.lgd_share,
        provenance=exposure.provenance,
        steps=(
            _floored("PD used", exposure.pd_12m, floors.pd_12m),
            _floored("LGD used", exposure.lgd_share, floors.lgd_share),
            *formula_steps(inputs=inputs, curve=curve, coefficients=coefficients, shape=shape, weight=weight),
            step(quantity="expected loss", formula="PD x LGD x EAD", value=expected_loss),
        ),
        citations=(*floors.citations, *curve.citations, coefficients.citation),
    )


def irb_portfolio(
    *,
    exposure_class: str,
    pd_12m: Sequence[float],
    lgd_share: Sequence[float],
    ead_eur: Sequence[Decimal],
    floors: InputFloors,
    provenance: Provenance,
    maturity_years: Sequence[float] | None = None,
    turnover_eur_m: Sequence[float] | None = None,
    is_large_financial: bool = False,
) -> IrbPortfolio:
    """Compute the capital of many performing exposures of one class; same formula and refusals as for one.

    Refuses sequences of different lengths with ``CAP050``.
    """
    columns = _columns(pd_12m, lgd_share, ead_eur, maturity_years, turnover_eur_m)
    curve = curve_of(exposure_class)
    coefficients = coefficients_in_force()
    ensure_inputs(
        curve=curve,
        exposure_class=exposure_class,
        has_maturity=maturity_years is not None,
        has_turnover=turnover_eur_m is not None,
        is_large_financial=is_large_financial,
    )
    multiplier = coefficients.large_financial if is_large_financial else 1.0
    weights: list[Decimal] = []
    amounts: list[Decimal] = []
    expected_loss = Decimal(0)
    floored_pds = floored_lgds = 0
    for raw_pd, raw_lgd, ead, maturity, turnover in columns:
        pd = max(ensure_share(name="pd_12m", share=raw_pd), floors.pd_12m)
        lgd = max(ensure_share(name="lgd_share", share=raw_lgd), floors.lgd_share)
        floored_pds += pd > raw_pd
        floored_lgds += lgd > raw_lgd
        shape = shape_at(
            curve=curve,
            coefficients=coefficients,
            pd=pd,
            lgd=lgd,
            maturity=clip_maturity(maturity, coefficients),
            turnover=turnover,
            multiplier=multiplier,
        )
        weights.append(_weight(shape.capital, coefficients))
        amounts.append(weights[-1] * ensure_amount(name="ead_eur", amount_eur=ead))
        expected_loss += _decimal(pd * lgd) * ead
    return IrbPortfolio(
        rwa_eur=sum(amounts, Decimal(0)),
        ead_eur=sum(ead_eur, Decimal(0)),
        expected_loss_eur=expected_loss,
        risk_weights=tuple(weights),
        rwa_by_exposure_eur=tuple(amounts),
        floored_pds=floored_pds,
        floored_lgds=floored_lgds,
        provenance=provenance,
        citations=(*floors.citations, *curve.citations, coefficients.citation),
    )


def _columns(
    pds: Sequence[float],
    lgds: Sequence[float],
    eads: Sequence[Decimal],
    maturities: Sequence[float] | None,
    turnovers: Sequence[float] | None,
) -> Iterator[tuple[float, float, Decimal, float | None, float | None]]:
    absent = (None,) * len(pds)
    columns = (
        lgds,
        eads,
        absent if maturities is None else maturities,
        absent if turnovers is None else turnovers,
    )
    for column in columns:
        if len(column) != len(pds):
            raise InvalidInput(
                "CAP050",
                f"{len(column)} values against {len(pds)} PDs",
                remedy="Send one value per exposure in every column.",
            )
    return zip(pds, *columns, strict=True)


def _defaulted(*, exposure: IrbExposure, floors: InputFloors, coefficients: Coefficients) -> IrbCapital:
    if exposure.best_estimate_loss_share is None:
        raise misplaced_input("best_estimate_loss_share", "is needed for a defaulted exposure")
    best_estimate = ensure_share(name="best_estimate_loss_share", share=exposure.best_estimate_loss_share)
    lgd = max(exposure.lgd_share, floors.lgd_share)
    capital = max(0.0, lgd - best_estimate)
    weight = _weight(capital, coefficients)
    return IrbCapital(
        pd_12m=1.0,
        lgd_share=lgd,
        maturity_years=None,
        correlation=None,
        maturity_slope=None,
        conditional_pd=None,
        maturity_adjustment=None,
        capital_share=capital,
        risk_weight=weight,
        rwa_eur=weight * exposure.ead_eur,
        expected_loss_eur=_decimal(best_estimate) * exposure.ead_eur,
        pd_was_floored=False,
        lgd_was_floored=lgd > exposure.lgd_share,
        provenance=exposure.provenance,
        steps=(
            _floored("LGD used", exposure.lgd_share, floors.lgd_share),
            step(
                quantity="capital share", formula="the higher of zero and LGD - best estimate", value=capital
            ),
            step(
                quantity="risk weight",
                formula=f"{coefficients.capital_to_rwa:g} x capital share",
                value=weight,
            ),
            step(
                quantity="RWA",
                formula=f"risk weight x EAD of {exposure.ead_eur:f}",
                value=weight * exposure.ead_eur,
            ),
            step(
                quantity="expected loss",
                formula="best estimate of loss x EAD",
                value=_decimal(best_estimate) * exposure.ead_eur,
            ),
        ),
        citations=(*floors.citations, coefficients.citation),
    )


def _formula_inputs(
    exposure: IrbExposure, *, pd: float, maturity: float | None, multiplier: float
) -> FormulaInputs:
    return FormulaInputs(
        pd_12m=pd,
        maturity_years=maturity,
        turnover_eur_m=exposure.turnover_eur_m,
        multiplier=multiplier,
        ead_eur=exposure.ead_eur,
    )


def _floored(quantity: str, given: float, floor: float) -> Step:
    return step(
        quantity=quantity,
        formula=f"the higher of {given:.12g} and the floor of {floor:.12g}",
        value=max(given, floor),
    )


def _weight(capital: float, coefficients: Coefficients) -> Decimal:
    return _decimal(capital * coefficients.capital_to_rwa)


def _decimal(value: float) -> Decimal:
    return Decimal(format(value, _WEIGHT_TEXT))
