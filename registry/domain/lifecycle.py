"""Which state may follow which, for every thing that has a lifecycle.

One table per kind. A step that is not in the table is refused with its own
error, never confused with a missing permission. Codes: ``LIF001`` this step
does not lead on from here, ``LIF002`` no such kind, ``LIF003`` no such state.
"""

from collections.abc import Mapping
from enum import StrEnum

from registry.domain.errors import InvalidInput, InvalidTransition
from registry.domain.vocab import (
    ApprovalStatus,
    FindingStatus,
    LifecycleState,
    PermitStatus,
    ProposalStatus,
    ReportStatus,
    RequestStatus,
    RunStatus,
)

Transitions = Mapping[StrEnum, tuple[StrEnum, ...]]

_MODEL: Transitions = {
    LifecycleState.REGISTERED: (
        LifecycleState.IN_DEVELOPMENT,
        LifecycleState.IN_VALIDATION,
        LifecycleState.DECOMMISSIONED,
    ),
    LifecycleState.IN_DEVELOPMENT: (LifecycleState.IN_VALIDATION, LifecycleState.DECOMMISSIONED),
    LifecycleState.IN_VALIDATION: (
        LifecycleState.IN_DEVELOPMENT,
        LifecycleState.APPROVED,
        LifecycleState.DECOMMISSIONED,
    ),
    LifecycleState.APPROVED: (
        LifecycleState.IN_USE,
        LifecycleState.IN_VALIDATION,
        LifecycleState.SUSPENDED,
        LifecycleState.DECOMMISSIONED,
    ),
    LifecycleState.IN_USE: (
        LifecycleState.IN_VALIDATION,
        LifecycleState.SUSPENDED,
        LifecycleState.DECOMMISSIONED,
    ),
    LifecycleState.SUSPENDED: (
        LifecycleState.IN_USE,
        LifecycleState.IN_VALIDATION,
        LifecycleState.DECOMMISSIONED,
    ),
    LifecycleState.DECOMMISSIONED: (),
}

_FINDING: Transitions = {
    FindingStatus.OPEN: (
        FindingStatus.REMEDIATION_PROPOSED,
        FindingStatus.CLOSED,
        FindingStatus.RISK_ACCEPTED,
    ),
    FindingStatus.REMEDIATION_PROPOSED: (
        FindingStatus.OPEN,
        FindingStatus.CLOSED,
        FindingStatus.RISK_ACCEPTED,
    ),
    FindingStatus.RISK_ACCEPTED: (FindingStatus.OPEN, FindingStatus.CLOSED),
    FindingStatus.CLOSED: (FindingStatus.OPEN,),
}

_REQUEST: Transitions = {
    RequestStatus.REQUESTED: (RequestStatus.COMPLETED, RequestStatus.FAILED, RequestStatus.CANCELLED),
    RequestStatus.COMPLETED: (),
    RequestStatus.FAILED: (),
    RequestStatus.CANCELLED: (),
}

_RUN: Transitions = {
    RunStatus.QUEUED: (RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.EXPIRED, RunStatus.FAILED),
    RunStatus.RUNNING: (
        RunStatus.QUEUED,
        RunStatus.SUCCEEDED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
        RunStatus.EXPIRED,
    ),
    RunStatus.SUCCEEDED: (),
    RunStatus.FAILED: (),
    RunStatus.CANCELLED: (),
    RunStatus.EXPIRED: (),
}

_REPORT: Transitions = {ReportStatus.DRAFT: (ReportStatus.SIGNED,), ReportStatus.SIGNED: ()}

_APPROVAL: Transitions = {
    ApprovalStatus.PENDING: (ApprovalStatus.GRANTED, ApprovalStatus.REJECTED, ApprovalStatus.VOID),
    ApprovalStatus.GRANTED: (),
    ApprovalStatus.REJECTED: (),
    ApprovalStatus.VOID: (),
}

_PERMIT: Transitions = {
    PermitStatus.ISSUED: (PermitStatus.SUSPENDED, PermitStatus.REVOKED),
    PermitStatus.SUSPENDED: (PermitStatus.ISSUED, PermitStatus.REVOKED),
    PermitStatus.REVOKED: (),
}

_PROPOSAL: Transitions = {
    ProposalStatus.DRAFT: (ProposalStatus.PROPOSED, ProposalStatus.REJECTED),
    ProposalStatus.PROPOSED: (ProposalStatus.ACTIVATED, ProposalStatus.REJECTED),
    ProposalStatus.ACTIVATED: (),
    ProposalStatus.REJECTED: (),
}

TABLES: Mapping[str, Transitions] = {
    "registered_model": _MODEL,
    "finding": _FINDING,
    "validation_request": _REQUEST,
    "validation_run": _RUN,
    "validation_report": _REPORT,
    "approval": _APPROVAL,
    "permit": _PERMIT,
    "pack_proposal": _PROPOSAL,
}


def ensure_transition(kind: str, from_state: str, to_state: str) -> None:
    """Raise unless the step is in the table of ``kind``.

    States may be enum members or their stored text. Raises
    ``InvalidTransition`` ``LIF001``, ``InvalidInput`` ``LIF002`` or ``LIF003``.
    """
    allowed = next_states(kind=kind, state=from_state)
    if to_state not in TABLES[kind]:
        raise _no_such_state(kind, to_state)
    if to_state not in allowed:
        onward = ", ".join(allowed) or "nothing"
        raise InvalidTransition(
            "LIF001",
            f"a {kind.replace('_', ' ')} that is {from_state} cannot become {to_state}",
            remedy=f"From {from_state} it may become: {onward}.",
            subject=kind,
            state=str(from_state),
            wanted=str(to_state),
        )


def next_states(*, kind: str, state: str) -> tuple[StrEnum, ...]:
    """Return the states that may follow, in the table's order; raises ``LIF002`` or ``LIF003``."""
    table = TABLES.get(kind)
    if table is None:
        raise InvalidInput(
            "LIF002", f"nothing called `{kind}` has a lifecycle", remedy=f"Use one of: {', '.join(TABLES)}."
        )
    for member, following in table.items():
        if member == state:
            return following
    raise _no_such_state(kind, state)


def _no_such_state(kind: str, state: str) -> InvalidInput:
    names = ", ".join(TABLES[kind])
    return InvalidInput(
        "LIF003", f"`{state}` is no state of a {kind.replace('_', ' ')}", remedy=f"Use one of: {names}."
    )
