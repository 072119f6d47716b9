"""The audit vocabulary: every action that may be recorded, and its sentence.

Names are ``<noun>.<past participle>``, dotted, and stable for ever: they are
inside the hashed bytes. ``docs/events.md`` lists them and a test compares.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class AuditAction(StrEnum):
    """What happened. Adding a member needs a sentence below and a row in ``docs/events.md``."""

    MODEL_REGISTERED = "model.registered"
    MODEL_UPDATED = "model.updated"
    MODEL_STATE_CHANGED = "model.state_changed"
    MODEL_DECOMMISSIONED = "model.decommissioned"
    MODEL_VERSION_REGISTERED = "model_version.registered"
    MODEL_VERSION_RETIRED = "model_version.retired"
    ARTIFACT_INSPECTED = "artifact.inspected"
    ARTIFACT_REFUSED = "artifact.refused"
    USE_CASE_CREATED = "use_case.created"
    USE_CASE_UPDATED = "use_case.updated"
    CHAMPION_CHANGED = "champion.changed"
    LEGAL_ENTITY_CREATED = "legal_entity.created"
    PORTFOLIO_DECLARED = "portfolio.declared"
    ASSIGNMENT_MADE = "assignment.made"
    ASSIGNMENT_ENDED = "assignment.ended"
    DEPENDENCY_DECLARED = "dependency.declared"
    PACK_RELEASED = "pack.released"
    PACK_ACTIVATED = "pack.activated"
    PACK_DRAFTED = "pack.drafted"
    PACK_PROPOSED = "pack.proposed"
    PACK_APPROVED = "pack.approved"
    PACK_REJECTED = "pack.rejected"
    PACK_WITHDRAWN = "pack.withdrawn"
    PACK_COMPARED = "pack.compared"
    IMPACT_REQUESTED = "impact.requested"
    IMPACT_ASSESSED = "impact.assessed"
    IMPACT_FAILED = "impact.failed"
    POLICY_DECIDED = "policy.decided"
    TIER_OVERRIDDEN = "tier.overridden"
    TIER_OVERRIDE_WITHDRAWN = "tier_override.withdrawn"
    SCOPE_DETERMINED = "scope.determined"
    VALIDATION_REQUESTED = "validation.requested"
    VALIDATION_STARTED = "validation.started"
    VALIDATION_COMPLETED = "validation.completed"
    VALIDATION_FAILED = "validation.failed"
    VALIDATION_CANCELLED = "validation.cancelled"
    VALIDATION_CHALLENGED = "validation.challenged"
    VALIDATION_SIGNED = "validation.signed"
    VALIDATION_REPERFORMED = "validation.reperformed"
    EVIDENCE_ATTACHED = "evidence.attached"
    CHALLENGE_ANSWERED = "challenge.answered"
    FINDING_RAISED = "finding.raised"
    FINDING_REMEDIATION_PROPOSED = "finding.remediation_proposed"
    FINDING_CLOSED = "finding.closed"
    FINDING_RISK_ACCEPTED = "finding.risk_accepted"
    LIMITATION_RECORDED = "limitation.recorded"
    SAFEGUARD_EVIDENCED = "safeguard.evidenced"
    TRADE_OFF_STATED = "trade_off.stated"
    OVERLAY_APPLIED = "overlay.applied"
    POLICY_EXCEPTION_GRANTED = "policy_exception.granted"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVAL_STEP_SIGNED = "approval.step_signed"
    APPROVAL_GRANTED = "approval.granted"
    APPROVAL_REJECTED = "approval.rejected"
    APPROVAL_VOIDED = "approval.voided"
    ATTESTATION_SIGNED = "attestation.signed"
    PERMIT_ISSUED = "permit.issued"
    PERMIT_SUSPENDED = "permit.suspended"
    PERMIT_REINSTATED = "permit.reinstated"
    PERMIT_REVOKED = "permit.revoked"
    MONITORING_SCHEDULED = "monitoring.scheduled"
    MONITORING_BREACHED = "monitoring.breached"
    PORTAL_PAGE_READ = "portal.page_read"
    EVIDENCE_READ = "evidence.read"
    INVENTORY_EXPORTED = "inventory.exported"
    AUDIT_LOG_EXPORTED = "audit_log.exported"
    ACTOR_CREATED = "actor.created"
    ACTOR_DEACTIVATED = "actor.deactivated"
    ACTOR_SIGNED_IN = "actor.signed_in"
    ACTOR_SIGNED_OUT = "actor.signed_out"
    ACTOR_SIGN_IN_REFUSED = "actor.sign_in_refused"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a name, no secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a name, no secret
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    CHECKPOINT_SIGNED = "checkpoint.signed"


SENTENCES: Mapping[AuditAction, str] = MappingProxyType(
    {
        AuditAction.MODEL_REGISTERED: "{actor} registered the model {subject}.",
        AuditAction.MODEL_UPDATED: "{actor} changed the record of the model {subject}.",
        AuditAction.MODEL_STATE_CHANGED: "{actor} moved the model {subject} to another lifecycle state.",
        AuditAction.MODEL_DECOMMISSIONED: "{actor} decommissioned the model {subject}.",
        AuditAction.MODEL_VERSION_REGISTERED: "{actor} registered the version {subject}.",
        AuditAction.MODEL_VERSION_RETIRED: "{actor} retired the version {subject}.",
        AuditAction.ARTIFACT_INSPECTED: "{actor} inspected the artefact of {subject} in the sandbox.",
        AuditAction.ARTIFACT_REFUSED: "{actor} refused the artefact of {subject}.",
        AuditAction.USE_CASE_CREATED: "{actor} created the use case {subject}.",
        AuditAction.USE_CASE_UPDATED: "{actor} changed the use case {subject}.",
        AuditAction.CHAMPION_CHANGED: "{actor} changed the champion of {subject}.",
        AuditAction.LEGAL_ENTITY_CREATED: "{actor} created the legal entity {subject}.",
        AuditAction.PORTFOLIO_DECLARED: "{actor} declared the portfolio {subject}.",
        AuditAction.ASSIGNMENT_MADE: "{actor} assigned a responsibility for {subject}.",
        AuditAction.ASSIGNMENT_ENDED: "{actor} ended a responsibility for {subject}.",
        AuditAction.DEPENDENCY_DECLARED: "{actor} declared a dependency of {subject}.",
        AuditAction.PACK_RELEASED: "{actor} released the policy pack {subject}.",
        AuditAction.PACK_ACTIVATED: "{actor} put the policy pack {subject} into force.",
        AuditAction.PACK_DRAFTED: "{actor} drafted the policy pack {subject}.",
        AuditAction.PACK_PROPOSED: "{actor} proposed the policy pack {subject}.",
        AuditAction.PACK_APPROVED: "{actor} approved the proposed policy pack {subject}.",
        AuditAction.PACK_REJECTED: "{actor} rejected the proposed policy pack {subject}.",
        AuditAction.PACK_WITHDRAWN: "{actor} withdrew the policy pack {subject}.",
        AuditAction.PACK_COMPARED: "{actor} compared the decisions under the policy pack {subject} with its report.",
        AuditAction.IMPACT_REQUESTED: "{actor} asked what the policy pack {subject} would change.",
        AuditAction.IMPACT_ASSESSED: "{actor} reported what the policy pack {subject} would change.",
        AuditAction.IMPACT_FAILED: "{actor} could not finish the work on the policy pack {subject}.",
        AuditAction.POLICY_DECIDED: "{actor} had the policy decide on {subject}.",
        AuditAction.TIER_OVERRIDDEN: "{actor} overrode the risk tier of {subject}.",
        AuditAction.TIER_OVERRIDE_WITHDRAWN: "{actor} let the computed risk tier of {subject} hold again.",
        AuditAction.SCOPE_DETERMINED: "{actor} determined whether a regime reaches the model {subject}.",
        AuditAction.VALIDATION_REQUESTED: "{actor} requested a validation of {subject}.",
        AuditAction.VALIDATION_STARTED: "{actor} started the validation of {subject}.",
        AuditAction.VALIDATION_COMPLETED: "{actor} completed the validation of {subject}.",
        AuditAction.VALIDATION_FAILED: "{actor} ended the validation of {subject} without a result.",
        AuditAction.VALIDATION_CANCELLED: "{actor} cancelled the validation of {subject}.",
        AuditAction.VALIDATION_CHALLENGED: "{actor} challenged the validation of {subject}.",
        AuditAction.VALIDATION_SIGNED: "{actor} signed the validation report on {subject}.",
        AuditAction.VALIDATION_REPERFORMED: "{actor} repeated the validation of {subject} and compared the numbers.",
        AuditAction.EVIDENCE_ATTACHED: "{actor} attached a library's report to the evidence on {subject}.",
        AuditAction.CHALLENGE_ANSWERED: "{actor} answered a challenge on {subject}.",
        AuditAction.FINDING_RAISED: "{actor} raised the finding {subject}.",
        AuditAction.FINDING_REMEDIATION_PROPOSED: "{actor} proposed a remediation for the finding {subject}.",
        AuditAction.FINDING_CLOSED: "{actor} closed the finding {subject}.",
        AuditAction.FINDING_RISK_ACCEPTED: "{actor} accepted the risk of the finding {subject}.",
        AuditAction.LIMITATION_RECORDED: "{actor} recorded a limitation of {subject}.",
        AuditAction.SAFEGUARD_EVIDENCED: "{actor} evidenced a safeguard for {subject}.",
        AuditAction.TRADE_OFF_STATED: "{actor} stated the trade-off for {subject}.",
        AuditAction.OVERLAY_APPLIED: "{actor} applied an overlay to {subject}.",
        AuditAction.POLICY_EXCEPTION_GRANTED: "{actor} granted a policy exception for {subject}.",
        AuditAction.APPROVAL_REQUESTED: "{actor} requested approval of {subject}.",
        AuditAction.APPROVAL_STEP_SIGNED: "{actor} signed an approval step for {subject}.",
        AuditAction.APPROVAL_GRANTED: "{actor} approved {subject}.",
        AuditAction.APPROVAL_REJECTED: "{actor} rejected {subject}.",
        AuditAction.APPROVAL_VOIDED: "{actor} voided the approval of {subject}.",
        AuditAction.ATTESTATION_SIGNED: "{actor} attested the record and use of {subject}.",
        AuditAction.PERMIT_ISSUED: "{actor} issued a permit for {subject}.",
        AuditAction.PERMIT_SUSPENDED: "{actor} suspended the permit for {subject}.",
        AuditAction.PERMIT_REINSTATED: "{actor} reinstated the permit for {subject}.",
        AuditAction.PERMIT_REVOKED: "{actor} revoked the permit for {subject}.",
        AuditAction.MONITORING_SCHEDULED: "{actor} scheduled monitoring of {subject}.",
        AuditAction.MONITORING_BREACHED: "{actor} found a monitoring breach on {subject}.",
        AuditAction.PORTAL_PAGE_READ: "{actor} read the portal page {subject}.",
        AuditAction.EVIDENCE_READ: "{actor} read the evidence on {subject}.",
        AuditAction.INVENTORY_EXPORTED: "{actor} exported the inventory: {subject}.",
        AuditAction.AUDIT_LOG_EXPORTED: "{actor} exported the audit log: {subject}.",
        AuditAction.ACTOR_CREATED: "{actor} created the account of {subject}.",
        AuditAction.ACTOR_DEACTIVATED: "{actor} deactivated the account of {subject}.",
        AuditAction.ACTOR_SIGNED_IN: "{actor} signed in as {subject}.",
        AuditAction.ACTOR_SIGNED_OUT: "{actor} signed out as {subject}.",
        AuditAction.ACTOR_SIGN_IN_REFUSED: "{actor} was refused a sign-in as {subject}.",
        AuditAction.TOKEN_ISSUED: "{actor} issued an access token to {subject}.",
        AuditAction.TOKEN_REVOKED: "{actor} revoked an access token of {subject}.",
        AuditAction.ROLE_GRANTED: "{actor} granted a role to {subject}.",
        AuditAction.ROLE_REVOKED: "{actor} withdrew a role from {subject}.",
        AuditAction.CHECKPOINT_SIGNED: "{actor} signed the checkpoint {subject}.",
    }
)


def sentence(*, action: AuditAction, actor_name: str, subject_label: str) -> str:
    """Say in one English sentence who did what to which thing."""
    return SENTENCES[action].format(actor=actor_name, subject=subject_label)
