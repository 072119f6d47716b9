"""The base of the output floor: only admitted approaches may stand in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation, Step, ensure_amount, step, weakest_provenance
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class RwaLine:
    """One line of an entity's two totals: under the approaches approved for it, and under the base's."""

    risk: str
    portfolio_key: str
    pre_floor_rwa_eur: Decimal
    standardised_rwa_eur: Decimal
    standardised_approach: str
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRwa:
    """An entity's totals before the floor and on the base of the floor."""

    pre_floor_rwa_eur: Decimal
    standardised_rwa_eur: Decimal
    provenance: Provenance
    steps: tuple[Step, ...] = ()
    citations: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        """Refuse amounts that are not finite or below zero (``CAP020``)."""
        ensure_amount(name="pre_floor_rwa_eur", amount_eur=self.pre_floor_rwa_eur)
        ensure_amount(name="standardised_rwa_eur", amount_eur=self.standardised_rwa_eur)


def compose_base(*, lines: Sequence[RwaLine]) -> EntityRwa:
    """Add the lines up after checking the composition of the base.

    Refuses a banned approach (``CAP010``), an approach or risk that the table does not know (``CAP011``),
    a line whose two sides must agree and do not (``CAP012``) and an empty list (``CAP013``).
    """
    if not lines:
        raise InvalidInput(
            "CAP013",
            "an entity without RWA lines has no floor base",
            remedy="Send at least one line per risk that the entity carries.",
        )
    citations = tuple(_admit(line=line) for line in lines)
    pre_floor = sum((line.pre_floor_rwa_eur for line in lines), Decimal(0))
    standardised = sum((line.standardised_rwa_eur for line in lines), Decimal(0))
    steps = tuple(
        step(
            quantity=f"{line.portfolio_key} ({line.risk})",
            formula=f"{line.pre_floor_rwa_eur:f} before the floor; in the base {line.standardised_approach}",
            value=line.standardised_rwa_eur,
        )
        for line in lines
    )
    return EntityRwa(
        pre_floor_rwa_eur=pre_floor,
        standardised_rwa_eur=standardised,
        provenance=weakest_provenance(provenances=[line.provenance for line in lines]),
        steps=(
            *steps,
            step(quantity="pre-floor RWA", formula="sum of the lines before the floor", value=pre_floor),
            step(quantity="standardised RWA", formula="sum of the lines in the base", value=standardised),
        ),
        citations=tuple(dict.fromkeys(citations)),
    )


def _admit(*, line: RwaLine) -> Citation:
    ensure_amount(name=f"{line.portfolio_key}: pre_floor_rwa_eur", amount_eur=line.pre_floor_rwa_eur)
    ensure_amount(name=f"{line.portfolio_key}: standardised_rwa_eur", amount_eur=line.standardised_rwa_eur)
    row = _row(line=line)
    clause = row.citation
    if not row.flag("admitted"):
        raise InvalidInput(
            "CAP010",
            f"{line.portfolio_key}: {line.standardised_approach} is banned from the floor base "
            f"for {line.risk} risk ({clause.source})",
            remedy=f"Restate the line under one of: {', '.join(admitted_approaches(risk=line.risk))}.",
            portfolio_key=line.portfolio_key,
            source=clause.source,
            verification=clause.verification.value,
        )
    if row.flag("same_on_both_sides") and line.pre_floor_rwa_eur != line.standardised_rwa_eur:
        raise InvalidInput(
            "CAP012",
            f"{line.portfolio_key}: {line.risk} risk must be the same figure on both sides ({clause.source})",
            remedy="Send the same amount before the floor and in the base.",
            portfolio_key=line.portfolio_key,
            source=clause.source,
        )
    return clause


def admitted_approaches(*, risk: str) -> tuple[str, ...]:
    """Return the approaches that may stand in the base for a risk; empty for an unknown risk."""
    return tuple(
        row.text("approach")
        for row in table_rows("output_floor_base", "risk", "approach")
        if row.text("risk") == risk and row.flag("admitted")
    )


def _row(*, line: RwaLine) -> Row:
    for row in table_rows("output_floor_base", "risk", "approach"):
        if (row.text("risk"), row.text("approach")) == (line.risk, line.standardised_approach):
            return row
    raise InvalidInput(
        "CAP011",
        f"{line.portfolio_key}: the base knows no {line.standardised_approach!r} for {line.risk!r} risk",
        remedy="Use a risk and an approach of the table of the floor base.",
        portfolio_key=line.portfolio_key,
    )
