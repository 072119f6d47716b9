"""Every calculation by its key, with its published examples."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from registry.capital.allocation import MarginalEffect
from registry.capital.calculator import exposures, floors, other_risks, portfolios
from registry.capital.calculator.answers import Answer
from registry.capital.calculator.inputs import Input, Kind, inputs_of
from registry.capital.cited_tables import column_values, table_rows
from registry.capital.figures import Citation
from registry.capital.floor_base import EntityRwa
from registry.capital.irb import IrbCapital
from registry.capital.irb_floors import BlendedLgd, EadFloor, InputFloors
from registry.capital.market_risk import AttributionZone, BacktestZone
from registry.capital.model_floor import ModelFloor
from registry.capital.operational_risk import OperationalRisk
from registry.capital.output_floor import EntityFloor
from registry.capital.scope import ScopeAnswer
from registry.capital.standardised import ConvertedExposure, SlottingRwa, StandardisedRwa
from registry.domain.errors import NotFound

Columns = Mapping[str, tuple[str, str]]

_SCHEDULE: Columns = {"jurisdiction": ("output_floor_schedule", "jurisdiction")}
_BASE: Columns = {
    "lines.risk": ("output_floor_base", "risk"),
    "lines.standardised_approach": ("output_floor_base", "approach"),
}
_FLOORS: Columns = {
    "jurisdiction": ("irb_floors", "jurisdiction"),
    "exposure_class": ("irb_floors", "exposure_class"),
}
_COLLATERAL: Columns = {**_FLOORS, "collateral.kind": ("irb_collateral", "kind")}
_WEIGHTS: Columns = {
    "jurisdiction": ("standardised_weights", "jurisdiction"),
    "exposure_class": ("standardised_weights", "exposure_class"),
    "grade": ("standardised_weights", "grade"),
}
_ITEMS: Columns = {
    "jurisdiction": ("conversion_factors", "jurisdiction"),
    "item": ("conversion_factors", "item"),
    "underlying_item": ("conversion_factors", "item"),
}
_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "lines": "One line per risk or asset class: before the floor, and in the base of the floor.",
        "own_funds": "Only where the jurisdiction adds an own-funds adjustment; then all four terms.",
        "with_transitional_cap": "The entity uses the cap where the schedule has one that still runs.",
        "own_lgd": "Own estimate of LGD; without it the LGD is the supervisor's and has no floor.",
        "pd_12m": "Probability of default over twelve months, as a share: 0.01 is one per cent.",
        "lgd_share": "Loss given default as a share.",
        "maturity_years": "Needed outside retail.",
        "turnover_eur_m": "Needed for small and medium-sized corporates, in millions of euros.",
        "best_estimate_loss_share": "Needed for a defaulted exposure.",
        "provenance": "How the figures came to be known.",
        "collateral": "In the order in which it is used. A haircut only where the table has none.",
        "exposure_haircut_share": "Where what was lent is itself volatile, such as a security; else zero.",
        "required_share": "Least share of RWA on the benchmark; the house sets it.",
        "drivers": "How many obligors to name.",
    }
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Calculation:
    """One question: its inputs as a dataclass, its figures as another, and the function between them.

    ``columns`` says which column of which table holds the values that an input knows.
    """

    key: str
    group: str
    title: str
    question: str
    asked: type[Any]
    figures: type[Any]
    compute: Callable[[Any], Answer]
    columns: Columns = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs in order."""
        return _inputs(self)

    @property
    def is_flat(self) -> bool:
        """Whether a query is enough to ask: no input is a group or a list."""
        return not any(item.kind in (Kind.GROUP, Kind.ROWS) for item in self.inputs)

    def answer(self, values: Mapping[str, Any]) -> Answer:
        """Compute from the values that were read."""
        return self.compute(self.asked(**values))

    @property
    def examples(self) -> tuple["Example", ...]:
        """The published or hand-worked examples."""
        return _examples().get(self.key, ())

    @property
    def sources(self) -> str:
        """Where the examples come from: each source once, without the remarks behind a semicolon."""
        return "; ".join(dict.fromkeys(one.citation.source.split(";")[0] for one in self.examples))


@dataclass(frozen=True, kw_only=True)
class Example:
    """Inputs with the value that was published for one quantity, or worked by hand from the clause."""

    key: str
    title: str
    given: Mapping[str, Any]
    quantity: str
    published: str
    citation: Citation


CALCULATIONS: tuple[Calculation, ...] = (
    Calculation(
        key="output-floor",
        group="Output floor",
        title="Output floor of an entity",
        question="What are floored risk-weighted assets on a day, does the floor bind, and by how much?",
        asked=floors.FloorInputs,
        figures=EntityFloor,
        compute=floors.answer_output_floor,
        columns={**_SCHEDULE, **_BASE},
    ),
    Calculation(
        key="floor-path",
        group="Output floor",
        title="Output floor over time",
        question="How does the floor step up on the same totals, and from which day does it bind?",
        asked=floors.FloorInputs,
        figures=floors.FloorPath,
        compute=floors.answer_floor_path,
        columns={**_SCHEDULE, **_BASE},
    ),
    Calculation(
        key="floor-schedule",
        group="Output floor",
        title="Schedule of a jurisdiction",
        question="Which share of standardised risk-weighted assets is in force where, and when?",
        asked=floors.ScheduleInputs,
        figures=floors.Schedule,
        compute=floors.answer_floor_schedule,
        columns=_SCHEDULE,
    ),
    Calculation(
        key="floor-base",
        group="Output floor",
        title="Base of the floor",
        question="May these approaches stand in the base, and what do the lines add up to?",
        asked=floors.BaseInputs,
        figures=EntityRwa,
        compute=floors.answer_floor_base,
        columns=_BASE,
    ),
    Calculation(
        key="add-on-allocation",
        group="Output floor",
        title="Allocation of the add-on",
        question="Which portfolio bears how much of what the floor adds?",
        asked=portfolios.AllocationInputs,
        figures=portfolios.AddOnShares,
        compute=portfolios.answer_allocation,
        columns=_SCHEDULE,
    ),
    Calculation(
        key="marginal-effect",
        group="Output floor",
        title="Marginal effect of a model",
        question="What does permitting a model buy the entity, after the floor?",
        asked=portfolios.MarginalInputs,
        figures=MarginalEffect,
        compute=portfolios.answer_marginal_effect,
        columns=_SCHEDULE,
    ),
    Calculation(
        key="model-floor",
        group="Output floor",
        title="Floor at the level of a model",
        question="Do a model's risk-weighted assets reach the required share of its benchmark's?",
        asked=portfolios.ModelFloorInputs,
        figures=ModelFloor,
        compute=portfolios.answer_model_floor,
    ),
    Calculation(
        key="irb-exposure",
        group="Credit risk, internal ratings",
        title="Risk weight of one exposure",
        question="What risk weight do these estimates give, line by line?",
        asked=exposures.IrbInputs,
        figures=IrbCapital,
        compute=exposures.answer_irb_exposure,
        columns=_FLOORS,
    ),
    Calculation(
        key="irb-exposures",
        group="Credit risk, internal ratings",
        title="Risk weights of a list of exposures",
        question="What do many exposures, of any classes, add up to?",
        asked=exposures.IrbListInputs,
        figures=exposures.IrbList,
        compute=exposures.answer_irb_exposures,
        columns={
            "jurisdiction": ("irb_floors", "jurisdiction"),
            "exposures.exposure_class": ("irb_floors", "exposure_class"),
        },
    ),
    Calculation(
        key="input-floors",
        group="Credit risk, internal ratings",
        title="Input floors of a class",
        question="What are the least PD and LGD that may enter the formula?",
        asked=exposures.FloorsInputs,
        figures=InputFloors,
        compute=exposures.answer_input_floors,
        columns=_FLOORS,
    ),
    Calculation(
        key="supervisory-lgd",
        group="Credit risk, internal ratings",
        title="Supervisor's LGD with collateral",
        question="Which LGD does the foundation approach give?",
        asked=exposures.SupervisoryLgdInputs,
        figures=BlendedLgd,
        compute=exposures.answer_supervisory_lgd,
        columns={
            **_COLLATERAL,
            "jurisdiction": ("supervisory_lgd", "jurisdiction"),
            "exposure_class": ("supervisory_lgd", "exposure_class"),
        },
    ),
    Calculation(
        key="own-lgd-floor",
        group="Credit risk, internal ratings",
        title="Floor on own LGD with collateral",
        question="What is the least own LGD of an exposure that is partly secured?",
        asked=exposures.OwnLgdInputs,
        figures=BlendedLgd,
        compute=exposures.answer_own_lgd_floor,
        columns=_COLLATERAL,
    ),
    Calculation(
        key="ead-floor",
        group="Credit risk, internal ratings",
        title="Floor on own EAD",
        question="What is the least exposure at default of a revolving commitment?",
        asked=exposures.EadInputs,
        figures=EadFloor,
        compute=exposures.answer_ead_floor,
    ),
    Calculation(
        key="approach-admission",
        group="Scope",
        title="Admission of an approach",
        question="Does the exposure class admit the approach, and which others are open?",
        asked=other_risks.AdmissionInputs,
        figures=ScopeAnswer,
        compute=other_risks.answer_admission,
        columns={
            "jurisdiction": ("irb_scope", "jurisdiction"),
            "exposure_class": ("irb_scope", "exposure_class"),
            "approach": ("irb_scope", "approach"),
        },
    ),
    Calculation(
        key="no-model-zone",
        group="Scope",
        title="No-model zones",
        question="Is the area closed to internal capital models, and what serves instead?",
        asked=other_risks.ZoneInputs,
        figures=other_risks.ZoneAnswer,
        compute=other_risks.answer_no_model_zone,
        columns={
            "jurisdiction": ("no_model_zones", "jurisdiction"),
            "area": ("no_model_zones", "area"),
        },
    ),
    Calculation(
        key="standardised-weight",
        group="Credit risk, standardised",
        title="Standardised weight by grade",
        question="Which weight does the table give a class and a grade?",
        asked=exposures.WeightInputs,
        figures=StandardisedRwa,
        compute=exposures.answer_standardised_weight,
        columns=_WEIGHTS,
    ),
    Calculation(
        key="mortgage-weight",
        group="Credit risk, standardised",
        title="Standardised weight of a mortgage",
        question="Which weight does the whole loan take at its loan-to-value share?",
        asked=exposures.MortgageInputs,
        figures=StandardisedRwa,
        compute=exposures.answer_mortgage_weight,
        columns={name: column for name, column in _WEIGHTS.items() if name != "grade"},
    ),
    Calculation(
        key="slotting-weight",
        group="Credit risk, standardised",
        title="Supervisory slotting",
        question="Which weight and expected loss does a slot give?",
        asked=exposures.SlottingInputs,
        figures=SlottingRwa,
        compute=exposures.answer_slotting_weight,
        columns={name: ("slotting_weights", name) for name in ("jurisdiction", "kind", "category")},
    ),
    Calculation(
        key="off-balance-conversion",
        group="Credit risk, standardised",
        title="Conversion of an off-balance item",
        question="Which exposure does an off-balance item become?",
        asked=exposures.ConversionInputs,
        figures=ConvertedExposure,
        compute=exposures.answer_off_balance,
        columns=_ITEMS,
    ),
    Calculation(
        key="operational-risk",
        group="Operational and market risk",
        title="Operational risk",
        question="What does the business indicator give, with the bank's own losses?",
        asked=other_risks.OperationalRiskInputs,
        figures=OperationalRisk,
        compute=other_risks.answer_operational_risk,
    ),
    Calculation(
        key="backtest-multiplier",
        group="Operational and market risk",
        title="Backtesting multiplier",
        question="Which zone and multiplier follow from a year's exceptions?",
        asked=other_risks.BacktestInputs,
        figures=BacktestZone,
        compute=other_risks.answer_backtest,
    ),
    Calculation(
        key="attribution-zone",
        group="Operational and market risk",
        title="Zone of profit-and-loss attribution",
        question="In which zone does a desk stand?",
        asked=other_risks.AttributionInputs,
        figures=AttributionZone,
        compute=other_risks.answer_attribution,
        columns={"jurisdiction": ("attribution_zones", "jurisdiction")},
    ),
)


def get_calculation(*, key: str) -> Calculation:
    """Return a calculation; refuses an unknown key with ``CAP100``."""
    for calculation in CALCULATIONS:
        if calculation.key == key:
            return calculation
    raise NotFound(
        "CAP100",
        f"there is no calculation {key!r}",
        remedy="Choose one from the page of the calculator.",
    )


@cache
def _inputs(calculation: Calculation) -> tuple[Input, ...]:
    known = {
        path: column_values(table=table, column=column)
        for path, (table, column) in calculation.columns.items()
    }
    return inputs_of(calculation.asked, known=known, notes=_NOTES)


@cache
def _examples() -> Mapping[str, tuple[Example, ...]]:
    by_calculation: dict[str, tuple[Example, ...]] = {}
    for row in table_rows("published_examples", "calculation", "example"):
        example = Example(
            key=row.text("example"),
            title=row.text("title"),
            given=row.parsed("inputs", json.loads),
            quantity=row.text("quantity"),
            published=row.text("published"),
            citation=row.citation,
        )
        name = row.text("calculation")
        by_calculation[name] = (*by_calculation.get(name, ()), example)
    return MappingProxyType(by_calculation)
