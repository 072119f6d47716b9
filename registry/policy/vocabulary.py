"""The declared facts: the only things that a rule may read.

Each fact has a type, the stage from which it is available, a description and
the place its evidence comes from. ``mutable`` says whether somebody can bring
about another value for the same version and use case: the approach applied
for can change, the exposure class of the portfolio cannot. Counterfactuals
propose changes to mutable facts only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from registry.domain.vocab import (
    Complexity,
    ExplainabilityLevel,
    Materiality,
    ModelFamily,
    Opinion,
    RiskTier,
    Safeguard,
    Stage,
    UseCaseArchetype,
)


class FactType(StrEnum):
    """How a fact's value is written and compared."""

    BOOL = "bool"
    INT = "int"
    DECIMAL = "decimal"
    ENUM = "enum"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSpec:
    """One declared fact. ``minimum`` and ``maximum`` bound what can occur, both inclusive."""

    name: str
    type: FactType
    stage: Stage
    description: str
    evidence: str
    unit: str = ""
    options: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    mutable: bool = False


TIER = "tier"
REQUIRED_EXPLAINABILITY = "use.required_explainability"
RELIEF = "tier.relief"
WEIGHTED_SUM = "tier.weighted_sum"

RISK_CATEGORIES = ("credit", "market", "operational", "cva", "none")
EXPOSURE_CLASSES = (
    "retail_qrre_revolver",
    "retail_qrre_transactor",
    "retail_mortgage",
    "retail_other",
    "corporate_large",
    "corporate",
    "corporate_sme",
    "bank",
    "sovereign",
    "equity",
    "specialised_lending",
    "securitisation",
    "none",
)
APPROACHES = ("SA", "F-IRB", "A-IRB", "slotting", "none")
PARAMETERS = ("PD", "LGD", "EAD", "none")

_ZERO = Decimal(0)
_ONE = Decimal(1)
_LEVELS = (Decimal(min(ExplainabilityLevel)), Decimal(max(ExplainabilityLevel)))


def _members(options: type[StrEnum]) -> tuple[str, ...]:
    return tuple(member.value for member in options if member.value != "unknown")


_OPTIONS = {
    "model.family": _members(ModelFamily),
    "model.complexity": _members(Complexity),
    "use.archetype": _members(UseCaseArchetype),
    "use.materiality": _members(Materiality),
    "capital.risk_category": RISK_CATEGORIES,
    "capital.exposure_class": EXPOSURE_CLASSES,
    "capital.approach": APPROACHES,
    "capital.parameter": PARAMETERS,
    "validation.opinion": _members(Opinion),
}

_BOUNDS: dict[str, tuple[Decimal | None, Decimal | None]] = {
    "any": (None, None),
    "share": (_ZERO, _ONE),
    "signed": (-_ONE, _ONE),
    "count": (_ZERO, None),
    "most1": (None, _ONE),
    "level": _LEVELS,
    "tier": (Decimal(min(RiskTier)), Decimal(max(RiskTier))),
    "relief": (_ZERO, Decimal(max(RiskTier))),
}

# Two lines per fact: name | type | bounds | unit | fixed or open to change | evidence; then the description.
_TIERING = """
model.family | enum | any | | fixed | artefact's flavour and bytes
    Kind of artefact.
model.complexity | enum | any | | fixed | artefact's flavour and bytes
    Complexity of the version.
model.is_vendor | bool | any | | fixed | model's record
    The model is supplied by a third party.
model.is_generative | bool | any | | fixed | artefact's flavour and bytes
    The model generates text, images or code.
use.archetype | enum | any | | fixed | use case's record
    Kind of use.
use.customer_facing | bool | any | | fixed | use case's record
    Its output reaches customers.
use.decides_on_individuals | bool | any | | fixed | use case's record
    It decides on natural persons.
use.regulatory_capital | bool | any | | fixed | use case's record
    It feeds regulatory capital.
use.jurisdiction | text | any | | fixed | use case's record
    Where the use is supervised.
use.exposure_eur | decimal | count | EUR | fixed | use case's record
    Exposure that the use decides on.
use.materiality | enum | any | | fixed | use case's record
    Exposure and purpose taken together.
tier.relief | int | relief | | fixed | tier override or tiering method
    Tier down to which the matrix is relieved, 0 for not at all.
tier.weighted_sum | int | tier | | fixed | scorecard of a pack
    Tier by the weighted sum.
"""

_REQUIREMENTS = """
use.required_explainability | int | level | level | fixed | tiering stage
    Explainability that the use needs.
tier | int | tier | | fixed | tiering stage
    The risk tier.
capital.risk_category | enum | any | | fixed | use case's capital record
    Risk whose capital the model feeds.
capital.exposure_class | enum | any | | fixed | use case's capital record
    Exposure class of the portfolio.
capital.approach | enum | any | | open | use case's capital record
    Approach applied for.
capital.parameter | enum | any | | fixed | use case's capital record
    Risk parameter that the model estimates.
version.artifact_hashed | bool | any | | open | registered artefact
    A digest was taken over the artefact's bytes.
version.has_signature | bool | any | | open | registered artefact
    The artefact declares its inputs and outputs.
version.has_data_lineage | bool | any | | open | training run
    The training data set is recorded.
version.is_interpretable | bool | any | | fixed | model's family
    The model is its own explanation.
output_floor.factor | decimal | share | | fixed | output floor schedule
    Output floor factor at the date.
output_floor.factor_verified | bool | any | | fixed | output floor schedule
    The factor was read in the rule itself.
"""

_EVIDENCE = """
evidence.auc | decimal | share | | open | check discrimination.auc
    Area under the ROC curve.
evidence.gini | decimal | signed | | open | check discrimination.auc
    The Gini coefficient.
evidence.gini_lower | decimal | signed | | open | check discrimination.auc
    Lower confidence bound of the Gini coefficient.
evidence.ks | decimal | share | | open | check discrimination.ks
    The Kolmogorov-Smirnov distance.
evidence.calibration_min_p | decimal | share | | open | check calibration.jeffreys
    Smallest adjusted p-value of a grade.
evidence.hosmer_lemeshow_p | decimal | share | | open | check calibration.hosmer_lemeshow
    The Hosmer-Lemeshow p-value.
evidence.brier_skill | decimal | most1 | | open | check calibration.brier
    The Brier skill over the base rate.
evidence.psi | decimal | count | | open | check stability.psi
    Population stability index of the score.
evidence.data_drift_share | decimal | share | | open | check drift.data
    Share of input columns that drifted.
evidence.score_drift_ks | decimal | share | | open | check drift.score
    Distance of current and reference scores.
evidence.explanation_additivity | decimal | count | | open | check explain.shap
    Gap of attributions and output.
evidence.explanation_stability | decimal | signed | | open | check explain.shap
    Rank agreement of explanations.
evidence.explanation_faithfulness_lower | decimal | any | | open | check explain.certificate
    Lower bound of what the explained order saves over random ones.
evidence.explanation_unsupported | decimal | share | | open | check explain.certificate
    Importance on features that move nothing among customers.
evidence.explainability_achieved | int | level | level | fixed | check explain.shap
    Explainability shown by evidence.
evidence.advantage_gini | decimal | any | | open | check challenger.advantage
    The Gini advantage over the interpretable challenger.
evidence.advantage_gini_lower | decimal | any | | open | check challenger.advantage
    Lower bound of that advantage.
evidence.perturbation_gini_loss | decimal | any | | open | check robustness.inputs
    Gini lost when inputs are a little off.
evidence.perturbation_gini_loss_upper | decimal | any | | open | check robustness.inputs
    Upper confidence bound of that loss.
evidence.impossible_outputs | int | count | | open | check robustness.inputs
    Stresses answered by what is no probability.
evidence.adverse_impact_ratio | decimal | count | | open | check fairness.outcomes
    Lowest approval rate of a group, over that of the control group.
evidence.adverse_impact_ratio_lower | decimal | count | | open | check fairness.outcomes
    Lower confidence bound of that ratio.
evidence.standardised_mean_difference | decimal | any | | open | check fairness.outcomes
    Largest distance of the scores of a group from the control's, in hundredths of a deviation.
evidence.equalised_odds_difference | decimal | share | | open | check fairness.outcomes
    Largest gap of a group's rate of denial among defaults, or among the others.
evidence.artifact_verified | bool | any | | open | check integrity.artifact
    Bytes match and predictions repeat.
evidence.self_report_gap | decimal | count | | open | check integrity.self_report
    Gap of claimed and recomputed metric.
capital.model_share_of_benchmark | decimal | count | | open | check capital.rwa_effect
    RWA as a share of the benchmark's.
capital.entity_floor_binding | bool | any | | fixed | check capital.rwa_effect
    The output floor binds for the entity.
"""

_APPROVAL = """
validation.completed | bool | any | | open | validation run
    A validation run has completed.
validation.report_signed | bool | any | | open | validation report
    A validator signed the report.
validation.opinion | enum | any | | open | validation report
    The validator's conclusion.
validation.age_days | int | count | days | open | validation report
    Days since the validation.
findings.open_critical | int | count | | open | findings
    Open critical findings.
findings.open_high | int | count | | open | findings
    Open high findings.
checks.failed | int | count | | open | evidence records
    Checks that failed.
checks.errored | int | count | | open | evidence records
    Checks that ended in an error.
trade_off.economic_statement | bool | any | | open | trade-off record
    The benefit in money is stated and signed.
trade_off.expires_in_days | int | any | days | open | trade-off record
    Days until the trade-off ends.
"""

_USE = """
permit.issued | bool | any | | open | permit
    A permit was issued.
permit.days_left | int | any | days | open | permit
    Days until the permit expires.
permit.digest_matches | bool | any | | open | permit
    The permit names this artefact.
permit.suspended | bool | any | | open | permit
    The permit is suspended.
use.stated_exposure_eur | decimal | count | EUR | open | caller's statement
    Exposure of the use asked about.
use.stated_segment | text | any | | open | caller's statement
    Segment of the use asked about.
use.stated_overlays | text | any | | open | caller's statement
    Overlays that the user applies, separated by commas.
use.stated_review_rate | decimal | share | | open | caller's statement
    Share of decisions that a person reviews.
use.stated_share_of_benchmark | decimal | count | | open | caller's statement
    RWA as counted, as a share of the benchmark's.
conditions.exceeded | int | count | | open | conditions of the permit
    Conditions of the permit that the use exceeds.
conditions.unknown | int | count | | open | conditions of the permit
    Conditions of the permit of which nobody knows whether they are kept.
monitoring.breach_open | bool | any | | open | monitoring
    A monitoring breach is open.
"""

_SAFEGUARDS = "".join(
    f"safeguard.{item} | bool | any | | open | safeguard's evidence\n"
    f"    {item.replace('_', ' ').capitalize()} is evidenced and dated.\n"
    for item in Safeguard
)

_TABLES = (
    (Stage.TIERING, _TIERING),
    (Stage.REQUIREMENTS, _REQUIREMENTS),
    (Stage.GATE_APPROVE, _EVIDENCE),
    (Stage.GATE_APPROVE, _APPROVAL),
    (Stage.GATE_APPROVE, _SAFEGUARDS),
    (Stage.GATE_USE, _USE),
)


def _spec(stage: Stage, line: str, description: str) -> FactSpec:
    name, kind, bounds, unit, change, evidence = (part.strip() for part in line.split("|"))
    minimum, maximum = _BOUNDS[bounds]
    return FactSpec(
        name=name,
        type=FactType(kind),
        stage=stage,
        description=description.strip(),
        evidence=evidence,
        unit=unit,
        options=_OPTIONS.get(name, ()),
        minimum=minimum,
        maximum=maximum,
        mutable=change == "open",
    )


def _read(stage: Stage, table: str) -> list[FactSpec]:
    lines = table.strip().splitlines()
    return [_spec(stage, *pair) for pair in zip(lines[::2], lines[1::2], strict=True)]


VOCABULARY: Mapping[str, FactSpec] = MappingProxyType(
    {spec.name: spec for stage, table in _TABLES for spec in _read(stage, table)}
)
