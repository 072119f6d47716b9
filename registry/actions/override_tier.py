"""Set a tier in place of the computed one or take it back. Stricter is free; milder takes an independent approver."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from registry.actions.clean import clean_future, clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.gather_facts import read_pair
from registry.actions.subjects import subject_of
from registry.actions.tier_standing import TierStanding
from registry.approvals.independence import conflicts_of_approver
from registry.approvals.models import ApprovalRequest
from registry.audit.api import AuditAction, record
from registry.decisions.models import PolicyDecision, TierOverride
from registry.domain.errors import InvalidInput, InvalidTransition, NotPermitted
from registry.domain.tiering import TierChange, ensure_override, ensure_withdrawal
from registry.domain.vocab import RiskTier, Role, Stage
from registry.inventory.models import IntendedUse, RegisteredModel
from registry.inventory.selectors import get_intended_use, list_intended_uses
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.independence import ensure_independent

LONGEST_DAYS = 366
EDITORS = (Role.APPROVER, Role.VALIDATOR, Role.OWNER, Role.DEVELOPER)


def override_tier(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use_uuid: UUID,
    tier: int,
    reason: str,
    expires_on: date | None,
) -> TierOverride:
    """Set the tier of a use and decide again.

    Raises ``TIE001`` to ``TIE005``; ``TIE007`` for a number that is no tier,
    ``TIE008`` without a role that edits the record, ``TIE009`` where a forced
    tier is stricter than the one set; for a milder tier also ``PEO004``,
    ``PEO006`` and ``INP003``; ``INP001``.
    """
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    role = _editing_role(actor, use)
    computed = _computed(get_tier_standing(actor=actor, intended_use=use, on=at.date()))
    change = TierChange(
        computed=computed, tier=_clean_tier(tier), role=role, reason=reason, expires_on=expires_on
    )
    ensure_override(change=change, on=at.date())
    if change.is_milder:
        _ensure_may_relieve(actor, use)
        assert expires_on is not None
        clean_future(expires_on, on=at.date(), name="expires_on", longest_days=LONGEST_DAYS)
    with transaction.atomic():
        row = _record(actor, at, correlation_id, use, change=change)
        decided = _decide_again(actor, at, correlation_id, use)
        if decided.tier != change.tier:
            raise InvalidTransition(
                "TIE009",
                f"a forced tier stands: the use stays in tier {decided.tier}",
                remedy="Nobody sets a tier that is milder than a forced one; the decision's rules name it.",
                tier=decided.tier,
            )
    return row


def withdraw_override(
    *, actor: Actor, at: datetime, correlation_id: str, intended_use_uuid: UUID, reason: str
) -> TierOverride:
    """Let the computed tier hold again and decide again.

    Raises ``TIE010`` where no override stands, ``TIE008``; ``TIE006``,
    ``PEO004`` and ``PEO006`` where the computed tier is milder; ``INP001``.
    """
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    role = _editing_role(actor, use)
    standing = get_tier_standing(actor=actor, intended_use=use, on=at.date())
    override = standing.override
    if override is None or override.tier is None:
        raise InvalidTransition("TIE010", "no tier was set by a person", remedy="Nothing is to be withdrawn.")
    computed, tier = _computed(standing), RiskTier(override.tier)
    ensure_withdrawal(tier=tier, computed=computed, role=role)
    if computed > tier:
        _ensure_may_relieve(actor, use)
    with transaction.atomic():
        row = TierOverride.objects.create(
            intended_use=use,
            tier=None,
            computed=computed,
            reason=clean_text(reason, name="reason"),
            set_by=Person.objects.get(uuid=actor.person_uuid),
            recorded_at=at,
        )
        record(
            action=AuditAction.TIER_OVERRIDE_WITHDRAWN,
            actor=actor,
            at=at,
            subject=subject_of(use),
            payload={"override": str(override.uuid), "tier": int(tier), "computed": int(computed),
                     "reason": row.reason},
            correlation_id=correlation_id,
        )  # fmt: skip
        _decide_again(actor, at, correlation_id, use)
    return row


def get_tier_standing(*, actor: Actor, intended_use: IntendedUse, on: date) -> TierStanding:
    """Return where the tier of a visible pair stands. Raises ``INV013``."""
    use = get_intended_use(actor=actor, uuid=intended_use.uuid)
    return read_pair(intended_use=use).tier_on(day=on)


def list_tier_overrides(*, actor: Actor, intended_use: IntendedUse) -> list[TierOverride]:
    """Return what people set and withdrew for the pair, newest first."""
    uses = list_intended_uses(actor=actor).filter(pk=intended_use.pk)
    rows = TierOverride.objects.filter(intended_use__in=uses).select_related("set_by")
    return list(rows.order_by("-id"))


def conflicts_of_relief(*, intended_use: IntendedUse, person_uuid: UUID) -> list[str]:
    """Return the reasons why the person may not set a milder tier: those of an approver, and having submitted it."""
    reasons = conflicts_of_approver(intended_use=intended_use, person_uuid=person_uuid)
    submitted = ApprovalRequest.objects.filter(intended_use=intended_use, submitted_by__uuid=person_uuid)
    return [*reasons, "submitted it for approval"] if submitted.exists() else reasons


def _editing_role(actor: Actor, use: IntendedUse) -> Role:
    held = [role for role in EDITORS if actor.holds(role, entity_key=use.use_case.entity.key)]
    if not held:
        raise NotPermitted(
            "TIE008",
            f"{actor.name} may not set a tier",
            remedy="Developers, owners, validators and approvers of the legal entity set a stricter one.",
        )
    return held[0]


def _ensure_may_relieve(actor: Actor, use: IntendedUse) -> None:
    actor.require_presence(to="set a milder tier")
    conflicts = conflicts_of_relief(intended_use=use, person_uuid=actor.person_uuid)
    ensure_independent(actor=actor, conflicts=conflicts, to="set a milder tier")


def _computed(standing: TierStanding) -> RiskTier:
    """Return the computed tier; where no rule tiers, the strictest, so that nothing is milder by accident."""
    return standing.compute() or RiskTier.TIER_1


def _clean_tier(tier: int) -> RiskTier:
    if tier not in list(RiskTier):
        raise InvalidInput("TIE007", f"{tier} is no tier", remedy="Choose 1 (strictest) to 4.", field="tier")
    return RiskTier(tier)


def _record(
    actor: Actor, at: datetime, correlation_id: str, use: IntendedUse, *, change: TierChange
) -> TierOverride:
    row = TierOverride.objects.create(
        intended_use=use,
        tier=change.tier,
        computed=change.computed,
        reason=clean_text(change.reason, name="reason"),
        expires_on=change.expires_on,
        set_by=Person.objects.get(uuid=actor.person_uuid),
        recorded_at=at,
    )
    record(
        action=AuditAction.TIER_OVERRIDDEN,
        actor=actor,
        at=at,
        subject=subject_of(use),
        payload={
            "override": str(row.uuid),
            "tier": int(change.tier),
            "computed": int(change.computed),
            "reason": row.reason,
            "expires_on": row.expires_on,
        },
        correlation_id=correlation_id,
    )
    return row


def _decide_again(actor: Actor, at: datetime, correlation_id: str, use: IntendedUse) -> PolicyDecision:
    row = decide_policy(
        actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
    )
    _settle_model_tier(use)
    return row


def _settle_model_tier(use: IntendedUse) -> None:
    """Keep on the model the strictest tier of its uses. The lock keeps a decision made meanwhile from being lost."""
    model = RegisteredModel.objects.select_for_update().get(pk=use.version.registered_model_id)
    uses = IntendedUse.objects.filter(version__registered_model=model)
    newest = PolicyDecision.objects.filter(uuid__in=uses.values("permission_decision_uuid"))
    tier = newest.aggregate(tier=Min("tier"))["tier"]
    if tier is not None and tier != model.risk_tier:
        RegisteredModel.objects.filter(pk=model.pk).update(risk_tier=tier, row_version=model.row_version + 1)
