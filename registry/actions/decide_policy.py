"""Let the engine decide on a pair at a stage, and keep the answer with the facts it saw."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from registry.actions.gather_facts import gather_facts
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.facts import find_permit
from registry.decisions.models import PolicyDecision
from registry.decisions.packs import released_packs
from registry.decisions.standing import standing_of
from registry.domain.vocab import Stage
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel
from registry.people.actors import Actor
from registry.policy.decision import Ruling
from registry.policy.facts import facts_to_json
from registry.policy.written import write


def decide_policy(
    *, actor: Actor, at: datetime, correlation_id: str, intended_use: IntendedUse, stage: Stage
) -> PolicyDecision:
    """Gather the facts, decide, store the decision, and move the pair's permission, in one transaction.

    Once a permit was issued only a decision at ``gate:use`` says whether the
    version may be used, so a decision at an earlier stage is followed by one.
    """
    with transaction.atomic():
        row = _decide(actor, at, correlation_id, intended_use, stage)
        if stage is not Stage.GATE_USE and find_permit(intended_use=intended_use) is not None:
            _decide(actor, at, correlation_id, intended_use, Stage.GATE_USE)
    return row


def _decide(
    actor: Actor, at: datetime, correlation_id: str, intended_use: IntendedUse, stage: Stage
) -> PolicyDecision:
    on = at.date()
    with transaction.atomic():
        facts = gather_facts(intended_use=intended_use, on=on)
        written = write(packs=released_packs(), facts=facts, stage=stage, as_of=on)
        decision = written.ruling
        standing = standing_of(
            intended_use=intended_use, decision=decision, permit=find_permit(intended_use=intended_use), on=on
        )
        row = PolicyDecision.objects.create(
            intended_use=intended_use,
            stage=stage,
            outcome=decision.outcome,
            tier=decision.tier,
            sentence=standing.sentence,
            as_of_date=on,
            facts=facts_to_json(facts=facts),
            facts_digest=decision.facts_digest,
            body=written.body.decode("utf-8"),
            body_digest=written.digest,
            engine_version=decision.engine_version,
            decided_at=at,
        )
        intended_use.permission_state = standing.state
        intended_use.permission_sentence = standing.sentence
        intended_use.permission_until = standing.until
        intended_use.permission_decision_uuid = row.uuid
        IntendedUse.objects.filter(pk=intended_use.pk).update(
            permission_state=standing.state,
            permission_sentence=standing.sentence,
            permission_until=standing.until,
            permission_decision_uuid=row.uuid,
        )
        _raise_tier(intended_use.version, decision)
        record(
            action=AuditAction.POLICY_DECIDED,
            actor=actor,
            at=at,
            subject=subject_of(intended_use),
            payload={
                "decision": str(row.uuid),
                "stage": stage.value,
                "outcome": decision.outcome.value,
                "tier": decision.tier,
                "permission": standing.state.value,
                "decision_digest": row.body_digest,
                "facts_digest": row.facts_digest,
                "packs": {f"{pack.instrument}/{pack.version}": pack.hash for pack in decision.packs},
            },
            correlation_id=correlation_id,
        )
    return row


def _raise_tier(version: ModelVersion, decision: Ruling) -> None:
    """Keep on the model the strictest tier that any of its uses was given."""
    if decision.tier is None:
        return
    rows = RegisteredModel.objects.filter(pk=version.registered_model_id)
    rows.filter(risk_tier__isnull=True).update(risk_tier=decision.tier, row_version=F("row_version") + 1)
    rows.filter(risk_tier__gt=decision.tier).update(risk_tier=decision.tier, row_version=F("row_version") + 1)
