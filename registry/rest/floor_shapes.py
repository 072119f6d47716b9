"""What the API answers about the output floor, as types. Amounts are decimal text in euros; shares decimal text."""

from typing import TypedDict


class FloorClauseShape(TypedDict):
    """A clause behind a figure; one that is not read (UNVERIFIED) is shown and gates nothing."""

    table: str
    line: int
    source: str
    verification: str
    note: str


class FloorDayShape(TypedDict):
    """The floor on a day. ``distance_eur`` is above zero exactly when it binds; capped: if the entity uses the cap."""

    on: str
    multiplier: str
    verification: str
    may_gate: bool
    pre_floor_rwa_eur: str
    standardised_rwa_eur: str
    pre_floor_share_of_standardised: str | None
    floor_eur: str
    distance_eur: str
    floored_rwa_eur: str
    add_on_eur: str
    is_binding: bool
    capped_rwa_eur: str | None


class FloorShareShape(TypedDict):
    """What of the add-on a portfolio bears."""

    portfolio: str
    share_eur: str


class FloorAllocationShape(TypedDict):
    """The add-on spread by one method; the shares and the entity's own part sum to it to the cent."""

    method: str
    add_on_eur: str
    shares: list[FloorShareShape]
    entity_level_eur: str


class FloorPortfolioShape(TypedDict):
    """A portfolio as it enters the floor; ``evidence`` where its figures were measured on a model."""

    key: str
    name: str
    pre_floor_rwa_eur: str
    standardised_rwa_eur: str
    provenance: str
    evidence: str | None
    model_version: str | None


class FloorRefusalShape(TypedDict):
    """Why something is not known, and what to do."""

    code: str
    detail: str
    remedy: str


class FloorReportShape(TypedDict):
    """An entity under the floor. ``today`` is none where no floor is known; ``refusal`` says why."""

    jurisdiction: str
    today: FloorDayShape | None
    binds_from: str | None
    already_binds: bool
    path: list[FloorDayShape]
    allocations: list[FloorAllocationShape]
    provenance: str
    refusal: FloorRefusalShape | None
    left_out: list[FloorRefusalShape]
    citations: list[FloorClauseShape]


class EntityUnderFloorShape(TypedDict):
    """A legal entity under the output floor on a day."""

    entity: str
    as_of: str
    sentence: str
    portfolios: list[FloorPortfolioShape]
    report: FloorReportShape | None
    page: str


class FloorEffectShape(TypedDict):
    """The difference that the model makes. Savings below zero are costs."""

    pre_floor_saving_eur: str
    floored_saving_eur: str
    lost_to_floor_eur: str
    is_neutralised: bool


class ModelFloorShape(TypedDict):
    """RWA on the model against the benchmark's; ``required_share`` where the decision asks one."""

    share_of_benchmark: str
    required_share: str | None
    is_binding: bool
    model_rwa_eur: str
    benchmark_rwa_eur: str
    shortfall_eur: str
    provenance: str
    evidence: str


class UseFloorShape(TypedDict):
    """What permitting a version for a use does to its entity, with the model and without it."""

    intended_use: str
    entity: str
    as_of: str
    decision: str | None
    sentence: str
    notes: list[str]
    without: str
    rwa_without_eur: str | None
    portfolios: list[FloorPortfolioShape]
    effect: FloorEffectShape | None
    with_model: FloorReportShape | None
    without_model: FloorReportShape | None
    model_level: ModelFloorShape | None
    page: str
