"""What the API answers, as types: the functions in ``output`` return these, and OpenAPI is made from them."""

from typing import Any, NotRequired, TypedDict


class PermissionShape(TypedDict):
    """May this version be used for this purpose?"""

    intended_use: str
    mlflow_uri: str
    use_case: str
    state: str
    sentence: str
    until: str | None
    conditions: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    missing: list[str]
    decision: str | None
    page: str


class PermitShape(TypedDict):
    """A signed permission; ``statement`` is the exact text that was signed."""

    uuid: str
    status: str
    statement: str
    signature: str
    key_id: str
    version_digest: str
    issued_at: str
    expires_on: str


class ConditionCheckShape(TypedDict):
    """One condition of the permit against the use: held, exceeded, unknown, or the user's to keep."""

    kind: str
    text: str
    status: str
    observed: str
    limit: str
    source: str
    reason: str


class GateShape(PermissionShape):
    """A permission decided afresh, with the permit behind it and each of its conditions held against the use."""

    permit: PermitShape | None
    condition_checks: list[ConditionCheckShape]


class PermissionOnShape(GateShape):
    """The permission on a day: as it stood on record, or projected from what is known now and stored nowhere."""

    as_of: str
    is_projected: bool


class TurnShape(TypedDict):
    """A day ahead on which something ends or begins, and the permission from then on."""

    on: str
    events: list[str]
    state: str
    sentence: str
    because: list[dict[str, str]]
    no_longer: list[dict[str, str]]
    is_change: bool


class TimelineShape(TypedDict):
    """The permission from today on, as far as time alone moves it; a projection, stored nowhere."""

    intended_use: str
    first: str
    last: str
    state: str
    summary: str
    turns: list[TurnShape]


class IntendedUseShape(TypedDict):
    """A version offered for a use case."""

    uuid: str
    version: str
    use_case: str
    declared_by: str
    declared_at: str
    permission: PermissionShape
    decisions: list[str]


class VersionShape(TypedDict):
    """A registered model version."""

    uuid: str
    model: str
    model_key: str
    number: int
    mlflow_uri: str
    mlflow_run_id: str
    flavour: str
    family: str
    family_source: str
    complexity: str
    shape: dict[str, Any] | None
    artifact_digest: str
    artifact_bytes: int
    datasets: list[dict[str, Any]]
    developer: str
    registered_at: str
    page: str


class VersionDetailShape(VersionShape):
    """A version with what only its own page shows."""

    signature: dict[str, Any] | None
    artifact_files: list[dict[str, Any]]
    claimed_metrics: dict[str, str]
    permissions: list[PermissionShape]


class RegistrationShape(TypedDict):
    """The outcome of a registration."""

    version: VersionShape
    is_new: bool
    permissions: list[PermissionShape]


class NewestVersionShape(TypedDict):
    """The newest version of a model in the inventory list."""

    uuid: str
    number: int
    mlflow_uri: str
    artifact_digest: str
    permissions: list[dict[str, Any]]


class ModelRowShape(TypedDict):
    """A model in the inventory list."""

    uuid: str
    key: str
    name: str
    description: str
    tier: int | None
    state: str
    origin: str
    entity: str
    jurisdictions: list[str]
    owner: str
    developer: str
    validator: str
    registered_at: str
    newest_version: NewestVersionShape | None


class FacetOptionShape(TypedDict):
    """One value of a facet, with how many models carry it."""

    value: str
    label: str
    count: int
    is_selected: bool


class FacetShape(TypedDict):
    """One dimension of the inventory."""

    field: str
    label: str
    options: list[FacetOptionShape]


class ModelPageShape(TypedDict):
    """A page of the inventory; ``next`` is the cursor of the page that follows, or empty."""

    items: list[ModelRowShape]
    next: str
    facets: NotRequired[list[FacetShape]]


class InventoryFieldShape(TypedDict):
    """One of the seventeen fields of the inventory record."""

    number: int
    name: str
    value: str
    source: str


class ModelShape(TypedDict):
    """A registered model in full."""

    uuid: str
    key: str
    name: str
    description: str
    purpose: str
    limitations: str
    data_sources: str
    tier: int | None
    state: str
    origin: str
    vendor_name: str
    entity: str
    jurisdictions: list[str]
    owner: str
    developer: str
    validator: str
    registered_at: str
    row_version: int
    inventory_record: list[InventoryFieldShape]
    versions: list[str]
    page: str


class UseCaseShape(TypedDict):
    """A use case."""

    uuid: str
    key: str
    name: str
    description: str
    entity: str
    jurisdiction: str
    archetype: str
    is_customer_facing: bool
    decides_on_individuals: bool
    exposure_eur: str
    materiality: str
    risk_category: str
    exposure_class: str
    approach: str
    parameter: str
    portfolio: str
    owner: str
    champion: str | None
    row_version: int
    page: str


class FlipShape(TypedDict):
    """A smallest set of changes of facts, and the outcome they would give."""

    changes: list[dict[str, str]]
    outcome: str


class DecisionShape(TypedDict):
    """A stored decision with its trace and what would flip it."""

    uuid: str
    intended_use: str
    stage: str
    outcome: str
    tier: int | None
    sentence: str
    as_of_date: str
    decided_at: str
    digest: str
    facts_digest: str
    engine_version: str
    body: dict[str, Any]
    tree: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    citations: dict[str, Any]
    conditions: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    missing: list[str]
    facts: list[dict[str, str]]
    counterfactuals: list[FlipShape]
    counterfactual_statement: str
    counterfactual_target: str
    page: str


class ReplayShape(TypedDict):
    """The digest of a decision made again from what is stored."""

    decision: str
    digest: str
    is_same: bool


class EvidenceShape(TypedDict):
    """The immutable result of one check."""

    uuid: str
    validation_request: str
    scores_from: str
    scores_from_in_words: str
    run: str
    check_id: str
    check_major: int
    verdict: str
    reason: str
    metrics: list[dict[str, Any]]
    facts: dict[str, Any]
    body: dict[str, Any]
    digest: str
    recorded_at: str


class ReportShape(TypedDict):
    """A signed validation report."""

    uuid: str
    opinion: str
    summary: str
    evidence_digest: str
    signed_by: str
    signed_at: str


class PredictionsShape(TypedDict):
    """The file that a validation reads in place of an artefact; ``columns`` are those that were named."""

    file_name: str
    size_bytes: int
    sha256: str
    columns: dict[str, str]


class ValidationShape(TypedDict):
    """A request that a validation plan be run. ``scores_from`` says where its scores come from."""

    uuid: str
    intended_use: str
    decision: str
    batch: str
    scores_from: str
    scores_from_in_words: str
    predictions: PredictionsShape | None
    status: str
    reason: str
    plan_digest: str
    checks_planned: int
    requested_by: str
    requested_at: str
    ended_at: str | None
    ended_reason: str
    reperforms: str | None
    reports_on: str | None
    page: str


class ValidationDetailShape(ValidationShape):
    """A request with its plan, its evidence and its report."""

    plan: list[dict[str, Any]]
    evidence: list[EvidenceShape]
    report: ReportShape | None


class FindingShape(TypedDict):
    """A weakness, its owner and its due date."""

    uuid: str
    intended_use: str
    check_id: str
    evidence: str
    severity: str
    title: str
    detail: str
    status: str
    owner: str
    due_date: str
    raised_at: str
    closed_by: str | None
    closed_at: str | None
    closing_reason: str
    row_version: int
    remediation_plans: list[dict[str, str]]
    page: str


class ApprovalShape(TypedDict):
    """A request for approval. It is decided in the web pages only."""

    uuid: str
    intended_use: str
    report: str
    version_digest: str
    status: str
    submitted_by: str
    submitted_at: str
    decided_by: str | None
    decided_at: str | None
    comment: str
    row_version: int
    page: str


class RecordedShape(TypedDict):
    """What was recorded about an intended use, and the permission that follows."""

    uuid: str
    permission: PermissionShape


class ProofShape(TypedDict):
    """Shows that an event is in the log that a signed checkpoint covers; hashes in hex."""

    index: int
    leaf_hash: str
    path: list[str]
    checkpoint_size: int
    checkpoint_note: str
    tlog_proof: str


class AuditEventShape(TypedDict):
    """An event of the audit log."""

    uuid: str
    index: int | None
    action: str
    sentence: str
    subject_type: str
    subject_uuid: str
    subject_label: str
    actor_uuid: str
    actor_name: str
    actor_role: str
    correlation_id: str
    at: str
    recorded_at: str
    payload: dict[str, Any]


class AuditEventDetailShape(AuditEventShape):
    """An event with the exact bytes that are hashed (base64) and its inclusion proof."""

    entry_base64: str
    proof: ProofShape | None


class TokenShape(TypedDict):
    """A token, without its secret, which nobody keeps."""

    uuid: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: str
    expires_at: str
    revoked_at: str | None
    last_used_at: str | None


class GrantShape(TypedDict):
    """A role, for one legal entity or (empty) for all."""

    role: str
    entity: str


class WhoamiShape(TypedDict):
    """For whom the token speaks, and what it may do."""

    uuid: str
    username: str
    name: str
    grants: list[GrantShape]
    scopes: list[str]


class PermitKeyShape(TypedDict):
    """The public key with which anybody checks a permit offline."""

    algorithm: str
    public_key_pem: str


class ProblemShape(TypedDict):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str
    correlation_id: str
    context: NotRequired[dict[str, Any]]
    fields: NotRequired[dict[str, list[str]]]
