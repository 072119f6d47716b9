"""Reading findings."""

from uuid import UUID

from django.db.models import QuerySet

from registry.domain.errors import NotFound
from registry.findings.models import Finding
from registry.inventory.models import IntendedUse
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor


def list_findings(
    *, actor: Actor, status: str = "", severity: str = "", intended_use: IntendedUse | None = None
) -> QuerySet[Finding]:
    """Return the findings that the actor may see, the most urgent first."""
    rows = Finding.objects.select_related(
        "intended_use__version__registered_model", "intended_use__use_case__entity", "owner", "closed_by"
    )
    rows = visible_to(actor, rows, entity_path="intended_use__use_case__entity__key")
    filters = {"status": status, "severity": severity, "intended_use": intended_use}
    return rows.filter(**{name: value for name, value in filters.items() if value}).order_by("due_date", "id")


def get_finding(*, actor: Actor, uuid: UUID) -> Finding:
    """Return one finding. Raises ``FND001``."""
    row = list_findings(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise NotFound(
            "FND001",
            f"there is no finding {uuid}, or none that you may see",
            remedy="Check the identifier, or ask an administrator for a role in the legal entity.",
        )
    return row
