"""What a model does to the floor, and how the add-on spreads over portfolios.

Two named methods. Euler: the add-on is homogeneous in the portfolios, so each takes its own rate of change
(multiplier x standardised - pre-floor while the floor binds). Shapley: each takes its average marginal add-on
over all orders in which the portfolios could join. Both sum to the add-on to the cent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from registry.capital.cited_tables import computation_limit
from registry.capital.figures import CENT, ensure_amount, round_to_cent, weakest_provenance
from registry.capital.output_floor import FlooredRwa, FloorTerms, floored_rwa
from registry.domain.errors import InvalidInput, LimitExceeded, NotFound
from registry.domain.vocab import Provenance


class AllocationMethod(StrEnum):
    """How the add-on is spread."""

    EULER = "euler"
    SHAPLEY = "shapley"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """A set of exposures with its RWA before the floor and on the base of the floor."""

    key: str
    pre_floor_rwa_eur: Decimal
    standardised_rwa_eur: Decimal
    provenance: Provenance

    def __post_init__(self) -> None:
        """Refuse amounts that are not finite or below zero (``CAP020``)."""
        ensure_amount(name=f"{self.key}: pre_floor_rwa_eur", amount_eur=self.pre_floor_rwa_eur)
        ensure_amount(name=f"{self.key}: standardised_rwa_eur", amount_eur=self.standardised_rwa_eur)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Shares of the add-on by portfolio, in input order; the entity's part is what the added term brings."""

    method: AllocationMethod
    add_on_eur: Decimal
    shares_eur: tuple[tuple[str, Decimal], ...]
    entity_level_eur: Decimal
    floor: FlooredRwa
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalEffect:
    """What permitting a model does to the entity, all else equal. Savings below zero are costs."""

    portfolio_key: str
    with_model: FlooredRwa
    without_model: FlooredRwa
    pre_floor_saving_eur: Decimal
    floored_saving_eur: Decimal
    lost_to_floor_eur: Decimal
    is_neutralised: bool
    summary: str
    provenance: Provenance


def ensure_portfolios(*, portfolios: Sequence[Portfolio]) -> None:
    """Refuse none at all (``CAP070``) and a repeated key (``CAP071``)."""
    if not portfolios:
        raise InvalidInput("CAP070", "no portfolio was given", remedy="Send at least one portfolio.")
    keys = [portfolio.key for portfolio in portfolios]
    if len(set(keys)) < len(keys):
        raise InvalidInput("CAP071", "a portfolio key repeats", remedy="Send each portfolio once.")


def entity_totals(*, portfolios: Sequence[Portfolio], terms: FloorTerms) -> FlooredRwa:
    """Floor the sum of the portfolios; refuses what ``ensure_portfolios`` refuses."""
    ensure_portfolios(portfolios=portfolios)
    return floored_rwa(
        pre_floor_rwa_eur=sum((p.pre_floor_rwa_eur for p in portfolios), Decimal(0)),
        standardised_rwa_eur=sum((p.standardised_rwa_eur for p in portfolios), Decimal(0)),
        terms=terms,
    )


def allocate_add_on(
    *, portfolios: Sequence[Portfolio], terms: FloorTerms, method: AllocationMethod
) -> Allocation:
    """Spread the add-on over the portfolios; a share may be below zero for one that lifts the entity off the floor.

    Refuses more portfolios than can be enumerated for Shapley with ``CAP072``.
    """
    floor = entity_totals(portfolios=portfolios, terms=terms)
    exact = (
        _euler(portfolios=portfolios, floor=floor)
        if method is AllocationMethod.EULER
        else _shapley(portfolios=portfolios, terms=terms)
    )
    total = round_to_cent(amount_eur=floor.add_on_eur)
    amounts = apportion(exact=exact, total_eur=total)
    return Allocation(
        method=method,
        add_on_eur=total,
        shares_eur=tuple(
            (portfolio.key, amount) for portfolio, amount in zip(portfolios, amounts[:-1], strict=True)
        ),
        entity_level_eur=amounts[-1],
        floor=floor,
        provenance=weakest_provenance(provenances=[p.provenance for p in portfolios]),
    )


def marginal_effect(
    *,
    portfolios: Sequence[Portfolio],
    portfolio_key: str,
    rwa_with_model_eur: Decimal,
    rwa_without_model_eur: Decimal,
    terms: FloorTerms,
) -> MarginalEffect:
    """Compare the entity with the portfolio on the model and without; refuses an unknown portfolio (``CAP073``)."""
    if portfolio_key not in {portfolio.key for portfolio in portfolios}:
        raise NotFound(
            "CAP073",
            f"no portfolio {portfolio_key!r} among those given",
            remedy="Name one of the entity's portfolios.",
        )

    def totals(rwa_eur: Decimal) -> FlooredRwa:
        return entity_totals(
            portfolios=[
                Portfolio(
                    key=p.key,
                    pre_floor_rwa_eur=rwa_eur if p.key == portfolio_key else p.pre_floor_rwa_eur,
                    standardised_rwa_eur=p.standardised_rwa_eur,
                    provenance=p.provenance,
                )
                for p in portfolios
            ],
            terms=terms,
        )

    with_model, without_model = totals(rwa_with_model_eur), totals(rwa_without_model_eur)
    before = without_model.pre_floor_rwa_eur - with_model.pre_floor_rwa_eur
    after = without_model.floored_rwa_eur - with_model.floored_rwa_eur
    neutralised = before > 0 and after <= 0
    return MarginalEffect(
        portfolio_key=portfolio_key,
        with_model=with_model,
        without_model=without_model,
        pre_floor_saving_eur=before,
        floored_saving_eur=after,
        lost_to_floor_eur=before - after,
        is_neutralised=neutralised,
        summary=_summary(before=before, after=after, is_binding=with_model.is_binding),
        provenance=weakest_provenance(provenances=[p.provenance for p in portfolios]),
    )


def apportion(*, exact: Sequence[Fraction], total_eur: Decimal) -> tuple[Decimal, ...]:
    """Round exact amounts to cents that sum to the total: largest remainders first, ties in input order.

    The total must be the exact sum rounded to the cent; any other is refused with ``CAP074``.
    """
    cents = [amount / Fraction(CENT) for amount in exact]
    whole = [math.floor(amount) for amount in cents]
    missing = int(total_eur / CENT) - sum(whole)
    if not 0 <= missing <= len(exact):
        raise InvalidInput(
            "CAP074",
            "the parts do not add up to the total",
            remedy="Give the exact sum of the parts, rounded to the cent, as the total.",
        )
    by_remainder = sorted(range(len(cents)), key=lambda i: (whole[i] - cents[i], i))
    for index in by_remainder[:missing]:
        whole[index] += 1
    return tuple(CENT * amount for amount in whole)


def _euler(*, portfolios: Sequence[Portfolio], floor: FlooredRwa) -> list[Fraction]:
    terms = floor.terms
    if not floor.is_binding:
        return [Fraction(0)] * (len(portfolios) + 1)
    if floor.is_capped and terms.cap_multiple is not None:
        rate = Fraction(terms.cap_multiple) - 1
        return [*(rate * Fraction(p.pre_floor_rwa_eur) for p in portfolios), Fraction(0)]
    multiplier = Fraction(terms.multiplier)
    return [
        *(multiplier * Fraction(p.standardised_rwa_eur) - Fraction(p.pre_floor_rwa_eur) for p in portfolios),
        Fraction(terms.adjustment_eur),
    ]


def _shapley(*, portfolios: Sequence[Portfolio], terms: FloorTerms) -> list[Fraction]:
    limit = computation_limit(name="shapley_portfolios")
    if len(portfolios) > limit:
        raise LimitExceeded(
            "CAP072",
            f"{len(portfolios)} portfolios are too many for an exact Shapley allocation",
            remedy=f"Merge portfolios to at most {limit}, or use the Euler allocation.",
        )
    players = len(portfolios) + 1
    values, scale = _coalition_add_ons(portfolios=portfolios, terms=terms)
    weights = [
        Fraction(math.factorial(size) * math.factorial(players - size - 1), math.factorial(players) * scale)
        for size in range(players)
    ]
    shares = []
    for player in range(players):
        bit = 1 << player
        by_size = [0] * players
        for mask, value in enumerate(values):
            if not mask & bit:
                by_size[mask.bit_count()] += values[mask | bit] - value
        shares.append(sum((w * s for w, s in zip(weights, by_size, strict=True)), Fraction(0)))
    return shares


def _coalition_add_ons(*, portfolios: Sequence[Portfolio], terms: FloorTerms) -> tuple[list[int], int]:
    """Return the add-on of every coalition in whole units, and how many units make one euro.

    The last player is the added term. Whole numbers keep the sums exact and quick.
    """
    before = [*(Fraction(p.pre_floor_rwa_eur) for p in portfolios), Fraction(0)]
    share = Fraction(terms.multiplier)
    floor = [*(share * Fraction(p.standardised_rwa_eur) for p in portfolios), Fraction(terms.adjustment_eur)]
    multiple = terms.cap_multiple
    cap = None if multiple is None else [Fraction(multiple) * part for part in before]
    scale = math.lcm(*(part.denominator for part in (*before, *floor, *(cap or ()))))
    before_sums, floor_sums = _subset_sums(before, scale), _subset_sums(floor, scale)
    floored = [max(b, f) for b, f in zip(before_sums, floor_sums, strict=True)]
    if cap is not None:
        floored = [min(f, c) for f, c in zip(floored, _subset_sums(cap, scale), strict=True)]
    return [f - b for f, b in zip(floored, before_sums, strict=True)], scale


def _subset_sums(parts: Sequence[Fraction], scale: int) -> list[int]:
    sums = [0]
    for part in parts:
        whole = int(part * scale)
        sums += [one + whole for one in sums]
    return sums


def _summary(*, before: Decimal, after: Decimal, is_binding: bool) -> str:
    if before <= 0:
        return (
            f"The model raises pre-floor RWA by EUR {-before:,.2f}; floored RWA changes by EUR {-after:,.2f}."
        )
    if after <= 0:
        return (
            f"The output floor binds: the model cuts pre-floor RWA by EUR {before:,.2f} and buys no capital."
        )
    if is_binding:
        return (
            f"The output floor takes EUR {before - after:,.2f} of the EUR {before:,.2f} that the model saves "
            "before the floor."
        )
    return f"The output floor does not bind: the model cuts RWA by EUR {after:,.2f}."
