"""May it be used? One state and one sentence from a decision and the permit behind it."""

from dataclasses import dataclass
from datetime import date

from registry.decisions.models import Permit
from registry.domain.vocab import Outcome, PermissionState, PermitStatus, Stage
from registry.inventory.models import IntendedUse
from registry.policy.decision import Decision

_BY_OUTCOME = {
    Outcome.ALLOW: PermissionState.ALLOWED,
    Outcome.ALLOW_WITH_CONDITIONS: PermissionState.CONDITIONAL,
    Outcome.REFER: PermissionState.REFERRED,
    Outcome.DENY: PermissionState.DENIED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The permission as it stands on a date."""

    state: PermissionState
    sentence: str
    until: date | None


def standing_of(
    *, intended_use: IntendedUse, decision: Decision, permit: Permit | None, on: date
) -> Standing:
    """Return the permission that the decision gives, bounded by the permit.

    Without a valid permit it is never "allowed": where nothing blocks, the
    version may be validated, or waits for its approval.
    """
    state = _BY_OUTCOME[decision.outcome]
    what = f"{intended_use.version} for {intended_use.use_case.name}"
    if state in (PermissionState.DENIED, PermissionState.REFERRED):
        verb = "may not be used" if state is PermissionState.DENIED else "cannot be decided yet"
        return Standing(state=state, sentence=f"{what} {verb}: {_because(decision)}", until=None)
    if permit is None or permit.status != PermitStatus.ISSUED or permit.expires_on < on:
        return Standing(
            state=PermissionState.MAY_BE_VALIDATED,
            sentence=f"{what} may be validated, not used: {_next_step(decision, permit, on)}",
            until=None,
        )
    conditions = len(permit.conditions)
    under = f" under {conditions} condition{'s' if conditions != 1 else ''}" if conditions else ""
    return Standing(
        state=state,
        sentence=(
            f"{what} may be used until {permit.expires_on}{under}, because every rule in force"
            f" is met by verified evidence"
        ),
        until=permit.expires_on,
    )


def _because(decision: Decision) -> str:
    gravest = [reason for reason in decision.reasons if reason.outcome == decision.outcome.value]
    texts = list(dict.fromkeys(reason.text.rstrip(".") for reason in gravest))
    shown = "; ".join(texts[:2])
    more = f"; and {len(texts) - 2} more" if len(texts) > 2 else ""
    return f"{shown}{more}." if shown else "no rule in force answers for this stage."


def _next_step(decision: Decision, permit: Permit | None, on: date) -> str:
    if permit is not None and permit.status == PermitStatus.SUSPENDED:
        return "its permit is suspended."
    if permit is not None and permit.expires_on < on:
        return f"its permit expired on {permit.expires_on}."
    if decision.stage in (Stage.GATE_APPROVE, Stage.GATE_USE):
        return "the evidence satisfies every rule, and approval is still to be given."
    open_items = [item.name.replace("_", " ") for item in decision.requirements if item.status != "met"]
    listed = ", ".join(open_items[:4])
    more = f" and {len(open_items) - 4} more" if len(open_items) > 4 else ""
    return f"still needed: {listed}{more}." if listed else "its validation has not been completed."
