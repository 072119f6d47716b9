"""Two people put a proposed pack into force: each pins its hash and a report of its impact that is still current."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_text
from registry.actions.pack_jobs import open_job
from registry.actions.propose_pack import ensure_possible, move_proposal, require_second_line
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import PackRelease
from registry.decisions.proposal_selectors import (
    day_of_effect,
    find_report,
    get_pack_proposal,
    proposed_pack,
    staleness,
)
from registry.decisions.proposals import ImpactReport, PackApproval, PackProposal, PackWithdrawal
from registry.domain.errors import Conflict, IntegrityMismatch, InvalidTransition, NotPermitted
from registry.domain.vocab import PackJobKind, ProposalStatus, Role
from registry.people.actors import Actor
from registry.people.models import Person

PEOPLE_NEEDED = 2
SIGNATORIES = (Role.APPROVER,)
"""Approvers of the second line, for every legal entity."""


def approve_pack(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    proposal_uuid: UUID,
    content_sha256: str,
    report_digest: str,
    comment: str,
    row_version: int,
) -> PackProposal:
    """Approve a proposal; the second approval on the same report activates it in the same transaction.

    ``content_sha256`` and ``report_digest`` are what the person has read.
    Raises ``PEO006`` for a token, ``PKP001`` without the role, ``PKP003``,
    ``PKP004`` when somebody was faster, ``PKP007`` for the author, ``PKP008``
    for the same person again, ``PKP009`` unless it is proposed, ``PKP010``
    without a report that is still current, ``PKP011`` for another hash,
    ``PKP002``, ``PKP014``, ``INP001``.
    """
    row = get_pack_proposal(actor=actor, uuid=proposal_uuid)
    report = _ensure_may_approve(actor, at, row, content_sha256=content_sha256, report_digest=report_digest)
    said = clean_text(comment, name="comment")
    with transaction.atomic():
        move_proposal(row, row_version=row_version)
        PackApproval.objects.create(
            proposal=row,
            report=report,
            person=Person.objects.get(uuid=actor.person_uuid),
            proposal_sha256=row.content_sha256,
            report_digest=report.digest,
            comment=said,
            approved_at=at,
        )
        record(
            action=AuditAction.PACK_APPROVED,
            actor=actor,
            at=at,
            subject=subject_of(row),
            payload={"hash": row.content_sha256, "report": report.digest, "comment": said},
            correlation_id=correlation_id,
        )
        if PackApproval.objects.filter(report=report).count() >= PEOPLE_NEEDED:
            _activate(actor, at, correlation_id, row, report)
    return row


def _ensure_may_approve(
    actor: Actor, at: datetime, row: PackProposal, *, content_sha256: str, report_digest: str
) -> ImpactReport:
    actor.require_presence(to="approve a policy pack")
    require_second_line(actor, *SIGNATORIES, to="approve a policy pack")
    if row.author.uuid == actor.person_uuid:
        raise NotPermitted(
            "PKP007",
            "nobody approves a pack that he wrote",
            remedy="Two other approvers must.",
        )
    if row.status != ProposalStatus.PROPOSED:
        raise InvalidTransition(
            "PKP009",
            f"the proposal is {row.status}, and only what is proposed can be approved",
            remedy="Look at where the proposal stands now.",
        )
    if content_sha256 != row.content_sha256:
        raise IntegrityMismatch(
            "PKP011",
            "the proposal does not have the hash that you approve",
            remedy="Load it again and read what it says now.",
        )
    report = _current_report(at, row, report_digest)
    if PackApproval.objects.filter(report=report, person__uuid=actor.person_uuid).exists():
        raise NotPermitted(
            "PKP008",
            "you have approved this already, and it takes two people",
            remedy="Another approver must.",
        )
    return report


def _current_report(at: datetime, row: PackProposal, report_digest: str) -> ImpactReport:
    report = find_report(proposal=row)
    if report is None:
        why = "nobody has had its impact reported"
    elif report.digest != report_digest:
        why = "there is a newer report than the one you approve on"
    else:
        why = staleness(report=report, proposal=row, on=at.date())
    if why or report is None:
        raise Conflict(
            "PKP010",
            f"there is no current report of the impact: {why}",
            remedy="Run the report again, read it, then approve.",
        )
    return report


def _activate(
    actor: Actor, at: datetime, correlation_id: str, row: PackProposal, report: ImpactReport
) -> None:
    # One activation at a time: another's pack may have come into force since the report was checked.
    list(PackRelease.objects.select_for_update().order_by("pk").values_list("pk"))
    _current_report(at, row, report.digest)
    ensure_possible(row)
    release = row.release
    if release is None:
        release = _release(actor, at, correlation_id, row)
    else:
        PackWithdrawal.objects.create(
            release=release, proposal=row, effective_from=row.effective_from, withdrawn_at=at
        )
    move_proposal(
        row,
        row_version=row.row_version,
        status=ProposalStatus.ACTIVATED,
        ended_at=at,
        ended_by=Person.objects.get(uuid=actor.person_uuid),
        release=release,
    )
    record(
        action=AuditAction.PACK_WITHDRAWN if row.is_withdrawal else AuditAction.PACK_ACTIVATED,
        actor=actor,
        at=at,
        subject=subject_of(release),
        payload={
            "proposal": str(row.uuid),
            "hash": row.content_sha256,
            "report": report.digest,
            "effective_from": row.effective_from,
            "approved_by": sorted(
                str(uuid)
                for uuid in PackApproval.objects.filter(report=report).values_list("person__uuid", flat=True)
            ),
        },
        correlation_id=correlation_id,
    )
    day = day_of_effect(proposal=row, on=at.date())
    open_job(
        actor=actor,
        at=at,
        correlation_id=correlation_id,
        proposal=row,
        kind=PackJobKind.COMPARISON,
        planned=report.effects.count(),
        not_before=day if day > at.date() else None,
    )


def _release(actor: Actor, at: datetime, correlation_id: str, row: PackProposal) -> PackRelease:
    pack = proposed_pack(proposal=row)
    release = PackRelease.objects.create(
        instrument=pack.instrument,
        version=pack.version,
        title=pack.title,
        binding_level=pack.binding_level,
        effective_from=pack.effective_from,
        content_sha256=pack.content_hash,
        text=row.text,
        released_at=at,
    )
    record(
        action=AuditAction.PACK_RELEASED,
        actor=actor,
        at=at,
        subject=subject_of(release),
        payload={"hash": pack.content_hash, "effective_from": pack.effective_from},
        correlation_id=correlation_id,
    )
    return release
