"""The inventory record as OSFI Guideline E-23 (2027), Appendix 1, lists it, and its safe CSV."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from registry.approvals.models import ApprovalRequest
from registry.decisions.models import Permit
from registry.domain.vocab import ApprovalStatus, PermitStatus, RequestStatus, RiskTier
from registry.findings.facts import OPEN
from registry.findings.models import Finding
from registry.inventory.listing import InventoryQuery, InventoryRow, iterate_models
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel
from registry.inventory.selectors import list_dependencies, list_intended_uses
from registry.people.actors import Actor
from registry.validations.models import FEEDS_FACTS, ValidationReport, ValidationRequest

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
NOT_YET = "not yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class InventoryField:
    """One field of the record: its number in the appendix, its name, its value, where the value comes from."""

    number: int
    name: str
    value: str
    source: str


def e23_fields(*, actor: Actor, registered_model: RegisteredModel, on: date) -> list[InventoryField]:
    """Return the seventeen fields: six for every identified model, eleven more for the inventory."""
    version = registered_model.versions.order_by("-number").first()
    uses = list_intended_uses(actor=actor).filter(version__registered_model=registered_model)
    report = ValidationReport.objects.filter(request__intended_use__in=uses).order_by("-signed_at").first()
    approvals = ApprovalRequest.objects.filter(intended_use__in=uses, status=ApprovalStatus.GRANTED)
    approval = approvals.select_related("decided_by").order_by("-decided_at").first()
    permits = _standing_permits(uses, on)
    first_issued = min((permit.issued_at for permit in permits), default=None)
    expiry = min((permit.expires_on for permit in permits), default=None)
    tier = registered_model.risk_tier
    dependencies = list_dependencies(actor=actor, registered_model=registered_model)
    values = [
        ("Model ID", registered_model.key, "MLflow registered model"),
        ("Name and description", f"{registered_model.name}. {registered_model.description}", "declared"),
        ("Risk rating", f"tier {RiskTier(tier).value}" if tier else NOT_YET, "policy decision"),
        ("Model owner", registered_model.owner.full_name, "declared"),
        ("Model developer", registered_model.developer.full_name, "registration"),
        ("Model origin", _origin(registered_model), "declared"),
        ("Model version", str(version.number) if version else NOT_YET, "MLflow"),
        (
            "Date of deployment",
            first_issued.date().isoformat() if first_issued else NOT_YET,
            "first standing permit",
        ),
        ("Model reviewer", registered_model.validator.full_name, "declared"),
        (
            "Model approver",
            approval.decided_by.full_name if approval and approval.decided_by else NOT_YET,
            "approval",
        ),
        (
            "Model dependencies",
            "; ".join(str(item) for item in dependencies) or "none declared",
            "declared",
        ),
        ("Data sources", registered_model.data_sources, "declared"),
        (
            "Approved uses",
            "; ".join(sorted(permit.intended_use.use_case.name for permit in permits)) or "none",
            "permits that stand today",
        ),
        ("Limitations and exceptions", registered_model.limitations, "declared"),
        ("Date of last review", report.signed_at.date().isoformat() if report else NOT_YET, "signed report"),
        ("Monitoring status", _monitoring(version), "monitoring batches and open findings"),
        ("Date of next review", expiry.isoformat() if expiry else NOT_YET, "earliest expiry of a permit"),
    ]
    return [
        InventoryField(number=number, name=name, value=value, source=source)
        for number, (name, value, source) in enumerate(values, start=1)
    ]


def inventory_csv(*, actor: Actor, query: InventoryQuery) -> Iterator[str]:
    """Yield the inventory as CSV lines that no spreadsheet takes for a formula."""
    header = (
        *("key", "name", "tier", "state", "entity", "origin", "owner", "developer", "validator"),
        *("version", "artifact_digest", "permissions", "registered_at"),
    )
    yield _line(header)
    for row in iterate_models(actor=actor, query=query):
        yield _line(_cells(row))


def safe_cell(value: str) -> str:
    """Return the text so that a spreadsheet shows it and never computes it (OWASP, CSV injection)."""
    return (
        f"'{value}"
        if value.startswith(FORMULA_STARTS) or value.lstrip().startswith(FORMULA_STARTS)
        else value
    )


def _cells(row: InventoryRow) -> tuple[str, ...]:
    registered_model, version = row.registered_model, row.latest_version
    return (
        registered_model.key,
        registered_model.name,
        "" if registered_model.risk_tier is None else str(registered_model.risk_tier),
        registered_model.lifecycle_state,
        registered_model.entity.key,
        registered_model.origin,
        registered_model.owner.full_name,
        registered_model.developer.full_name,
        registered_model.validator.full_name,
        "" if version is None else str(version.number),
        "" if version is None else version.artifact_digest,
        "; ".join(f"{key}: {state}" for key, state, _ in row.permissions),
        registered_model.registered_at.isoformat(),
    )


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def _origin(registered_model: RegisteredModel) -> str:
    vendor = f" ({registered_model.vendor_name})" if registered_model.vendor_name else ""
    return f"{registered_model.origin.replace('_', ' ')}{vendor}"


def _standing_permits(uses: QuerySet[IntendedUse], on: date) -> list[Permit]:
    rows = Permit.objects.select_related("intended_use__use_case").filter(
        intended_use__in=uses,
        status=PermitStatus.ISSUED,
        expires_on__gte=on,
    )
    return list(rows)


def _monitoring(version: ModelVersion | None) -> str:
    if version is None:
        return NOT_YET
    done = ValidationRequest.objects.filter(
        FEEDS_FACTS, intended_use__version=version, status=RequestStatus.COMPLETED
    ).exclude(batch="recent")
    open_findings = Finding.objects.filter(intended_use__version=version, status__in=OPEN).count()
    batches = done.count()
    return f"{batches} monitoring batches run; {open_findings} findings open"
