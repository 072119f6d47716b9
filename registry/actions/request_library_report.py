"""Have a library's own report made on a check that has ended, for a person who wants to look at it.

The check is redone on the same data sets, seed and parameters, with the report
switched on: so the page shows the rows that the figures rest on, and whether
the figures come out the same is said beside it. It decides nothing. The record
stays as it is; what is made later is evidence of a run of its own, which feeds
no fact, raises no finding and leads to no decision.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction

from registry.actions.request_validation import MAY_ASK, ensure_may_ask, ring_for
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.attachments import LIBRARY, REPORT_PARAMS, NamedFile, named_files
from registry.domain.canonical import Json, digest
from registry.domain.errors import InvalidTransition, MrmError, NotFound
from registry.domain.reproduction import CheckReproduction
from registry.domain.vocab import RequestStatus, Verdict
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.basis import find_basis, keep_basis
from registry.validations.models import EvidenceRecord, ValidationBasis, ValidationRequest
from registry.validations.reproduction import figures_beside_report
from registry.validations.selectors import get_evidence, list_evidence, list_validation_requests

_MEASURED = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)


class LibraryReportState(StrEnum):
    """How a library's report on an evidence record stands."""

    NOT_ASKED = "not_asked"
    PENDING = "pending"
    MADE = "made"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryReport:
    """A library's report on an evidence record: asked for or not, and what came of it.

    ``request`` is the newest run that was asked for it; None where nobody asked, or the check left the
    report itself. ``source`` is the record whose result names ``file``; ``figures`` says whether a run of its
    own gave the same figures. ``is_new``: the call that returns this opened the request.
    """

    record: EvidenceRecord
    request: ValidationRequest | None
    source: EvidenceRecord | None
    file: NamedFile | None
    figures: CheckReproduction | None
    may_ask: bool
    is_new: bool = False

    @property
    def state(self) -> LibraryReportState:
        """Return how it stands; a run that broke down or was cancelled is ``failed``, and may be asked for again."""
        if self.file is not None:
            return LibraryReportState.MADE
        if self.request is None:
            return LibraryReportState.NOT_ASKED
        is_open = self.request.status == RequestStatus.REQUESTED
        return LibraryReportState.PENDING if is_open else LibraryReportState.FAILED

    @property
    def is_from_its_run(self) -> bool:
        """Whether the check left the report when it was made, since its plan asked for it."""
        return self.source is not None and self.source == self.record


def request_library_report(
    *, actor: Actor, at: datetime, correlation_id: str, evidence_uuid: UUID
) -> LibraryReport:
    """Open the run that makes the report, or return how it stands where one is open or the report is there.

    Raises ``VAL012`` for an unknown record, ``PEO003`` without a role that may ask for a validation,
    ``VAL070`` for a check without such a report, ``VAL071`` before the validation has completed, ``VAL072``
    for what is no evidence of the artefact, ``VAL073`` where nothing was measured, ``VAL074`` when what
    it was built on was not kept. Data sets that are gone or changed end the run with the code that says so.
    """
    row = get_evidence(actor=actor, uuid=evidence_uuid)
    use = row.request.intended_use
    ensure_may_ask(actor=actor, intended_use=use)
    _ensure_reportable(row)
    found = _report_on(actor, row)
    if found.state in (LibraryReportState.MADE, LibraryReportState.PENDING):
        return found
    basis = _basis_of(row)
    try:
        with transaction.atomic():
            request = _open(actor, at, row)
            keep_basis(request=request, content=basis.content)
            record(
                action=AuditAction.VALIDATION_REQUESTED,
                actor=actor,
                at=at,
                subject=subject_of(request, label=str(use)),
                payload={
                    "intended_use": str(use.uuid),
                    "batch": request.batch,
                    "plan_digest": request.plan_digest,
                    "decision": str(request.decision.uuid),
                    "reports_on": str(row.uuid),
                    "evidence_digest": row.digest,
                    "basis_digest": basis.digest,
                },
                correlation_id=correlation_id,
            )
            ring_for(request)
    except IntegrityError:
        # Somebody else asked at the same moment: theirs is the one.
        return _report_on(actor, row)
    return _report_on(actor, row, is_new=True)


def get_library_report(*, actor: Actor, evidence_uuid: UUID) -> LibraryReport:
    """Return how the report on an evidence record stands. Raises ``VAL012``, ``VAL070`` to ``VAL073``."""
    row = get_evidence(actor=actor, uuid=evidence_uuid)
    _ensure_reportable(row)
    return _report_on(actor, row)


def find_library_report(*, actor: Actor, row: EvidenceRecord) -> LibraryReport | None:
    """Return how the report on an evidence record stands; None where there can be none."""
    try:
        _ensure_reportable(row)
    except MrmError:
        return None
    return _report_on(actor, row)


def list_library_reports(*, actor: Actor, request: ValidationRequest) -> list[LibraryReport]:
    """Return how the reports on the evidence of a validation stand, in the order of its plan."""
    rows = list_evidence(actor=actor, request=request)
    found = [find_library_report(actor=actor, row=row) for row in rows]
    return [one for one in found if one is not None]


def _ensure_reportable(row: EvidenceRecord) -> None:
    if row.check_id not in REPORT_PARAMS:
        raise NotFound(
            "VAL070",
            f"no library makes a report of {row.check_id}",
            remedy=f"Ask for it on the evidence of {', '.join(REPORT_PARAMS)}.",
        )
    if row.request.status != RequestStatus.COMPLETED:
        raise InvalidTransition(
            "VAL071",
            f"the validation is {row.request.status}: its evidence may be incomplete",
            remedy="Ask on a validation that has completed.",
        )
    if not row.request.feeds_facts:
        raise InvalidTransition(
            "VAL072",
            f"the record is of {row.request.aside or 'a file of predictions'}",
            remedy="Ask on the evidence of a validation of the artefact.",
        )
    if row.verdict not in _MEASURED:
        raise InvalidTransition(
            "VAL073",
            f"{row.check_id} measured nothing there: {row.reason}",
            remedy="Ask for a new validation once the cause is removed.",
        )


def _report_on(actor: Actor, row: EvidenceRecord, *, is_new: bool = False) -> LibraryReport:
    key = row.request.intended_use.use_case.entity.key
    may_ask = any(actor.holds(role, entity_key=key) for role in MAY_ASK)
    request = source = None
    if not named_files(body=row.body):
        request = list_validation_requests(actor=actor).filter(reports_on=row).first()
        source = _made_by(request)
    else:
        source = row
    files = () if source is None else named_files(body=source.body)
    return LibraryReport(
        record=row,
        request=request,
        source=source,
        file=files[0] if files else None,
        figures=None if request is None or source is None else figures_beside_report(of=row, made=source),
        may_ask=may_ask,
        is_new=is_new,
    )


def _made_by(request: ValidationRequest | None) -> EvidenceRecord | None:
    """Return the evidence of a run that has made the report."""
    if request is None or request.status != RequestStatus.COMPLETED:
        return None
    return EvidenceRecord.objects.filter(request=request).first()


def _basis_of(row: EvidenceRecord) -> ValidationBasis:
    basis = find_basis(request=row.request)
    if basis is None:
        raise InvalidTransition(
            "VAL074",
            "what this validation was built on was not kept, so its rows cannot be found again",
            remedy="Ask for a new validation: it keeps its digests and its seed.",
        )
    return basis


def _open(actor: Actor, at: datetime, row: EvidenceRecord) -> ValidationRequest:
    """Write the request: the entry of the one check in the plan of then, with the report switched on."""
    original = row.request
    (entry,) = (one for one in original.plan if one["check"] == row.check_id)
    params = {**entry.get("params", {}), REPORT_PARAMS[row.check_id]: "1"}
    plan: list[Json] = [{**entry, "params": params}]
    return ValidationRequest.objects.create(
        intended_use=original.intended_use,
        decision=original.decision,
        plan=plan,
        plan_digest=digest(plan),
        batch=original.batch,
        status=RequestStatus.REQUESTED,
        reason=f"{actor.name} asks for {LIBRARY}'s own report of {row.check_id}",
        requested_by=Person.objects.get(uuid=actor.person_uuid),
        requested_at=at,
        reports_on=row,
    )
