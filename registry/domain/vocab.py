"""The vocabulary shared by every part of the program.

Each member is the field's standard term; the value is what is stored and
exchanged, so it is stable forever. Orders are explicit: ``rank`` says which
of two members is stricter, never the alphabet.
"""

from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What a person may do for one legal entity (or, for system roles, everywhere)."""

    DEVELOPER = "developer"
    OWNER = "owner"
    USER = "user"
    VALIDATOR = "validator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    REGULATOR = "regulator"
    ADMINISTRATOR = "administrator"
    WORKER = "worker"
    SYSTEM = "system"


class LineOfDefence(StrEnum):
    """First: owners and developers. Second: model risk management. Third: audit."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    EXTERNAL = "external"


class Origin(StrEnum):
    """Where a model comes from (OSFI E-23 Appendix 1, "origin")."""

    INTERNAL = "internal"
    VENDOR = "vendor"
    GROUP = "group"
    OPEN_SOURCE = "open_source"


class LifecycleState(StrEnum):
    """Where a registered model stands; one field, never a set of booleans."""

    REGISTERED = "registered"
    IN_DEVELOPMENT = "in_development"
    IN_VALIDATION = "in_validation"
    APPROVED = "approved"
    IN_USE = "in_use"
    SUSPENDED = "suspended"
    DECOMMISSIONED = "decommissioned"


class Provenance(StrEnum):
    """How a fact or a figure came to be known, best first."""

    MEASURED = "measured"
    DERIVED = "derived"
    DECLARED = "declared"
    ASSUMED = "assumed"


class ModelFamily(StrEnum):
    """The kind of artefact, read from its flavour and bytes."""

    LINEAR = "linear"
    SCORECARD = "scorecard"
    ADDITIVE = "additive"
    TREE = "tree"
    TREE_ENSEMBLE = "tree_ensemble"
    NEURAL = "neural"
    GENERATIVE = "generative"
    OPAQUE = "opaque"


class Complexity(StrEnum):
    """Complexity of a version; ``UNKNOWN`` counts as the strictest."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


class Materiality(StrEnum):
    """Exposure and purpose of a use case; ``UNKNOWN`` counts as the strictest."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


class RiskTier(IntEnum):
    """1 is the highest risk, 4 the lowest."""

    TIER_1 = 1
    TIER_2 = 2
    TIER_3 = 3
    TIER_4 = 4


class ExplainabilityLevel(IntEnum):
    """How far an output can be explained to a human, ordinal.

    0 opaque; 1 global drivers known; 2 local attributions available;
    3 local attributions measured faithful and stable; 4 the model is its own
    explanation (a scorecard, a small tree).
    """

    OPAQUE = 0
    GLOBAL = 1
    LOCAL = 2
    VERIFIED_LOCAL = 3
    INHERENT = 4


class Safeguard(StrEnum):
    """The five safeguards of BIS FSI Occasional Paper 24; an open list."""

    VALIDATION = "validation"
    MONITORING = "monitoring"
    DATA_GOVERNANCE = "data_governance"
    HUMAN_OVERSIGHT = "human_oversight"
    CIRCUIT_BREAKER = "circuit_breaker"


class UseCaseArchetype(StrEnum):
    """Kind of use; it sets the explainability required."""

    REGULATORY_CAPITAL = "regulatory_capital"
    CREDIT_UNDERWRITING = "credit_underwriting"
    COLLECTIONS = "collections"
    FRAUD_DETECTION = "fraud_detection"
    FORECASTING = "forecasting"
    CUSTOMER_SUPPORT = "customer_support"
    DOCUMENT_PROCESSING = "document_processing"
    PRICING = "pricing"


class Stage(StrEnum):
    """The point at which rules apply."""

    TIERING = "tiering"
    REQUIREMENTS = "requirements"
    GATE_REGISTER = "gate:register"
    GATE_APPROVE = "gate:approve"
    GATE_USE = "gate:use"

    @property
    def rank(self) -> int:
        """Position in the order in which stages are reached."""
        return list(Stage).index(self)


class Outcome(StrEnum):
    """The engine's answer, mildest first."""

    ALLOW = "allow"
    ALLOW_WITH_CONDITIONS = "allow_with_conditions"
    REFER = "refer"
    DENY = "deny"

    @property
    def rank(self) -> int:
        """0 is the mildest; aggregation keeps the largest."""
        return list(Outcome).index(self)


class PermissionState(StrEnum):
    """May this version be used for this purpose? The answer as people and gates read it.

    Without a permit the best answer is that the version may be validated.
    """

    ALLOWED = "allow"
    CONDITIONAL = "allow_with_conditions"
    MAY_BE_VALIDATED = "may_be_validated"
    REFERRED = "refer"
    DENIED = "deny"


class BindingLevel(StrEnum):
    """How strongly an instrument binds."""

    LAW = "law"
    RULE = "rule"
    SUPERVISORY_EXPECTATION = "supervisory_expectation"
    NON_ENFORCEABLE_GUIDANCE = "non_enforceable_guidance"
    CONSULTATION_DRAFT = "consultation_draft"
    RESEARCH = "research"
    RESCINDED = "rescinded"
    HOUSE = "house"


class Verification(StrEnum):
    """How well a clause was read. ``UNVERIFIED`` may inform, never gate."""

    VERIFIED = "VERIFIED"
    SECONDARY = "SECONDARY"
    UNVERIFIED = "UNVERIFIED"


class Verdict(StrEnum):
    """What a check says. Too little data is ``NOT_APPLICABLE`` with a reason."""

    PASS = "pass"  # noqa: S105 - a verdict, no secret
    WARN = "warn"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Severity(StrEnum):
    """Of a finding."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class FindingStatus(StrEnum):
    """Lifecycle of a finding; only a validator closes."""

    OPEN = "open"
    REMEDIATION_PROPOSED = "remediation_proposed"
    CLOSED = "closed"
    RISK_ACCEPTED = "risk_accepted"


class ScoreSource(StrEnum):
    """Where the scores of a validation come from. Only the artefact's own feed facts."""

    ARTIFACT = "artifact"
    PREDICTIONS = "predictions"

    @property
    def sentence(self) -> str:
        """What stands beside every figure from this source."""
        if self is ScoreSource.ARTIFACT:
            return "recomputed from the registered artefact"
        return "from a file of predictions, not recomputed from the artefact"


class RequestStatus(StrEnum):
    """Lifecycle of a validation request."""

    REQUESTED = "requested"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunStatus(StrEnum):
    """Lifecycle of a validation run; the last four are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing can follow."""
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class Opinion(StrEnum):
    """A validator's conclusion."""

    FIT = "fit"
    FIT_WITH_CONDITIONS = "fit_with_conditions"
    NOT_FIT = "not_fit"


class ReportStatus(StrEnum):
    """Lifecycle of a validation report."""

    DRAFT = "draft"
    SIGNED = "signed"


class ApprovalStatus(StrEnum):
    """Lifecycle of an approval request."""

    PENDING = "pending"
    GRANTED = "granted"
    REJECTED = "rejected"
    VOID = "void"


class PermitStatus(StrEnum):
    """Lifecycle of a permit. Expiry is computed from the date, never stored."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class ProposalKind(StrEnum):
    """What a pack proposal would do: release a new pack, or withdraw a released one."""

    RELEASE = "release"
    WITHDRAWAL = "withdrawal"


class ProposalStatus(StrEnum):
    """Lifecycle of a pack proposal. Its text is frozen once it is proposed."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    ACTIVATED = "activated"
    REJECTED = "rejected"


class PackJobKind(StrEnum):
    """Work on a pack proposal that runs in the background."""

    IMPACT = "impact"
    COMPARISON = "comparison"


class ConditionKind(StrEnum):
    """Machine-readable limits that a permit carries."""

    EXPIRY = "expiry"
    EXPOSURE_CAP = "exposure_cap"
    SEGMENT = "segment"
    OVERLAY = "overlay"
    MODEL_OUTPUT_FLOOR = "model_output_floor"
    HUMAN_REVIEW_RATE = "human_review_rate"
    MONITORING = "monitoring"


class ConditionStatus(StrEnum):
    """Whether a use keeps a condition. An obligation is the user's to keep: nothing here can see it."""

    HELD = "held"
    EXCEEDED = "exceeded"
    UNKNOWN = "unknown"
    OBLIGATION = "obligation"


class ScopeAnswer(StrEnum):
    """Whether a regime treats a registered model as a model, strictest first. Undetermined counts as inside."""

    INSIDE = "inside"
    UNDETERMINED = "undetermined"
    OUTSIDE = "outside"
    NOT_REACHED = "not_reached"

    @property
    def rank(self) -> int:
        """0 is the strictest; aggregation keeps the smallest."""
        return list(ScopeAnswer).index(self)


class DriftKind(StrEnum):
    """Which change is meant; never plain "drift"."""

    DATA = "data_drift"
    SCORE = "score_drift"
    CONCEPT = "concept_drift"


class OutboxStatus(StrEnum):
    """Lifecycle of an outward effect."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
