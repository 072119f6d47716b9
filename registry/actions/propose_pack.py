"""A pack proposal until it is put to the vote: drafting, revising, proposing, rejecting."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from registry.actions.clean import clean_future, clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import PackRelease
from registry.decisions.proposal_selectors import PROPOSAL_FILE, get_pack_proposal, view_text
from registry.decisions.proposals import PackProposal, PackWithdrawal
from registry.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import ProposalKind, ProposalStatus, Role
from registry.people.actors import Actor
from registry.people.models import Person
from registry.policy.pack_faults import Fault, read_with_faults
from registry.policy.rules import Pack

LONGEST_PACK = 500_000
LONGEST_INSTRUMENT, LONGEST_VERSION, LONGEST_TITLE = 60, 20, 240
LONGEST_NOTICE_DAYS = 3_660
AUTHORS = (Role.VALIDATOR, Role.APPROVER)
"""The second line writes policy. A pack rules in every entity, and so the role must be for every entity."""


def require_second_line(actor: Actor, *roles: Role, to: str) -> None:
    """Raise ``PKP001`` unless the actor holds one of the roles for every legal entity."""
    if not any(actor.holds(role, entity_key="") for role in roles):
        names = " or ".join(role.value for role in roles)
        raise NotPermitted(
            "PKP001",
            f"{actor.name} may not {to}: it takes the role of {names} for every legal entity",
            remedy="Ask somebody who holds it, or have an administrator grant it for every entity.",
        )


def draft_pack(*, actor: Actor, at: datetime, correlation_id: str, text: str, rationale: str) -> PackProposal:
    """Write a proposal for a new pack as a draft.

    Raises ``PKP001``, ``PKP005`` with every fault where the text cannot be
    read, ``PKP002`` when a pack of that name is released, ``INP001``.
    """
    require_second_line(actor, *AUTHORS, to="propose a policy pack")
    said = clean_text(rationale, name="rationale")
    pack = _read(text)
    with transaction.atomic():
        row = PackProposal.objects.create(
            kind=ProposalKind.RELEASE,
            rationale=said,
            author=Person.objects.get(uuid=actor.person_uuid),
            status=ProposalStatus.DRAFT,
            drafted_at=at,
            **_columns(pack, text),
        )
        _record(AuditAction.PACK_DRAFTED, row, actor, at, correlation_id)
    return row


def draft_withdrawal(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    release_uuid: UUID,
    effective_from: date,
    rationale: str,
) -> PackProposal:
    """Write a proposal to withdraw a release from a day on, as a draft.

    Raises ``PKP001``, ``DEC011`` for an unknown release, ``PKP014`` for one
    that is withdrawn already, ``INP001``, ``INP003`` unless the day lies ahead.
    """
    require_second_line(actor, *AUTHORS, to="propose the withdrawal of a policy pack")
    release = PackRelease.objects.filter(uuid=release_uuid).first()
    if release is None:
        raise NotFound(
            "DEC011", f"there is no pack {release_uuid}", remedy="Choose one from the list of packs."
        )
    ensure_not_withdrawn(release)
    day = clean_future(effective_from, on=at.date(), name="effective_from", longest_days=LONGEST_NOTICE_DAYS)
    with transaction.atomic():
        row = PackProposal.objects.create(
            kind=ProposalKind.WITHDRAWAL,
            instrument=release.instrument,
            version=release.version,
            title=release.title,
            effective_from=day,
            content_sha256=release.content_sha256,
            text=release.text,
            rationale=clean_text(rationale, name="rationale"),
            author=Person.objects.get(uuid=actor.person_uuid),
            status=ProposalStatus.DRAFT,
            drafted_at=at,
            release=release,
        )
        _record(AuditAction.PACK_DRAFTED, row, actor, at, correlation_id)
    return row


def revise_pack(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    proposal_uuid: UUID,
    text: str,
    rationale: str,
    row_version: int,
) -> PackProposal:
    """Write a draft anew, as its author. Raises ``PKP004``, ``PKP006`` and what ``draft_pack`` raises."""
    row = _own_draft(actor, proposal_uuid, to="revise it")
    if row.is_withdrawal:
        raise InvalidInput(
            "PKP015", "a withdrawal has no text of its own", remedy="Reject it and propose another."
        )
    columns = {**_columns(_read(text), text), "rationale": clean_text(rationale, name="rationale")}
    with transaction.atomic():
        move_proposal(row, row_version=row_version, **columns)
        _record(AuditAction.PACK_DRAFTED, row, actor, at, correlation_id)
    return row


def propose_pack(
    *, actor: Actor, at: datetime, correlation_id: str, proposal_uuid: UUID, row_version: int
) -> PackProposal:
    """Freeze a draft and offer it for approval, as its author.

    Raises ``PKP004``, ``PKP006``, ``PKP005`` with every defect where the pack
    is not sound, ``PKP002`` and ``PKP014`` where it was released or withdrawn meanwhile.
    """
    row = _own_draft(actor, proposal_uuid, to="propose it")
    ensure_possible(row)
    if not row.is_withdrawal:
        _refuse(view_text(text=row.text).defects)
    with transaction.atomic():
        move_proposal(row, row_version=row_version, status=ProposalStatus.PROPOSED, proposed_at=at)
        _record(AuditAction.PACK_PROPOSED, row, actor, at, correlation_id)
    return row


def reject_pack(
    *, actor: Actor, at: datetime, correlation_id: str, proposal_uuid: UUID, reason: str, row_version: int
) -> PackProposal:
    """End a proposal without effect; its author may so take it back.

    Raises ``PKP001``, ``PKP003``, ``PKP004``, ``LIF001``, ``INP001``.
    """
    row = get_pack_proposal(actor=actor, uuid=proposal_uuid)
    require_second_line(actor, *AUTHORS, to="reject a policy pack")
    ensure_transition("pack_proposal", row.status, ProposalStatus.REJECTED)
    said = clean_text(reason, name="reason")
    with transaction.atomic():
        move_proposal(
            row,
            row_version=row_version,
            status=ProposalStatus.REJECTED,
            ended_at=at,
            ended_by=Person.objects.get(uuid=actor.person_uuid),
            ended_reason=said,
        )
        _record(AuditAction.PACK_REJECTED, row, actor, at, correlation_id, reason=said)
    return row


def move_proposal(row: PackProposal, *, row_version: int, **columns: object) -> None:
    """Change the row that the caller read, inside his transaction. Raises ``PKP004`` when somebody was faster."""
    changed = PackProposal.objects.filter(pk=row.pk, status=row.status, row_version=row_version).update(
        **columns, row_version=F("row_version") + 1
    )
    if changed != 1:
        raise Conflict(
            "PKP004",
            "somebody changed this proposal first",
            remedy="Load it again and look at what changed.",
        )
    row.refresh_from_db()


def ensure_possible(row: PackProposal) -> None:
    """Raise ``PKP002`` or ``PKP014`` where what is proposed cannot be done any more."""
    if row.release is not None:
        ensure_not_withdrawn(row.release)
    else:
        _ensure_unreleased(row.instrument, row.version)


def ensure_not_withdrawn(release: PackRelease) -> None:
    """Raise ``PKP014`` for a release that is withdrawn already."""
    if PackWithdrawal.objects.filter(release=release).exists():
        raise Conflict("PKP014", f"{release} is withdrawn already", remedy="Nothing is to be done.")


def _own_draft(actor: Actor, uuid: UUID, *, to: str) -> PackProposal:
    row = get_pack_proposal(actor=actor, uuid=uuid)
    require_second_line(actor, *AUTHORS, to="propose a policy pack")
    if row.author.uuid != actor.person_uuid:
        raise NotPermitted(
            "PKP006", f"only {row.author.full_name}, who wrote the draft, may {to}", remedy="Ask the author."
        )
    ensure_transition("pack_proposal", row.status, ProposalStatus.PROPOSED)
    return row


def ensure_readable(text: str) -> None:
    """Raise ``PKP016`` for a text too long to be a pack, or with a zero character."""
    if len(text) > LONGEST_PACK or "\x00" in text:
        raise InvalidInput(
            "PKP016",
            f"the text is longer than {LONGEST_PACK:,} characters or holds a zero character",
            remedy="Propose a shorter pack, in plain text.",
            field="text",
        )


def _read(text: str) -> Pack:
    ensure_readable(text)
    pack, faults = read_with_faults(text=text, file=PROPOSAL_FILE)
    _refuse(faults)
    assert pack is not None
    _ensure_short(pack)
    _ensure_unreleased(pack.instrument, pack.version)
    return pack


def _refuse(faults: tuple[Fault, ...]) -> None:
    if faults:
        first = faults[0]
        raise InvalidInput(
            "PKP005",
            f"the pack has {len(faults)} fault{'s' if len(faults) > 1 else ''}; the first, in line {first.line}, "
            f"column {first.column}: {first.message}",
            remedy="Correct each fault at the line and column named.",
            field="text",
            faults=[fault.to_json() for fault in faults],
        )


def _ensure_short(pack: Pack) -> None:
    for name, value, limit in (
        ("instrument", pack.instrument, LONGEST_INSTRUMENT),
        ("version", pack.version, LONGEST_VERSION),
        ("title", pack.title, LONGEST_TITLE),
    ):
        if len(value) > limit or "\n" in value:
            raise InvalidInput(
                "PKP017",
                f"the pack's {name} is longer than one line of {limit} characters",
                remedy=f"Shorten the {name}.",
                field="text",
            )


def _ensure_unreleased(instrument: str, version: str) -> None:
    if PackRelease.objects.filter(instrument=instrument, version=version).exists():
        raise Conflict(
            "PKP002",
            f"the pack {instrument}/{version} is released, and released means frozen",
            remedy="Give the new content a new version that supersedes it.",
        )


def _columns(pack: Pack, text: str) -> dict[str, object]:
    return {
        "instrument": pack.instrument,
        "version": pack.version,
        "title": pack.title,
        "effective_from": pack.effective_from,
        "content_sha256": pack.content_hash,
        "text": text,
    }


def _record(
    action: AuditAction, row: PackProposal, actor: Actor, at: datetime, correlation_id: str, **more: object
) -> None:
    record(
        action=action,
        actor=actor,
        at=at,
        subject=subject_of(row),
        payload={
            "kind": row.kind,
            "hash": row.content_sha256,
            "effective_from": row.effective_from,
            **more,
        },
        correlation_id=correlation_id,
    )
