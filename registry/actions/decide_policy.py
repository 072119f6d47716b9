"""Let the engine decide on a pair at a stage, and keep the answer with the facts it saw."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from registry.actions.gather_facts import read_pair
from registry.actions.stated_use import UseStatement, facts_of_statement, statement_json
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.facts import find_permit
from registry.decisions.models import PolicyDecision
from registry.decisions.packs import released_packs
from registry.decisions.standing import Standing, standing_of
from registry.domain.vocab import Stage
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel
from registry.people.actors import Actor
from registry.policy.decision import Ruling
from registry.policy.facts import Fact, facts_to_json
from registry.policy.written import write


def decide_policy(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use: IntendedUse,
    stage: Stage,
    statement: UseStatement | None = None,
) -> PolicyDecision:
    """Gather the facts, decide, store the decision, and move the pair's permission, in one transaction.

    Once a permit was issued only a decision at ``gate:use`` says whether the
    version may be used, so a decision at an earlier stage is followed by one.
    A decision on one stated use is kept and moves nothing. Raises what
    ``facts_of_statement`` does.
    """
    stated = facts_of_statement(statement=statement or UseStatement(), actor=actor)
    with transaction.atomic():
        row = _decide(actor, at, correlation_id, intended_use, stage, stated=stated)
        if stage is not Stage.GATE_USE and find_permit(intended_use=intended_use) is not None:
            _decide(actor, at, correlation_id, intended_use, Stage.GATE_USE, stated={})
    return row


def _decide(
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use: IntendedUse,
    stage: Stage,
    *,
    stated: Mapping[str, Fact],
) -> PolicyDecision:
    on = at.date()
    with transaction.atomic():
        pair = read_pair(intended_use=intended_use, stated=stated)
        facts = pair.facts_on(day=on)
        written = write(packs=released_packs(), facts=facts, stage=stage, as_of=on)
        decision = written.ruling
        standing = standing_of(intended_use=intended_use, decision=decision, permit=pair.permit.permit, on=on)
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
            stated=statement_json(facts=stated) if stated else None,
            permission_state=standing.state,
            permission_until=standing.until,
        )
        if not stated:
            _move_permission(intended_use, standing, row)
        _raise_tier(intended_use.version, decision)
        _record_decision(actor, at, correlation_id, row, decision)
    return row


def _move_permission(intended_use: IntendedUse, standing: Standing, row: PolicyDecision) -> None:
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


def _record_decision(
    actor: Actor, at: datetime, correlation_id: str, row: PolicyDecision, decision: Ruling
) -> None:
    payload = {
        "decision": str(row.uuid),
        "stage": row.stage,
        "outcome": decision.outcome.value,
        "tier": decision.tier,
        "permission": row.permission_state,
        "decision_digest": row.body_digest,
        "facts_digest": row.facts_digest,
        "packs": {f"{pack.instrument}/{pack.version}": pack.hash for pack in decision.packs},
    }
    record(
        action=AuditAction.POLICY_DECIDED,
        actor=actor,
        at=at,
        subject=subject_of(row.intended_use),
        payload=payload if row.stated is None else {**payload, "stated": row.stated},
        correlation_id=correlation_id,
    )


def _raise_tier(version: ModelVersion, decision: Ruling) -> None:
    """Keep on the model the strictest tier that any of its uses was given."""
    if decision.tier is None:
        return
    rows = RegisteredModel.objects.filter(pk=version.registered_model_id)
    rows.filter(risk_tier__isnull=True).update(risk_tier=decision.tier, row_version=F("row_version") + 1)
    rows.filter(risk_tier__gt=decision.tier).update(risk_tier=decision.tier, row_version=F("row_version") + 1)
