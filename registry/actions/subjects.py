"""The things that audit events are about."""

from registry.approvals.models import ApprovalRequest
from registry.audit.api import Subject
from registry.decisions.models import PackRelease, Permit
from registry.decisions.proposals import PackProposal
from registry.findings.models import Finding
from registry.inventory.models import (
    IntendedUse,
    LegalEntity,
    ModelVersion,
    Portfolio,
    RegisteredModel,
    UseCase,
)
from registry.people.models import Person
from registry.validations.models import ValidationRequest

Row = (
    RegisteredModel
    | ModelVersion
    | UseCase
    | IntendedUse
    | LegalEntity
    | Portfolio
    | Person
    | PackRelease
    | PackProposal
    | Permit
    | ValidationRequest
    | Finding
    | ApprovalRequest
)

_TYPES: dict[type, str] = {
    RegisteredModel: "model",
    ModelVersion: "model_version",
    UseCase: "use_case",
    IntendedUse: "intended_use",
    LegalEntity: "legal_entity",
    Portfolio: "portfolio",
    Person: "person",
    PackRelease: "pack",
    PackProposal: "pack_proposal",
    Permit: "permit",
    ValidationRequest: "validation",
    Finding: "finding",
    ApprovalRequest: "approval",
}


def subject_of(row: Row, *, label: str = "") -> Subject:
    """Return the row as the audit log keeps it: kind, identifier and label as they are now."""
    return Subject(type=_TYPES[type(row)], uuid=row.uuid, label=(label or str(row))[:200])
