"""Calculations about what the floor does to portfolios and models."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from registry.capital.allocation import (
    AllocationMethod,
    Portfolio,
    allocate_add_on,
    entity_totals,
    marginal_effect,
)
from registry.capital.calculator.answers import Answer, without_repeats
from registry.capital.calculator.floors import floor_sentence
from registry.capital.figures import Step, step, weakest_provenance
from registry.capital.floor_base import EntityRwa
from registry.capital.model_floor import ObligorRwa, model_floor
from registry.capital.output_floor import EntityFloor, FlooredRwa, FloorTerms, entity_floor
from registry.capital.own_funds import OwnFunds


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationInputs:
    """Portfolios that make up an entity, its floor, and how to spread the add-on."""

    jurisdiction: str
    as_of: date
    method: AllocationMethod
    portfolios: tuple[Portfolio, ...]
    with_transitional_cap: bool = False
    own_funds: OwnFunds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalInputs:
    """Portfolios that make up an entity, its floor, and one portfolio with and without a model."""

    jurisdiction: str
    as_of: date
    portfolio_key: str
    rwa_with_model_eur: Decimal
    rwa_without_model_eur: Decimal
    portfolios: tuple[Portfolio, ...]
    with_transitional_cap: bool = False
    own_funds: OwnFunds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFloorInputs:
    """RWA by obligor on the model and on the benchmark; how much of the benchmark the model must reach."""

    required_share: Decimal
    drivers: int
    obligors: tuple[ObligorRwa, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioShare:
    """A portfolio's share of the add-on; below zero for one that lifts the entity off the floor."""

    key: str
    share_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnShares:
    """The add-on spread over portfolios; ``entity_level_eur`` is what the added term brings."""

    method: AllocationMethod
    add_on_eur: Decimal
    entity_level_eur: Decimal
    shares: tuple[PortfolioShare, ...]
    floor: FlooredRwa


def answer_allocation(asked: AllocationInputs) -> Answer:
    """Spread the add-on over the portfolios."""
    floor = _portfolio_floor(asked)
    spread = allocate_add_on(portfolios=asked.portfolios, terms=floor.result.terms, method=asked.method)
    shares = tuple(PortfolioShare(key=key, share_eur=share) for key, share in spread.shares_eur)
    return Answer(
        sentence=floor_sentence(spread.floor),
        figures=AddOnShares(
            method=spread.method,
            add_on_eur=spread.add_on_eur,
            entity_level_eur=spread.entity_level_eur,
            shares=shares,
            floor=spread.floor,
        ),
        steps=(
            *floor.steps,
            *(
                step(
                    quantity=f"share of {one.key}",
                    formula=_share_formula(asked.method, spread.floor, part),
                    value=one.share_eur,
                )
                for one, part in zip(shares, asked.portfolios, strict=True)
            ),
            step(
                quantity="share of the entity",
                formula="what the added term brings",
                value=spread.entity_level_eur,
            ),
            step(
                quantity="add-on to the cent",
                formula="sum of the shares, rounded by largest remainder",
                value=spread.add_on_eur,
            ),
        ),
        citations=without_repeats(floor.citations),
        provenance=spread.provenance,
    )


def answer_marginal_effect(asked: MarginalInputs) -> Answer:
    """Compare the entity with a portfolio on the model and without it."""
    floor = _portfolio_floor(asked)
    effect = marginal_effect(
        portfolios=asked.portfolios,
        portfolio_key=asked.portfolio_key,
        rwa_with_model_eur=asked.rwa_with_model_eur,
        rwa_without_model_eur=asked.rwa_without_model_eur,
        terms=floor.result.terms,
    )
    before, after = effect.without_model, effect.with_model
    return Answer(
        sentence=effect.summary,
        figures=effect,
        steps=(
            *_renamed("without the model", before.steps),
            *_renamed("with the model", after.steps),
            step(
                quantity="saving before the floor",
                formula=f"{before.pre_floor_rwa_eur:f} - {after.pre_floor_rwa_eur:f}",
                value=effect.pre_floor_saving_eur,
            ),
            step(
                quantity="saving after the floor",
                formula=f"{before.floored_rwa_eur:f} - {after.floored_rwa_eur:f}",
                value=effect.floored_saving_eur,
            ),
            step(
                quantity="lost to the floor",
                formula="saving before the floor - saving after the floor",
                value=effect.lost_to_floor_eur,
            ),
        ),
        citations=without_repeats(floor.citations),
        provenance=effect.provenance,
    )


def answer_model_floor(asked: ModelFloorInputs) -> Answer:
    """Compare RWA on a model with a share of RWA on its benchmark."""
    floor = model_floor(
        obligors=asked.obligors, required_share=asked.required_share, drivers=max(asked.drivers, 0)
    )
    word = "falls short of" if floor.is_binding else "reaches"
    return Answer(
        sentence=f"RWA on the model {word} the required share of the benchmark.",
        figures=floor,
        steps=(
            *floor.steps,
            step(
                quantity="shortfall",
                formula="floor - RWA on the model, zero or more",
                value=floor.shortfall_eur,
            ),
            step(
                quantity="RWA after the model floor",
                formula="RWA on the model + shortfall",
                value=floor.floored_rwa_eur,
            ),
        ),
        citations=(),
        provenance=floor.provenance,
    )


def _portfolio_floor(asked: AllocationInputs | MarginalInputs) -> EntityFloor:
    totals = entity_totals(portfolios=asked.portfolios, terms=FloorTerms(multiplier=Decimal(0)))
    return entity_floor(
        jurisdiction=asked.jurisdiction,
        as_of=asked.as_of,
        entity=EntityRwa(
            pre_floor_rwa_eur=totals.pre_floor_rwa_eur,
            standardised_rwa_eur=totals.standardised_rwa_eur,
            provenance=weakest_provenance(provenances=[p.provenance for p in asked.portfolios]),
        ),
        own_funds=asked.own_funds,
        with_transitional_cap=asked.with_transitional_cap,
    )


def _share_formula(method: AllocationMethod, floor: FlooredRwa, part: Portfolio) -> str:
    if method is AllocationMethod.SHAPLEY:
        return "average of what it adds over every order of joining"
    if not floor.is_binding:
        return "nothing: the floor does not bind"
    if floor.is_capped:
        return f"({floor.terms.cap_multiple:f} - 1) x {part.pre_floor_rwa_eur:f}"
    return f"{floor.terms.multiplier:f} x {part.standardised_rwa_eur:f} - {part.pre_floor_rwa_eur:f}"


def _renamed(prefix: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(one, quantity=f"{prefix}: {one.quantity}") for one in steps)
