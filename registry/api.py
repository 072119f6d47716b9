"""The façade: everything that surfaces and the validation app may use of the registry.

Adding a name to ``__all__`` is an API review: it is a promise.
"""

from registry.actions.accept_risk import accept_risk
from registry.actions.approve_pack import PEOPLE_NEEDED, approve_pack
from registry.actions.check_permission import Permission, check_permission, get_registered_use
from registry.actions.close_finding import close_finding
from registry.actions.compare_validations import (
    CheckPair,
    Comparison,
    FigurePair,
    compare_validations,
    list_comparable,
)
from registry.actions.create_use_case import UseCaseDetails, create_use_case
from registry.actions.deactivate_person import deactivate_person
from registry.actions.decide_approval import decide_approval
from registry.actions.deliver_outbox import deliver_outbox
from registry.actions.determine_scope import (
    CitableClause,
    conflicts_of_scope,
    determine_scope,
    list_citable_clauses,
    record_scope,
    renew_scope,
)
from registry.actions.end_role import end_role
from registry.actions.evidence_safeguard import evidence_safeguard
from registry.actions.export_validation import (
    DossierFile,
    ValidationDossier,
    dossier_file,
    export_validation,
    record_attachment_read,
)
from registry.actions.gather_facts import gather_facts
from registry.actions.model_record import DETAILS, OPTIONAL_DETAILS
from registry.actions.note_challenge import note_challenge
from registry.actions.note_validation_started import note_validation_started
from registry.actions.override_tier import (
    conflicts_of_relief,
    get_tier_standing,
    list_tier_overrides,
    override_tier,
    withdraw_override,
)
from registry.actions.pack_jobs import PACK_QUEUE, PACK_TASK, list_pack_jobs_to_run
from registry.actions.permission_over_time import (
    PermissionOn,
    PermissionsPage,
    find_permission_asked,
    get_permission_on,
    list_permissions_on,
)
from registry.actions.portfolio_stands import PortfolioStand
from registry.actions.propose_pack import draft_pack, draft_withdrawal, propose_pack, reject_pack, revise_pack
from registry.actions.propose_remediation import propose_remediation
from registry.actions.publish_log import (
    ExportReport,
    VerificationReport,
    export_log,
    publish_log,
    sequence_log,
    verify_log,
)
from registry.actions.read_audit import (
    AuditEventView,
    get_audit_event,
    list_audit_events,
    reads_whole_log,
    record_page_read,
)
from registry.actions.read_decision import (
    DecisionView,
    FactRow,
    Flip,
    get_decision,
    get_decision_row,
    list_decisions,
    replay_decision,
)
from registry.actions.read_floor import (
    EntityFloorView,
    ModelLevel,
    UseFloorView,
    find_decision_floor,
    get_entity_floor,
    get_use_floor,
)
from registry.actions.read_inventory import InventoryField, e23_fields, inventory_csv, safe_cell
from registry.actions.read_packs import (
    Foresight,
    PackPage,
    Preview,
    RuleView,
    compare_packs,
    foresee,
    preview_pack,
    released_text,
    view_pack,
)
from registry.actions.read_proposals import (
    EffectQuery,
    EffectsPage,
    ImpactSummary,
    ProposalPage,
    effects_csv,
    view_effects,
    view_proposal,
)
from registry.actions.read_run_order import (
    RunOrder,
    fetch_artifact,
    fetch_dataset,
    fetch_predictions,
    get_run_order,
    list_requests_to_run,
)
from registry.actions.read_timeline import Timeline, Turn, get_timeline
from registry.actions.record_export import record_inventory_export, record_log_export
from registry.actions.record_session import (
    is_sign_in_locked,
    record_refused_sign_in,
    record_sign_in,
    record_sign_out,
)
from registry.actions.record_validation import record_validation
from registry.actions.register_version import RegistrationResult, register_version
from registry.actions.reinstate_permit import reinstate_permit
from registry.actions.renew_decisions import renew_decisions
from registry.actions.reperform_validation import (
    Reperformance,
    get_reperformance,
    list_reperformances,
    reperform_validation,
)
from registry.actions.request_approval import request_approval
from registry.actions.request_library_report import (
    LibraryReport,
    LibraryReportState,
    find_library_report,
    get_library_report,
    list_library_reports,
    request_library_report,
)
from registry.actions.request_validation import RUN_QUEUE, RUN_TASK, request_validation
from registry.actions.set_up import (
    SERVICE_ROLES,
    PortfolioDetails,
    create_entity,
    create_person,
    declare_portfolio,
    grant_role,
    issue_token,
    release_packs,
    revoke_token,
)
from registry.actions.sign_report import sign_report
from registry.actions.state_trade_off import state_trade_off
from registry.actions.stated_use import STATED, UseStatement
from registry.actions.submit_predictions import submit_predictions
from registry.actions.suspend_permit import suspend_permit
from registry.actions.tier_standing import TierStanding
from registry.actions.work_on_packs import request_impact, step_pack_job
from registry.approvals.independence import conflicts_of_approver
from registry.approvals.models import ApprovalRequest
from registry.approvals.selectors import get_approval, list_approvals
from registry.audit.api import AuditAction
from registry.audit.selectors import EventPage, EventView, InclusionProof, find_latest_checkpoint
from registry.capital import calculator
from registry.capital.floor_report import EffectReport, FloorReport, FloorStep, share_text
from registry.decisions.facts import find_permit
from registry.decisions.models import PackRelease, Permit, PolicyDecision, ScopeDetermination, TierOverride
from registry.decisions.packs import released_packs
from registry.decisions.permits import is_genuine, public_key_pem
from registry.decisions.proposal_selectors import (
    find_report as find_impact_report,
)
from registry.decisions.proposal_selectors import (
    get_pack_proposal,
    list_effects,
    list_pack_proposals,
    view_text,
)
from registry.decisions.proposals import ImpactEffect, ImpactReport, PackJob, PackProposal
from registry.decisions.scope import ScopeStanding, list_determinations, list_scope, list_stale_cites
from registry.decisions.selectors import PackStanding, PackView, get_pack, list_pack_standings, list_packs
from registry.domain.vocab import Role
from registry.findings.models import Finding, RemediationPlan
from registry.findings.selectors import get_finding, list_findings
from registry.inventory.lean import LeanPage, list_models_lean
from registry.inventory.listing import (
    Facet,
    FacetOption,
    InventoryPage,
    InventoryQuery,
    InventoryRow,
    list_models,
)
from registry.inventory.models import (
    IntendedUse,
    LegalEntity,
    ModelVersion,
    Portfolio,
    RegisteredModel,
    UseCase,
)
from registry.inventory.selectors import (
    find_intended_use,
    find_version_by_uri,
    get_intended_use,
    get_model,
    get_use_case,
    get_version,
    list_administered_entities,
    list_dependencies,
    list_intended_uses,
    list_use_cases,
    list_versions,
)
from registry.outbox.doorbell import ring
from registry.people.actors import Actor, Grant, actor_for_person, service_actor
from registry.people.administration import PersonRecord, get_person_record, list_people
from registry.people.idempotency import KeptAnswer, claim_key, keep_answer, release_key
from registry.people.models import ApiToken, Person
from registry.people.own_tokens import get_own_token, list_own_tokens
from registry.people.tokens import Scope, actor_for_token
from registry.policy.condition_checks import ConditionCheck
from registry.validations.independence import conflicts_of_validator
from registry.validations.models import EvidenceRecord, ValidationReport, ValidationRequest
from registry.validations.selectors import (
    find_report,
    get_evidence,
    get_validation_request,
    list_evidence,
    list_validation_requests,
)

__all__ = [
    "DETAILS", "OPTIONAL_DETAILS", "PACK_QUEUE", "PACK_TASK", "PEOPLE_NEEDED", "RUN_QUEUE", "RUN_TASK",
    "SERVICE_ROLES", "STATED", "Actor", "ApiToken", "ApprovalRequest", "AuditAction", "AuditEventView", "CheckPair",
    "CitableClause", "Comparison", "ConditionCheck", "DecisionView", "DossierFile", "EffectQuery", "EffectReport",
    "EffectsPage", "EntityFloorView", "EventPage", "EventView", "EvidenceRecord", "ExportReport", "Facet",
    "FacetOption", "FactRow", "FigurePair", "Finding", "Flip", "FloorReport", "FloorStep", "Foresight", "Grant",
    "ImpactEffect", "ImpactReport", "ImpactSummary", "InclusionProof", "IntendedUse", "InventoryField",
    "InventoryPage", "InventoryQuery", "InventoryRow", "KeptAnswer", "LeanPage", "LegalEntity", "LibraryReport",
    "LibraryReportState", "ModelLevel", "ModelVersion", "PackJob", "PackPage", "PackProposal", "PackRelease",
    "PackStanding", "PackView", "Permission", "PermissionOn", "PermissionsPage", "Permit", "Person", "PersonRecord",
    "PolicyDecision", "Portfolio", "PortfolioDetails", "PortfolioStand", "Preview", "ProposalPage", "RegisteredModel",
    "RegistrationResult", "RemediationPlan", "Reperformance", "RuleView", "RunOrder", "Scope", "ScopeDetermination",
    "ScopeStanding", "TierOverride", "TierStanding", "Timeline", "Turn", "UseCase", "UseCaseDetails", "UseFloorView",
    "UseStatement", "ValidationDossier", "ValidationReport", "ValidationRequest", "VerificationReport", "accept_risk",
    "actor_for_person", "actor_for_token", "approve_pack", "calculator", "check_permission", "claim_key",
    "close_finding", "compare_packs", "compare_validations", "conflicts_of_approver", "conflicts_of_relief",
    "conflicts_of_scope", "conflicts_of_validator", "create_entity", "create_person", "create_use_case",
    "deactivate_person", "decide_approval", "declare_portfolio", "deliver_outbox", "determine_scope", "dossier_file",
    "draft_pack", "draft_withdrawal", "e23_fields", "effects_csv", "end_role", "evidence_safeguard", "export_log",
    "export_validation", "fetch_artifact", "fetch_dataset", "fetch_predictions", "find_decision_floor",
    "find_impact_report", "find_intended_use", "find_latest_checkpoint", "find_library_report",
    "find_permission_asked", "find_permit", "find_report", "find_version_by_uri", "foresee", "gather_facts",
    "get_approval", "get_audit_event", "get_decision", "get_decision_row", "get_entity_floor", "get_evidence",
    "get_finding", "get_intended_use", "get_library_report", "get_model", "get_own_token", "get_pack",
    "get_pack_proposal", "get_permission_on", "get_person_record", "get_registered_use", "get_reperformance",
    "get_run_order", "get_tier_standing", "get_timeline", "get_use_case", "get_use_floor", "get_validation_request",
    "get_version", "grant_role", "inventory_csv", "is_genuine", "is_sign_in_locked", "issue_token", "keep_answer",
    "list_administered_entities", "list_approvals", "list_audit_events", "list_citable_clauses", "list_comparable",
    "list_decisions", "list_dependencies", "list_determinations", "list_effects", "list_evidence", "list_findings",
    "list_intended_uses", "list_library_reports", "list_models", "list_models_lean", "list_own_tokens",
    "list_pack_jobs_to_run", "list_pack_proposals", "list_pack_standings", "list_packs", "list_people",
    "list_permissions_on", "list_reperformances", "list_requests_to_run", "list_scope", "list_stale_cites",
    "list_tier_overrides", "list_use_cases", "list_validation_requests", "list_versions", "note_challenge",
    "note_validation_started", "override_tier", "preview_pack", "propose_pack", "propose_remediation",
    "public_key_pem", "publish_log", "reads_whole_log", "record_attachment_read", "record_inventory_export",
    "record_log_export", "record_page_read", "record_refused_sign_in", "record_scope", "record_sign_in",
    "record_sign_out", "record_validation", "register_version", "reinstate_permit", "reject_pack", "release_key",
    "release_packs", "released_packs", "released_text", "renew_decisions", "renew_scope", "reperform_validation",
    "replay_decision", "request_approval", "request_impact", "request_library_report", "request_validation",
    "revise_pack", "revoke_token", "ring", "safe_cell", "sequence_log", "share_text", "sign_report", "state_trade_off",
    "step_pack_job", "submit_predictions", "suspend_permit", "system_actor", "verify_log", "view_effects", "view_pack",
    "view_proposal", "view_text", "withdraw_override", "worker_actor",
]  # fmt: skip


def worker_actor(*, name: str) -> Actor:
    """Return the actor as whom a worker records results."""
    return service_actor(name=name, role=Role.WORKER)


def system_actor(*, name: str) -> Actor:
    """Return the actor as whom the program itself sets things up."""
    return service_actor(name=name, role=Role.SYSTEM)
