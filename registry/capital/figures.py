"""What every capital result is made of: citations, steps that can be redone by hand, checked amounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Provenance, Verification

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a number comes from: the table and line that hold it, the clause, how well it was read."""

    table: str
    line: int
    source: str
    verification: Verification
    note: str = ""

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on it; an unverified clause is shown only."""
        return self.verification is not Verification.UNVERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a calculation: the quantity, how it follows from the lines above, its value as text."""

    quantity: str
    formula: str
    value: str


def step(*, quantity: str, formula: str, value: Decimal | float | str) -> Step:
    """Write a calculation line; numbers become decimal text, floats to twelve significant digits."""
    match value:
        case Decimal():
            text = format(value, "f")
        case float():
            text = format(value, ".12g")
        case _:
            text = value
    return Step(quantity=quantity, formula=formula, value=text)


def may_gate(*, citations: Iterable[Citation]) -> bool:
    """Whether every clause used was read well enough for a refusal to rest on it."""
    return all(citation.may_gate for citation in citations)


def weakest_provenance(*, provenances: Iterable[Provenance]) -> Provenance:
    """Return the weakest of the marks; a figure is never better known than its worst input."""
    order = list(Provenance)
    return max(provenances, key=order.index)


def ensure_amount(*, name: str, amount_eur: Decimal) -> Decimal:
    """Return the amount if it is a finite number of euros, zero or more; else refuse with ``CAP020``."""
    if not amount_eur.is_finite() or amount_eur < 0:
        raise InvalidInput(
            "CAP020",
            f"{name} must be a finite amount, zero or more, not {amount_eur}",
            remedy="Send the amount in euros as decimal text.",
            name=name,
        )
    return amount_eur


def ensure_share(*, name: str, share: float) -> float:
    """Return the share if it lies in [0, 1]; NaN and anything outside are refused with ``CAP021``."""
    if not 0 <= share <= 1:
        raise InvalidInput(
            "CAP021",
            f"{name} must be a share between 0 and 1, not {share}",
            remedy="Send a share, for example one hundredth for one per cent.",
            name=name,
        )
    return share


def round_to_cent(*, amount_eur: Decimal) -> Decimal:
    """Round half to even, to the cent."""
    return amount_eur.quantize(CENT, rounding=ROUND_HALF_EVEN)
