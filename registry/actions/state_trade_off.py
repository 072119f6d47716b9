"""State the economic case for a model that explains itself less than its use asks."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_future, clean_money, clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Role, Stage
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.models import TradeOffStatement

LONGEST_DAYS = 366


def state_trade_off(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use_uuid: UUID,
    statement: str,
    benefit_eur: Decimal | str,
    expires_on: date,
) -> TradeOffStatement:
    """Record the statement and decide again. Raises ``PEO001``, ``INP001``, ``INP002``, ``INP003``, ``VAL032``."""
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    actor.require(Role.OWNER, entity_key=use.use_case.entity.key, to="make the economic case")
    benefit = clean_money(benefit_eur, name="benefit_eur")
    if not benefit:
        raise InvalidInput(
            "VAL032",
            "a benefit of nothing is no economic case",
            remedy="State the benefit in euros, or use the interpretable challenger.",
        )
    with transaction.atomic():
        row = TradeOffStatement.objects.create(
            intended_use=use,
            statement=clean_text(statement, name="statement"),
            benefit_eur=benefit,
            expires_on=clean_future(expires_on, on=at.date(), name="expires_on", longest_days=LONGEST_DAYS),
            stated_by=Person.objects.get(uuid=actor.person_uuid),
            recorded_at=at,
        )
        record(
            action=AuditAction.TRADE_OFF_STATED,
            actor=actor,
            at=at,
            subject=subject_of(use),
            payload={
                "statement": row.statement,
                "benefit_eur": row.benefit_eur,
                "expires_on": row.expires_on,
            },
            correlation_id=correlation_id,
        )
        decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
        )
    return row
