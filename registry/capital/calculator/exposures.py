"""Calculations about exposures: internal ratings with their floors, and the standardised approach."""

from dataclasses import dataclass
from decimal import Decimal

from registry.capital.calculator.answers import Answer, without_repeats
from registry.capital.figures import Step, step, weakest_provenance
from registry.capital.irb import IrbCapital, IrbExposure, irb_capital
from registry.capital.irb_floors import (
    BlendedLgd,
    Collateral,
    ead_floor,
    input_floors,
    own_lgd_floor,
    supervisory_lgd,
)
from registry.capital.standardised import (
    StandardisedRwa,
    convert_off_balance,
    mortgage_rwa,
    slotting_rwa,
    standardised_rwa,
)
from registry.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbInputs(IrbExposure):
    """One exposure, whose floors apply, and whether its LGD is the bank's own estimate."""

    jurisdiction: str
    own_lgd: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbListInputs:
    """Exposures of any classes under the floors of one jurisdiction."""

    jurisdiction: str
    exposures: tuple[IrbExposure, ...]
    own_lgd: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorsInputs:
    """An exposure class, and whether its LGD is the bank's own estimate."""

    jurisdiction: str
    exposure_class: str
    own_lgd: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLgdInputs:
    """An exposure and what secures it, in the order in which the collateral is used."""

    jurisdiction: str
    exposure_class: str
    exposure_eur: Decimal
    exposure_haircut_share: Decimal = Decimal(0)
    collateral: tuple[Collateral, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisoryLgdInputs(OwnLgdInputs):
    """An exposure, its rank and what secures it, in the order in which the collateral is used."""

    is_subordinated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EadInputs:
    """A revolving commitment: drawn, undrawn and the standardised conversion factor."""

    on_balance_eur: Decimal
    off_balance_eur: Decimal
    conversion_factor_share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightInputs:
    """An exposure with its grade."""

    jurisdiction: str
    exposure_class: str
    grade: str
    ead_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MortgageInputs:
    """A loan with its loan-to-value share."""

    jurisdiction: str
    exposure_class: str
    ltv_share: Decimal
    ead_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SlottingInputs:
    """A specialised-lending exposure with its slot."""

    jurisdiction: str
    kind: str
    category: str
    ead_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionInputs:
    """An off-balance item, and the item that it promises, if any."""

    jurisdiction: str
    item: str
    notional_eur: Decimal
    underlying_item: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbLine:
    """One exposure of a list, with every intermediate quantity; those that do not apply are absent."""

    number: int
    exposure_class: str
    pd_12m: float
    lgd_share: float
    correlation: float | None
    conditional_pd: float | None
    maturity_slope: float | None
    maturity_adjustment: float | None
    capital_share: float
    risk_weight: Decimal
    ead_eur: Decimal
    rwa_eur: Decimal
    expected_loss_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class IrbList:
    """Totals of a list of exposures, and each of them."""

    ead_eur: Decimal
    rwa_eur: Decimal
    expected_loss_eur: Decimal
    floored_pds: int
    floored_lgds: int
    exposures: tuple[IrbLine, ...]


def answer_irb_exposure(asked: IrbInputs) -> Answer:
    """Compute one exposure under internal ratings."""
    result = _irb(asked, jurisdiction=asked.jurisdiction, own_lgd=asked.own_lgd)
    return Answer(
        sentence=f"Risk weight {result.risk_weight:,.4%}, RWA EUR {result.rwa_eur:,.2f}.",
        figures=result,
        steps=result.steps,
        citations=without_repeats(result.citations),
        provenance=result.provenance,
    )


def answer_irb_exposures(asked: IrbListInputs) -> Answer:
    """Compute a list of exposures; refuses an empty one with ``CAP051``."""
    if not asked.exposures:
        raise InvalidInput("CAP051", "no exposure was given", remedy="Send at least one exposure.")
    results = [
        _irb(exposure, jurisdiction=asked.jurisdiction, own_lgd=asked.own_lgd) for exposure in asked.exposures
    ]
    ead = sum((exposure.ead_eur for exposure in asked.exposures), Decimal(0))
    rwa = sum((result.rwa_eur for result in results), Decimal(0))
    loss = sum((result.expected_loss_eur for result in results), Decimal(0))
    return Answer(
        sentence=f"{len(results)} exposures: RWA EUR {rwa:,.2f} on EUR {ead:,.2f}.",
        figures=IrbList(
            ead_eur=ead,
            rwa_eur=rwa,
            expected_loss_eur=loss,
            floored_pds=sum(result.pd_was_floored for result in results),
            floored_lgds=sum(result.lgd_was_floored for result in results),
            exposures=tuple(
                _line(number, exposure, result)
                for number, (exposure, result) in enumerate(
                    zip(asked.exposures, results, strict=True), start=1
                )
            ),
        ),
        steps=(
            *(
                step(
                    quantity=f"RWA of exposure {number}",
                    formula=f"risk weight {result.risk_weight:f} x EAD of {exposure.ead_eur:f}",
                    value=result.rwa_eur,
                )
                for number, (exposure, result) in enumerate(
                    zip(asked.exposures, results, strict=True), start=1
                )
            ),
            step(quantity="EAD", formula="sum of the exposures", value=ead),
            step(quantity="RWA", formula="sum of the exposures", value=rwa),
            step(quantity="expected loss", formula="sum of the exposures", value=loss),
        ),
        citations=without_repeats(citation for result in results for citation in result.citations),
        provenance=weakest_provenance(provenances=[exposure.provenance for exposure in asked.exposures]),
    )


def answer_input_floors(asked: FloorsInputs) -> Answer:
    """Return the least PD and LGD of a class."""
    floors = input_floors(
        jurisdiction=asked.jurisdiction, exposure_class=asked.exposure_class, own_lgd=asked.own_lgd
    )
    lgd = "least LGD of an unsecured exposure" if asked.own_lgd else "none: the LGD is the supervisor's"
    return Answer(
        sentence=f"PD at least {floors.pd_12m:,.2%}, LGD at least {floors.lgd_share:,.2%}.",
        figures=floors,
        steps=(
            step(
                quantity="PD floor", formula="least PD over twelve months of the class", value=floors.pd_12m
            ),
            step(quantity="LGD floor", formula=lgd, value=floors.lgd_share),
        ),
        citations=floors.citations,
    )


def answer_own_lgd_floor(asked: OwnLgdInputs) -> Answer:
    """Return the floor on own LGD of a secured exposure."""
    return _lgd(
        "Own LGD at least",
        own_lgd_floor(
            jurisdiction=asked.jurisdiction,
            exposure_class=asked.exposure_class,
            exposure_eur=asked.exposure_eur,
            collateral=asked.collateral,
            exposure_haircut_share=asked.exposure_haircut_share,
        ),
    )


def answer_supervisory_lgd(asked: SupervisoryLgdInputs) -> Answer:
    """Return the supervisor's LGD with collateral."""
    return _lgd(
        "LGD",
        supervisory_lgd(
            jurisdiction=asked.jurisdiction,
            exposure_class=asked.exposure_class,
            exposure_eur=asked.exposure_eur,
            is_subordinated=asked.is_subordinated,
            collateral=asked.collateral,
            exposure_haircut_share=asked.exposure_haircut_share,
        ),
    )


def answer_ead_floor(asked: EadInputs) -> Answer:
    """Return the least exposure at default under own estimates."""
    floor = ead_floor(
        on_balance_eur=asked.on_balance_eur,
        off_balance_eur=asked.off_balance_eur,
        conversion_factor_share=asked.conversion_factor_share,
    )
    return Answer(
        sentence=f"EAD at least EUR {floor.ead_eur:,.2f}.",
        figures=floor,
        steps=floor.steps,
        citations=floor.citations,
    )


def answer_standardised_weight(asked: WeightInputs) -> Answer:
    """Weight an exposure by class and grade."""
    return _weighted(
        standardised_rwa(
            jurisdiction=asked.jurisdiction,
            exposure_class=asked.exposure_class,
            grade=asked.grade,
            ead_eur=asked.ead_eur,
        )
    )


def answer_mortgage_weight(asked: MortgageInputs) -> Answer:
    """Weight a whole loan by its loan-to-value share."""
    return _weighted(
        mortgage_rwa(
            jurisdiction=asked.jurisdiction,
            exposure_class=asked.exposure_class,
            ltv_share=asked.ltv_share,
            ead_eur=asked.ead_eur,
        )
    )


def answer_slotting_weight(asked: SlottingInputs) -> Answer:
    """Weight a specialised-lending exposure by its slot."""
    result = slotting_rwa(
        jurisdiction=asked.jurisdiction, kind=asked.kind, category=asked.category, ead_eur=asked.ead_eur
    )
    return Answer(
        sentence=f"Risk weight {result.risk_weight:,.2%}, RWA EUR {result.rwa_eur:,.2f}, "
        f"expected loss EUR {result.expected_loss_eur:,.2f}.",
        figures=result,
        steps=(_weight_step(result.risk_weight), *result.steps),
        citations=result.citations,
    )


def answer_off_balance(asked: ConversionInputs) -> Answer:
    """Convert an off-balance item into an exposure."""
    result = convert_off_balance(
        jurisdiction=asked.jurisdiction,
        item=asked.item,
        notional_eur=asked.notional_eur,
        underlying_item=asked.underlying_item,
    )
    which = "factor of the item" if asked.underlying_item is None else "the lower factor of the two items"
    return Answer(
        sentence=f"The exposure is EUR {result.ead_eur:,.2f}.",
        figures=result,
        steps=(
            step(quantity="conversion factor", formula=which, value=result.conversion_factor_share),
            step(
                quantity="EAD",
                formula=f"conversion factor x {asked.notional_eur:f}",
                value=result.ead_eur,
            ),
        ),
        citations=(result.citation,),
    )


def _irb(exposure: IrbExposure, *, jurisdiction: str, own_lgd: bool) -> IrbCapital:
    floors = input_floors(jurisdiction=jurisdiction, exposure_class=exposure.exposure_class, own_lgd=own_lgd)
    return irb_capital(exposure=exposure, floors=floors)


def _line(number: int, exposure: IrbExposure, result: IrbCapital) -> IrbLine:
    return IrbLine(
        number=number,
        exposure_class=exposure.exposure_class,
        pd_12m=result.pd_12m,
        lgd_share=result.lgd_share,
        correlation=result.correlation,
        conditional_pd=result.conditional_pd,
        maturity_slope=result.maturity_slope,
        maturity_adjustment=result.maturity_adjustment,
        capital_share=result.capital_share,
        risk_weight=result.risk_weight,
        ead_eur=exposure.ead_eur,
        rwa_eur=result.rwa_eur,
        expected_loss_eur=result.expected_loss_eur,
    )


def _lgd(lead: str, result: BlendedLgd) -> Answer:
    return Answer(
        sentence=f"{lead} {result.lgd_share:,.4%}.",
        figures=result,
        steps=result.steps,
        citations=without_repeats(result.citations),
    )


def _weighted(result: StandardisedRwa) -> Answer:
    return Answer(
        sentence=f"Risk weight {result.risk_weight:,.2%}, RWA EUR {result.rwa_eur:,.2f}.",
        figures=result,
        steps=(_weight_step(result.risk_weight), *result.steps),
        citations=result.citations,
    )


def _weight_step(weight: Decimal) -> Step:
    return step(quantity="risk weight", formula="cell of the table", value=weight)
