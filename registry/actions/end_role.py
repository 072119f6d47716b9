"""End a role: whoever held it may no longer act in it, from this moment on."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from registry.actions.administrators import ensure_administrator_left, require_administrator
from registry.actions.clean import clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import NotFound
from registry.domain.vocab import Role
from registry.people.actors import Actor
from registry.people.models import RoleAssignment


def end_role(
    *, actor: Actor, at: datetime, correlation_id: str, assignment_uuid: UUID, reason: str
) -> RoleAssignment:
    """End a role that is held. The row stays, so that the past still names its holder.

    The last day of a role counts in full, so ending it today makes yesterday
    its last day. Raises ``PEO008``, ``PEO036`` for the last administrator,
    ``PEO037`` when nobody holds it any more, ``INP001``.
    """
    row = RoleAssignment.objects.select_related("person").filter(uuid=assignment_uuid).first()
    if row is None:
        raise NotFound("PEO038", f"there is no role {assignment_uuid}", remedy="Choose one from the list.")
    require_administrator(actor, to="end roles there", entity_key=row.entity_key)
    said = clean_text(reason, name="reason", limit=400)
    with transaction.atomic():
        if row.role == Role.ADMINISTRATOR and row.entity_key == "":
            ensure_administrator_left(without=row.person)
        last_day = at.date() - timedelta(days=1)
        open_rows = RoleAssignment.objects.filter(pk=row.pk, valid_to__isnull=True)
        if open_rows.update(valid_to=last_day) != 1:
            raise NotFound("PEO037", "that role has ended already", remedy="Nothing is to be done.")
        record(
            action=AuditAction.ROLE_REVOKED,
            actor=actor,
            at=at,
            subject=subject_of(row.person),
            payload={"role": row.role, "entity": row.entity_key or "all", "reason": said},
            correlation_id=correlation_id,
        )
    row.refresh_from_db()
    return row
