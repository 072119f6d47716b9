"""An entity under the output floor on a day, and what one model does to it, in figures and in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from registry.capital.allocation import (
    Allocation,
    AllocationMethod,
    MarginalEffect,
    Portfolio,
    allocate_add_on,
    ensure_portfolios,
    marginal_effect,
)
from registry.capital.figures import Citation, round_to_cent, weakest_provenance
from registry.capital.floor_base import EntityRwa
from registry.capital.output_floor import BindingDate, EntityFloor, binding_date, entity_floor, floor_path
from registry.domain.errors import InvalidInput, LimitExceeded, MrmError, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorStep:
    """The floor on a day, and the same under the transitional cap where the row in force carries one."""

    floor: EntityFloor
    capped: EntityFloor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorReport:
    """An entity under the floor. ``today`` is none where no floor can be computed; ``refusal`` then says why.

    ``path`` applies every row of the schedule to the same totals. ``allocations``
    spread today's add-on, each method apart; one that cannot be computed is in ``left_out``.
    """

    jurisdiction: str
    as_of: date
    entity: EntityRwa
    portfolios: tuple[Portfolio, ...]
    today: FloorStep | None
    binding: BindingDate | None
    path: tuple[FloorStep, ...]
    allocations: tuple[Allocation, ...]
    refusal: MrmError | None
    left_out: tuple[MrmError, ...]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every clause behind today's figures and the path, each once."""
        steps = [*([] if self.today is None else [self.today]), *self.path]
        floors = [floor for step in steps for floor in (step.floor, step.capped) if floor is not None]
        return tuple(dict.fromkeys(citation for floor in floors for citation in floor.citations))

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on today's floor: it is known, and every clause used was read."""
        return self.today is not None and self.today.floor.may_gate


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectReport:
    """The entity with the model and without it, the difference where a floor is known, and all of it in a sentence."""

    with_model: FloorReport
    without_model: FloorReport
    effect: MarginalEffect | None
    sentence: str


def report_floor(*, jurisdiction: str, as_of: date, portfolios: Sequence[Portfolio]) -> FloorReport:
    """Put an entity's portfolios under the floor of its jurisdiction.

    A jurisdiction without a schedule, a day before its first row, and a floor
    whose terms are missing are no answer, never "no floor": the report carries
    the refusal. Refuses no portfolio (``CAP070``) and a repeated key (``CAP071``).
    """
    ensure_portfolios(portfolios=portfolios)
    entity = EntityRwa(
        pre_floor_rwa_eur=sum((p.pre_floor_rwa_eur for p in portfolios), Decimal(0)),
        standardised_rwa_eur=sum((p.standardised_rwa_eur for p in portfolios), Decimal(0)),
        provenance=weakest_provenance(provenances=[p.provenance for p in portfolios]),
    )
    report = FloorReport(
        jurisdiction=jurisdiction,
        as_of=as_of,
        entity=entity,
        portfolios=tuple(portfolios),
        today=None,
        binding=None,
        path=(),
        allocations=(),
        refusal=None,
        left_out=(),
    )
    try:
        path = tuple(_step(floor, entity) for floor in floor_path(jurisdiction=jurisdiction, entity=entity))
        binding = binding_date(jurisdiction=jurisdiction, as_of=as_of, entity=entity)
        report = replace(report, path=path, binding=binding)
        today = _step(entity_floor(jurisdiction=jurisdiction, as_of=as_of, entity=entity), entity)
    except (NotFound, InvalidInput) as refusal:
        return replace(report, refusal=refusal)
    return _allocated(replace(report, today=today), today)


def report_effect(
    *,
    entity_name: str,
    jurisdiction: str,
    as_of: date,
    portfolios: Sequence[Portfolio],
    portfolio_key: str,
    rwa_without_eur: Decimal,
    instead: str,
    subject: str = "the model",
) -> EffectReport:
    """Compare the entity with a portfolio on the model and with it on ``rwa_without_eur``, all else equal.

    ``portfolios`` hold the model's figure. In the sentence ``instead`` says what the portfolio stands on
    without the model, and ``subject`` whose figure the portfolio carries with it. Refuses what
    ``report_floor`` refuses, and an unknown portfolio (``CAP073``).
    """
    with_model = report_floor(jurisdiction=jurisdiction, as_of=as_of, portfolios=portfolios)
    others = [
        replace(p, pre_floor_rwa_eur=rwa_without_eur) if p.key == portfolio_key else p for p in portfolios
    ]
    without_model = report_floor(jurisdiction=jurisdiction, as_of=as_of, portfolios=others)
    effect = None
    if with_model.today is not None:
        effect = marginal_effect(
            portfolios=portfolios,
            portfolio_key=portfolio_key,
            rwa_with_model_eur=next(p.pre_floor_rwa_eur for p in portfolios if p.key == portfolio_key),
            rwa_without_model_eur=rwa_without_eur,
            terms=with_model.today.floor.result.terms,
        )
    change = with_model.entity.pre_floor_rwa_eur - without_model.entity.pre_floor_rwa_eur
    return EffectReport(
        with_model=with_model,
        without_model=without_model,
        effect=effect,
        sentence=_joined(
            _stands(with_model, entity_name),
            _difference(change, effect, instead, subject),
            _from_when(with_model),
            _mark(with_model),
        ),
    )


def floor_sentence(*, report: FloorReport, entity_name: str) -> str:
    """Say whether the floor binds the entity, by how much, and otherwise from when on flat inputs."""
    stands = _stands(report, entity_name)
    if report.today is not None:
        result = report.today.floor.result
        stands += (
            f" Floored RWA are {euros(result.floored_rwa_eur)}; "
            f"the floor adds {euros(result.add_on_eur)} of them."
        )
    return _joined(stands, _from_when(report), _mark(report))


def share_text(share: Decimal) -> str:
    """Return a share as per cent with as many digits as it has."""
    return f"{share.normalize():%}".replace("%", " %")


def euros(amount_eur: Decimal) -> str:
    """Return an amount in euros, to the cent where it has cents."""
    cents = round_to_cent(amount_eur=amount_eur)
    is_whole = cents == cents.to_integral_value()
    return f"EUR {cents:,.0f}" if is_whole else f"EUR {cents:,.2f}"


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _step(floor: EntityFloor, entity: EntityRwa) -> FloorStep:
    row, day = floor.position.row, floor.position.as_of
    if row is None or row.cap_on(as_of=day) is None:
        return FloorStep(floor=floor, capped=None)
    capped = entity_floor(jurisdiction=row.jurisdiction, as_of=day, entity=entity, with_transitional_cap=True)
    return FloorStep(floor=floor, capped=capped)


def _allocated(report: FloorReport, today: FloorStep) -> FloorReport:
    """Spread the add-on by each method; portfolios too many for one of them leave that one out."""
    found, left_out = [], []
    for method in AllocationMethod:
        try:
            found.append(
                allocate_add_on(portfolios=report.portfolios, terms=today.floor.result.terms, method=method)
            )
        except LimitExceeded as refusal:
            left_out.append(refusal)
    return replace(report, allocations=tuple(found), left_out=tuple(left_out))


def _stands(report: FloorReport, entity_name: str) -> str:
    if report.today is None:
        cause = "" if report.refusal is None else f": {report.refusal.message}"
        return f"Whether the output floor binds for {entity_name} is not known{cause}."
    result = report.today.floor.result
    verb = "binds" if result.is_binding else "does not bind"
    return (
        f"The output floor {verb} for {entity_name} at {share_text(result.terms.multiplier)} of standardised RWA "
        f"on {report.as_of.isoformat()}."
    )


def _difference(change_eur: Decimal, effect: MarginalEffect | None, instead: str, subject: str) -> str:
    """Say what the model changes before the floor, and what of it the floor leaves."""
    if not change_eur:
        return f"Against {instead}, {subject} leaves pre-floor RWA as they are."
    verb = "lowers" if change_eur < 0 else "raises"
    start = f"Against {instead}, {subject} {verb} pre-floor RWA by {euros(abs(change_eur))}"
    if effect is None:
        return f"{start}; what a floor leaves of it is not known."
    if change_eur > 0:
        after = -effect.floored_saving_eur
        return f"{start}; after the floor RWA {f'rise by {euros(after)}' if after else 'stay as they are'}."
    if not effect.floored_saving_eur:
        return f"{start}, the floor takes back {euros(effect.lost_to_floor_eur)}, so it buys no capital."
    if not effect.lost_to_floor_eur:
        return f"{start}, and the floor takes back nothing of it."
    return (
        f"{start}, the floor takes back {euros(effect.lost_to_floor_eur)}, "
        f"so RWA fall by {euros(effect.floored_saving_eur)}."
    )


def _from_when(report: FloorReport) -> str:
    if report.binding is None or report.binding.already_binds:
        return ""
    if report.binding.binds_from is None:
        return "On flat inputs it binds on no day of the known schedule."
    return f"On flat inputs it binds from {report.binding.binds_from.isoformat()}."


def _mark(report: FloorReport) -> str:
    if report.today is None or report.may_gate:
        return ""
    return "A clause behind it is UNVERIFIED: the floor is shown, and no decision rests on it."
