"""Calculations about scope, and about risks other than credit."""

from dataclasses import dataclass
from decimal import Decimal

from registry.capital.calculator.answers import Answer
from registry.capital.figures import step
from registry.capital.market_risk import attribution_zone, backtest_zone
from registry.capital.operational_risk import operational_risk
from registry.capital.scope import Admission, approach_admission, find_no_model_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionInputs:
    """An exposure class and an approach."""

    jurisdiction: str
    exposure_class: str
    approach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneInputs:
    """An area of capital."""

    jurisdiction: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationalRiskInputs:
    """Business indicator and average annual loss."""

    business_indicator_eur: Decimal
    average_annual_loss_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestInputs:
    """Days in a year on which loss exceeded VaR; a missing figure counts as one."""

    exceptions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionInputs:
    """A desk's two attribution metrics, and where it stood last quarter."""

    jurisdiction: str
    spearman: Decimal
    kolmogorov_smirnov: Decimal
    was_standardised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAnswer:
    """Whether the table closes an area to internal models, and what serves there."""

    jurisdiction: str
    area: str
    is_closed: bool
    approach: str | None


_ADMISSION_WORDS = {
    Admission.YES: "The class admits the approach.",
    Admission.CONDITIONAL: "The class admits the approach under a condition; the note to the clause names it.",
    Admission.NO: "The class does not admit the approach.",
    Admission.UNKNOWN: "The table does not say; that is not a permission.",
}


def answer_admission(asked: AdmissionInputs) -> Answer:
    """Say whether a class admits an approach."""
    answer = approach_admission(
        jurisdiction=asked.jurisdiction, exposure_class=asked.exposure_class, approach=asked.approach
    )
    return Answer(
        sentence=_ADMISSION_WORDS[answer.admission],
        figures=answer,
        steps=(
            step(quantity="admission", formula="cell of the table", value=answer.admission.value),
            step(
                quantity="open without condition",
                formula="other approaches that the class admits",
                value=", ".join(answer.alternatives) or "none",
            ),
        ),
        citations=() if answer.citation is None else (answer.citation,),
    )


def answer_no_model_zone(asked: ZoneInputs) -> Answer:
    """Say whether an area is closed to internal models."""
    zone = find_no_model_zone(jurisdiction=asked.jurisdiction, area=asked.area)
    return Answer(
        sentence="The table does not close the area to internal models; that is not a permission."
        if zone is None
        else f"No internal capital model may serve here; what serves is {zone.approach}.",
        figures=ZoneAnswer(
            jurisdiction=asked.jurisdiction,
            area=asked.area,
            is_closed=zone is not None,
            approach=None if zone is None else zone.approach,
        ),
        steps=(
            step(
                quantity="closed to internal models",
                formula="row of the table",
                value="no row" if zone is None else "yes",
            ),
        ),
        citations=() if zone is None else (zone.citation,),
    )


def answer_operational_risk(asked: OperationalRiskInputs) -> Answer:
    """Compute operational-risk RWA."""
    result = operational_risk(
        business_indicator_eur=asked.business_indicator_eur,
        average_annual_loss_eur=asked.average_annual_loss_eur,
    )
    return Answer(
        sentence=f"RWA EUR {result.rwa_eur:,.2f}; the loss multiplier is {result.loss_multiplier:.6f}.",
        figures=result,
        steps=result.steps,
        citations=result.citations,
    )


def answer_backtest(asked: BacktestInputs) -> Answer:
    """Return zone and multiplier for a count of exceptions."""
    zone = backtest_zone(exceptions=asked.exceptions)
    return Answer(
        sentence=f"The count stands in the {zone.zone} zone; the multiplier is {zone.multiplier:f}.",
        figures=zone,
        steps=(
            step(quantity="zone", formula=f"row for {asked.exceptions} exceptions", value=zone.zone),
            step(quantity="multiplier", formula="cell of that row", value=zone.multiplier),
        ),
        citations=(zone.citation,),
    )


def answer_attribution(asked: AttributionInputs) -> Answer:
    """Return the zone of a desk."""
    zone = attribution_zone(
        jurisdiction=asked.jurisdiction,
        spearman=asked.spearman,
        kolmogorov_smirnov=asked.kolmogorov_smirnov,
        was_standardised=asked.was_standardised,
    )
    return Answer(
        sentence=f"The desk stands in the {zone.zone} zone.",
        figures=zone,
        steps=(*zone.steps, step(quantity="zone", formula="the first that applies", value=zone.zone)),
        citations=(zone.citation,),
    )
