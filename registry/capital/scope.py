"""Which approaches an exposure class admits, and where no model may serve at all."""

from dataclasses import dataclass
from enum import StrEnum

from registry.capital.cited_tables import table_rows
from registry.capital.figures import Citation


class Admission(StrEnum):
    """Whether an approach is open. ``UNKNOWN`` is the table's silence, never a permission."""

    YES = "yes"
    CONDITIONAL = "conditional"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAnswer:
    """The answer for one approach, its clause and condition, and the approaches that are open instead."""

    jurisdiction: str
    exposure_class: str
    approach: str
    admission: Admission
    citation: Citation | None
    alternatives: tuple[str, ...]

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on it."""
        return self.citation is not None and self.citation.may_gate


@dataclass(frozen=True, slots=True, kw_only=True)
class NoModelZone:
    """An area in which no internal capital model may serve, and what serves instead."""

    jurisdiction: str
    area: str
    approach: str
    citation: Citation


def approach_admission(*, jurisdiction: str, exposure_class: str, approach: str) -> ScopeAnswer:
    """Say whether an exposure class admits an approach; what the table does not hold is ``UNKNOWN``."""
    rows = [
        row
        for row in table_rows("irb_scope", "jurisdiction", "exposure_class", "approach")
        if (row.text("jurisdiction"), row.text("exposure_class")) == (jurisdiction, exposure_class)
    ]
    asked = next((row for row in rows if row.text("approach") == approach), None)
    return ScopeAnswer(
        jurisdiction=jurisdiction,
        exposure_class=exposure_class,
        approach=approach,
        admission=Admission.UNKNOWN if asked is None else asked.parsed("admitted", Admission),
        citation=None if asked is None else asked.citation,
        alternatives=tuple(
            row.text("approach")
            for row in rows
            if row.text("admitted") == Admission.YES and row.text("approach") != approach
        ),
    )


def admitted_approaches(*, jurisdiction: str, exposure_class: str) -> tuple[ScopeAnswer, ...]:
    """Return the answers for every approach of the table, open or not; empty where the table is silent."""
    return tuple(
        approach_admission(
            jurisdiction=jurisdiction,
            exposure_class=exposure_class,
            approach=row.text("approach"),
        )
        for row in table_rows("irb_scope", "jurisdiction", "exposure_class", "approach")
        if (row.text("jurisdiction"), row.text("exposure_class")) == (jurisdiction, exposure_class)
    )


def find_no_model_zone(*, jurisdiction: str, area: str) -> NoModelZone | None:
    """Return the zone if the table closes the area to internal models, else nothing."""
    for row in table_rows("no_model_zones", "jurisdiction", "area"):
        if (row.text("jurisdiction"), row.text("area")) == (jurisdiction, area):
            return NoModelZone(
                jurisdiction=jurisdiction,
                area=area,
                approach=row.text("approach"),
                citation=row.citation,
            )
    return None
