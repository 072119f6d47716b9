"""Output-floor schedules: which row of the table is in force where and when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation
from registry.domain.errors import NotFound
from registry.domain.vocab import Verification


class FloorMechanism(StrEnum):
    """How a row floors: a share of the standardised total, or the higher of the two totals."""

    SHARE_OF_STANDARDISED = "share_of_standardised"
    HIGHER_OF = "higher_of"


class AdjustmentMechanism(StrEnum):
    """What is added to the floor after multiplying."""

    NONE = "none"
    OWN_FUNDS = "own_funds"


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRow:
    """One row of the schedule. ``factor`` is a share of standardised RWA, if the mechanism has one."""

    jurisdiction: str
    date_from: date
    mechanism: FloorMechanism
    factor: Decimal | None
    is_optional: bool
    cap_multiple: Decimal | None
    cap_until: date | None
    cap_citation: Citation | None
    adjustment: AdjustmentMechanism
    citation: Citation

    @property
    def multiplier(self) -> Decimal:
        """What standardised RWA is multiplied by; one where the rule is the higher of the two."""
        return Decimal(1) if self.factor is None else self.factor

    def cap_on(self, *, as_of: date) -> Decimal | None:
        """The transitional cap, a multiple of pre-floor RWA, where one runs on that day."""
        if self.cap_multiple is None or (self.cap_until is not None and as_of > self.cap_until):
            return None
        return self.cap_multiple


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPosition:
    """What the schedule says for a jurisdiction on a day: the row in force, if any, and the next."""

    jurisdiction: str
    as_of: date
    row: FloorRow | None
    next_row: FloorRow | None

    @property
    def is_known_jurisdiction(self) -> bool:
        """Whether the table knows the jurisdiction at all."""
        return self.row is not None or self.next_row is not None

    @property
    def factor(self) -> Decimal | None:
        """The share in force; none when no row is in force or the mechanism has no factor."""
        return None if self.row is None else self.row.factor

    @property
    def verification(self) -> Verification | None:
        """How well the row in force was read."""
        return None if self.row is None else self.row.citation.verification

    @property
    def source(self) -> str | None:
        """The clause behind the row in force."""
        return None if self.row is None else self.row.citation.source

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on the row in force."""
        return self.row is not None and self.row.citation.may_gate


def list_jurisdictions() -> tuple[str, ...]:
    """Return the jurisdictions of the table, in its order."""
    return tuple(_schedules())


def floor_schedule(*, jurisdiction: str) -> tuple[FloorRow, ...]:
    """Return a jurisdiction's rows by date; refuses an unknown one with ``CAP003``."""
    rows = _schedules().get(jurisdiction)
    if rows is None:
        raise NotFound(
            "CAP003",
            f"no output-floor schedule for {jurisdiction!r}",
            remedy=f"Use one of: {', '.join(list_jurisdictions())}.",
            jurisdiction=jurisdiction,
        )
    return rows


def factor_at(*, jurisdiction: str, as_of: date) -> FloorPosition:
    """Return the last row that starts on or before ``as_of``, with its source and verification mark.

    An unknown jurisdiction, or a day before the first row, gives a position without a row: that is
    no answer, not "no floor".
    """
    rows = _schedules().get(jurisdiction, ())
    started = [row for row in rows if row.date_from <= as_of]
    later = [row for row in rows if row.date_from > as_of]
    return FloorPosition(
        jurisdiction=jurisdiction,
        as_of=as_of,
        row=started[-1] if started else None,
        next_row=later[0] if later else None,
    )


@cache
def _schedules() -> dict[str, tuple[FloorRow, ...]]:
    by_jurisdiction: dict[str, list[FloorRow]] = {}
    for row in table_rows("output_floor_schedule", "jurisdiction", "date_from"):
        parsed = _parse(row)
        by_jurisdiction.setdefault(parsed.jurisdiction, []).append(parsed)
    return {
        name: tuple(sorted(rows, key=lambda row: row.date_from)) for name, rows in by_jurisdiction.items()
    }


def _parse(row: Row) -> FloorRow:
    mechanism = row.parsed("mechanism", FloorMechanism)
    cap_multiple = row.optional_decimal("cap_multiple")
    return FloorRow(
        jurisdiction=row.text("jurisdiction"),
        date_from=row.day("date_from"),
        mechanism=mechanism,
        factor=row.decimal("factor") if mechanism is FloorMechanism.SHARE_OF_STANDARDISED else None,
        is_optional=row.flag("optional"),
        cap_multiple=cap_multiple,
        cap_until=row.optional_day("cap_until"),
        cap_citation=None
        if cap_multiple is None
        else row.citation_from(source="cap_source", status="cap_status"),
        adjustment=row.parsed("adjustment", AdjustmentMechanism),
        citation=row.citation,
    )
