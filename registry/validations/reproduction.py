"""A validation and its re-performance, compared as both are recorded."""

from registry.domain.attachments import without_files
from registry.domain.canonical import Json
from registry.domain.errors import InvalidTransition
from registry.domain.reproduction import CheckReproduction, Reproduction, compare_runs
from registry.domain.vocab import RequestStatus
from registry.validations.basis import find_basis
from registry.validations.models import EvidenceRecord, ValidationRequest


def reproduction_of(*, again: ValidationRequest) -> Reproduction | None:
    """Return how a completed re-performance stands to its original; None for anything else."""
    original = again.reperforms
    if original is None or again.status != RequestStatus.COMPLETED:
        return None
    bases = [find_basis(request=request) for request in (original, again)]
    given_first, given_second = ({} if basis is None else basis.content for basis in bases)
    first, second = (_results(request) for request in (original, again))
    return compare_runs(first=first, second=second, given_first=given_first, given_second=given_second)


def figures_beside_report(*, of: EvidenceRecord, made: EvidenceRecord) -> CheckReproduction:
    """Return how the figures of a run for a library's report stand to those of the record that it reports on."""
    first, second = ({row.check_id: without_files(body=row.body)} for row in (of, made))
    (found,) = compare_runs(first=first, second=second, given_first={}, given_second={}).checks
    return found


def ensure_evidence(*, request: ValidationRequest) -> None:
    """Raise ``VAL065`` for what stands aside of a validation: people judge the original."""
    if request.aside:
        raise InvalidTransition(
            "VAL065", f"{request.aside} is no evidence of its own", remedy="Judge the original validation."
        )


def _results(request: ValidationRequest) -> dict[str, dict[str, Json]]:
    rows = EvidenceRecord.objects.filter(request=request).order_by("position")
    return {row.check_id: dict(row.body) for row in rows}
