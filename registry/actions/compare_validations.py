"""Two validations side by side, check by check: another version, another batch, or the same a year later."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from registry.domain.errors import InvalidInput
from registry.domain.reproduction import Reproduction
from registry.domain.vocab import RequestStatus
from registry.people.actors import Actor
from registry.validations.models import EvidenceRecord, ValidationRequest
from registry.validations.reproduction import reproduction_of
from registry.validations.selectors import get_validation_request, list_evidence, list_validation_requests


@dataclass(frozen=True, kw_only=True, slots=True)
class FigurePair:
    """One figure of both. ``change`` is second less first; ``is_apart``: the intervals share no point.

    Intervals that overlap do not show that nothing changed, and these are not
    paired tests: the samples may be the same or others.
    """

    name: str
    first: dict[str, Any] | None
    second: dict[str, Any] | None
    change: Decimal | None
    is_apart: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPair:
    """One check of both; ``None`` where a validation did not run it."""

    check_id: str
    first: EvidenceRecord | None
    second: EvidenceRecord | None
    figures: list[FigurePair]

    @property
    def is_other_verdict(self) -> bool:
        """Whether the verdicts differ, or one is not there."""
        return _verdict(self.first) != _verdict(self.second)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two validations and what each of their checks says; ``reproduction`` where the second repeats the first."""

    first: ValidationRequest
    second: ValidationRequest
    checks: list[CheckPair]
    reproduction: Reproduction | None


def list_comparable(*, actor: Actor, request: ValidationRequest) -> QuerySet[ValidationRequest]:
    """Return the other completed validations for the same use case, newest first; no run for a library's report."""
    rows = list_validation_requests(actor=actor).filter(
        status=RequestStatus.COMPLETED,
        intended_use__use_case=request.intended_use.use_case,
        reports_on=None,
    )
    return rows.exclude(pk=request.pk)


def compare_validations(*, actor: Actor, first_uuid: UUID, second_uuid: UUID) -> Comparison:
    """Return both, check by check; a re-performance stands second to its original, however they are given.

    Raises ``VAL010``, and ``VAL050`` for one validation twice.
    """
    if first_uuid == second_uuid:
        raise InvalidInput(
            "VAL050", "a validation compared with itself", remedy="Choose another one of the same use case."
        )
    first, second = (get_validation_request(actor=actor, uuid=uuid) for uuid in (first_uuid, second_uuid))
    if first.reperforms == second:
        first, second = second, first
    one, other = (
        {row.check_id: row for row in list_evidence(actor=actor, request=request)}
        for request in (first, second)
    )
    pairs = [_pair(name, one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])]
    found = reproduction_of(again=second) if second.reperforms == first else None
    return Comparison(first=first, second=second, checks=pairs, reproduction=found)


def _pair(check_id: str, first: EvidenceRecord | None, second: EvidenceRecord | None) -> CheckPair:
    one, other = _figures(first), _figures(second)
    figures = [_figure(name, one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])]
    return CheckPair(check_id=check_id, first=first, second=second, figures=figures)


def _figures(row: EvidenceRecord | None) -> dict[str, dict[str, Any]]:
    return {} if row is None else {str(metric["name"]): metric for metric in row.metrics}


def _figure(name: str, first: dict[str, Any] | None, second: dict[str, Any] | None) -> FigurePair:
    one, other = _number(first, "estimate"), _number(second, "estimate")
    ends = [_number(metric, end) for metric in (first, second) for end in ("lower", "upper")]
    is_apart = None
    if None not in ends:
        low_1, high_1, low_2, high_2 = (end or Decimal(0) for end in ends)
        is_apart = high_1 < low_2 or high_2 < low_1
    change = None if one is None or other is None else other - one
    return FigurePair(name=name, first=first, second=second, change=change, is_apart=is_apart)


def _number(metric: dict[str, Any] | None, name: str) -> Decimal | None:
    try:
        value = Decimal(str((metric or {}).get(name)))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _verdict(row: EvidenceRecord | None) -> str:
    return "" if row is None else row.verdict
