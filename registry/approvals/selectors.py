"""Reading approval requests."""

from uuid import UUID

from django.db.models import QuerySet

from registry.approvals.models import ApprovalRequest
from registry.domain.errors import NotFound
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor


def list_approvals(*, actor: Actor, status: str = "") -> QuerySet[ApprovalRequest]:
    """Return the approval requests that the actor may see, newest first."""
    rows = ApprovalRequest.objects.select_related(
        "intended_use__version__registered_model__owner",
        "intended_use__version__registered_model__developer",
        "intended_use__version__registered_model__validator",
        "intended_use__version__developer",
        "intended_use__use_case__entity",
        "intended_use__use_case__owner",
        "intended_use__declared_by",
        "report__signed_by",
        "report__request",
        "submitted_by",
        "decided_by",
    )
    seen = visible_to(actor, rows, entity_path="intended_use__use_case__entity__key").order_by("-id")
    return seen.filter(status=status) if status else seen


def get_approval(*, actor: Actor, uuid: UUID) -> ApprovalRequest:
    """Return one approval request. Raises ``APR001``."""
    row = list_approvals(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise NotFound(
            "APR001",
            f"there is no approval request {uuid}, or none that you may see",
            remedy="Check the identifier, or ask an administrator for a role in the legal entity.",
        )
    return row
