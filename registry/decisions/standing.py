"""May it be used? One state and one sentence from a decision and the permit behind it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from registry.decisions.models import Permit
from registry.domain.vocab import Outcome, PermissionState, PermitStatus, Stage
from registry.inventory.models import IntendedUse
from registry.policy.decision import Ruling
from registry.policy.explain import sentence

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


def standing_of(*, intended_use: IntendedUse, decision: Ruling, permit: Permit | None, on: date) -> Standing:
    """Return the permission that the decision gives, bounded by the permit.

    Without a valid permit it is never "allowed": where nothing blocks, the
    version may be validated, or waits for its approval.
    """
    version, use = str(intended_use.version), intended_use.use_case.name
    state = _BY_OUTCOME[decision.outcome]
    if state in (PermissionState.DENIED, PermissionState.REFERRED):
        return Standing(
            state=state, sentence=sentence(decision=decision, version=version, use=use), until=None
        )
    if permit is None or permit.status != PermitStatus.ISSUED or permit.expires_on < on:
        return Standing(
            state=PermissionState.MAY_BE_VALIDATED,
            sentence=f"{version} may be validated for {use}, not used: {_next_step(decision, permit, on)}",
            until=None,
        )
    return Standing(
        state=state,
        sentence=sentence(decision=decision, version=version, use=use, until=permit.expires_on),
        until=permit.expires_on,
    )


def _next_step(decision: Ruling, permit: Permit | None, on: date) -> str:
    if permit is not None and permit.status == PermitStatus.SUSPENDED:
        return "its permit is suspended."
    if permit is not None and permit.expires_on < on:
        return f"its permit expired on {permit.expires_on}."
    if decision.stage in (Stage.GATE_APPROVE, Stage.GATE_USE):
        return "the evidence satisfies every rule, and approval is still to be given."
    wanted = Counter(item.kind for item in decision.requirements if item.status != "met")
    if not wanted:
        return "its validation has not been completed."
    counted = [f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in sorted(wanted.items())]
    return f"still needed: {', '.join(counted)}."
