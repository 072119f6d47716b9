"""The hub that Django reads. Code imports its own applet's models, never this module."""

from registry.approvals.models import ApprovalRequest
from registry.audit.models import AuditEvent, AuditLeaf, Checkpoint
from registry.decisions.models import (
    PackRelease,
    Permit,
    PolicyDecision,
    ScopeDetermination,
    TierOverride,
)
from registry.decisions.proposals import (
    EffectComparison,
    ImpactEffect,
    ImpactReport,
    PackApproval,
    PackJob,
    PackProposal,
    PackWithdrawal,
)
from registry.findings.models import Finding, RemediationPlan
from registry.inventory.models import (
    IntendedUse,
    LegalEntity,
    ModelDependency,
    ModelVersion,
    Portfolio,
    RegisteredModel,
    UseCase,
)
from registry.outbox.models import OutboxMessage
from registry.people.models import ApiToken, IdempotencyRecord, Person, RoleAssignment
from registry.validations.models import (
    ChallengeNote,
    EvidenceRecord,
    PredictionsChunk,
    PredictionsFile,
    SafeguardEvidence,
    TradeOffStatement,
    ValidationBasis,
    ValidationReport,
    ValidationRequest,
)
