"""Register a model version from MLflow, with the uses it is meant for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from registry.actions.decide_policy import decide_policy
from registry.actions.determine_scope import determine_scope
from registry.actions.model_record import ModelRecord, parse_record
from registry.actions.read_mlflow import VersionReading, read_version
from registry.actions.request_validation import open_request
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import Conflict, IntegrityMismatch, InvalidInput
from registry.domain.vocab import LifecycleState, Outcome, Role, Stage
from registry.inventory.families import complexity_of
from registry.inventory.models import (
    IntendedUse,
    ModelDependency,
    ModelVersion,
    RegisteredModel,
    UseCase,
)
from registry.inventory.selectors import (
    get_use_case,
    list_intended_uses,
    list_registered_models,
    parse_mlflow_uri,
)
from registry.people.actors import Actor
from registry.people.models import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrationResult:
    """The version, whether it is new, and its intended uses with their permission."""

    version: ModelVersion
    is_new: bool
    intended_uses: list[IntendedUse]


def register_version(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    mlflow_uri: str,
    use_case_keys: Sequence[str],
    details: Mapping[str, str] | None = None,
) -> RegistrationResult:
    """Record the version and decide, per use case, whether it may be validated.

    Everything from MLflow is read before the transaction. Calling it again
    with the same bytes adds uses and changes nothing else. Raises ``INV040``
    without a use case, ``INV041`` for missing or unknown details, ``INV042``
    when MLflow now holds other bytes than were registered, ``PEO001`` without
    the developer's role, and what the gateway raises.
    """
    parse_mlflow_uri(mlflow_uri=mlflow_uri)
    use_cases = _get_use_cases(actor, use_case_keys)
    reading = read_version(mlflow_uri=mlflow_uri)
    given = {**reading.details, **(details or {})}
    with transaction.atomic():
        registered_model = _ensure_model(actor, at, correlation_id, reading, given)
        actor.require(Role.DEVELOPER, entity_key=registered_model.entity.key, to="register a model version")
        version, is_new = _ensure_version(actor, at, correlation_id, reading, registered_model)
        for use_case in use_cases:
            _ensure_use(actor, at, correlation_id, version, use_case)
        determine_scope(actor=actor, at=at, correlation_id=correlation_id, registered_model=registered_model)
    uses = list_intended_uses(actor=actor).filter(version=version).order_by("use_case__key")
    return RegistrationResult(version=version, is_new=is_new, intended_uses=list(uses))


def _get_use_cases(actor: Actor, keys: Sequence[str]) -> list[UseCase]:
    if not keys:
        raise InvalidInput(
            "INV040",
            "no use case is named",
            remedy="Name at least one use case: risk attaches to the use, not to the artefact.",
        )
    return [get_use_case(actor=actor, key=key) for key in dict.fromkeys(keys)]


def _ensure_model(
    actor: Actor, at: datetime, correlation_id: str, reading: VersionReading, given: Mapping[str, str]
) -> RegisteredModel:
    key = reading.info.name
    found = list_registered_models(actor=actor).filter(key=key).first()
    if found is not None:
        return found
    record_given = parse_record(actor=actor, key=key, given=given)
    actor.require(Role.DEVELOPER, entity_key=record_given.entity.key, to="register a model")
    try:
        with transaction.atomic():
            row = _create_model(actor, at, key, record_given)
    except IntegrityError as error:
        # Another call may have registered it since we looked.
        if (found := list_registered_models(actor=actor).filter(key=key).first()) is not None:
            return found
        raise Conflict(
            "INV043",
            f"the model name {key!r} is taken in a legal entity that you may not see",
            remedy="Register the model in MLflow under another name.",
        ) from error
    record(
        action=AuditAction.MODEL_REGISTERED,
        actor=actor,
        at=at,
        subject=subject_of(row),
        payload={"key": key, "entity": record_given.entity.key, "details": dict(given)},
        correlation_id=correlation_id,
    )
    _declare_dependencies(actor, at, correlation_id, row, given)
    return row


def _create_model(actor: Actor, at: datetime, key: str, given: ModelRecord) -> RegisteredModel:
    return RegisteredModel.objects.create(
        key=key,
        name=given.name,
        description=given.description,
        purpose=given.purpose,
        limitations=given.limitations,
        data_sources=given.data_sources,
        origin=given.origin,
        vendor_name=given.vendor_name,
        entity=given.entity,
        jurisdictions=given.jurisdictions,
        owner=given.owner,
        developer=Person.objects.get(uuid=actor.person_uuid),
        validator=given.validator,
        lifecycle_state=LifecycleState.REGISTERED,
        registered_at=at,
    )


def _declare_dependencies(
    actor: Actor, at: datetime, correlation_id: str, row: RegisteredModel, given: Mapping[str, str]
) -> None:
    for key in filter(None, (item.strip() for item in given.get("depends_on", "").split(","))):
        upstream = list_registered_models(actor=actor).filter(key=key).first()
        if upstream is None or upstream.pk == row.pk:
            raise InvalidInput(
                "INV045",
                f"the model {key!r}, on which this one is said to depend, is not registered",
                remedy="Register it first, or correct mrm.depends_on.",
            )
        ModelDependency.objects.create(
            upstream=upstream, downstream=row, description="declared at registration"
        )
        record(
            action=AuditAction.DEPENDENCY_DECLARED,
            actor=actor,
            at=at,
            subject=subject_of(row),
            payload={"upstream": upstream.key, "downstream": row.key},
            correlation_id=correlation_id,
        )


def _ensure_version(
    actor: Actor,
    at: datetime,
    correlation_id: str,
    reading: VersionReading,
    registered_model: RegisteredModel,
) -> tuple[ModelVersion, bool]:
    if (found := _find_version(reading)) is not None:
        return found, False
    try:
        with transaction.atomic():
            version = _create_version(actor, at, reading, registered_model)
    except IntegrityError:
        # Another call, a webhook's for example, registered the version since we looked.
        found = _find_version(reading)
        if found is None:
            raise
        return found, False
    record(
        action=AuditAction.MODEL_VERSION_REGISTERED,
        actor=actor,
        at=at,
        subject=subject_of(version),
        payload={
            "mlflow_uri": version.mlflow_uri,
            "mlflow_run_id": version.mlflow_run_id,
            "artifact_digest": version.artifact_digest,
            "flavour": version.flavour,
            "family": version.family,
            "datasets": {str(entry["role"]): entry["sha256"] for entry in reading.datasets},
        },
        correlation_id=correlation_id,
    )
    return version, True


def _find_version(reading: VersionReading) -> ModelVersion | None:
    info = reading.info
    found = ModelVersion.objects.filter(mlflow_name=info.name, mlflow_version=info.version).first()
    if found is not None and found.artifact_digest != reading.artifact.digest:
        raise IntegrityMismatch(
            "INV042",
            f"MLflow now holds other bytes for {found.mlflow_uri} than were registered",
            remedy="Log the changed artefact as a new version; the registered one stays as it was.",
            registered=found.artifact_digest,
            found=reading.artifact.digest,
        )
    return found


def _create_version(
    actor: Actor, at: datetime, reading: VersionReading, registered_model: RegisteredModel
) -> ModelVersion:
    info = reading.info
    complexity, reason = complexity_of(family=reading.family, shape=reading.shape)
    return ModelVersion.objects.create(
        registered_model=registered_model,
        number=int(info.version),
        mlflow_name=info.name,
        mlflow_version=info.version,
        mlflow_run_id=info.run_id,
        flavour=reading.flavour,
        family=reading.family,
        family_source=reading.family_source,
        complexity=complexity,
        shape={**reading.shape, "complexity_reason": reason},
        signature=reading.signature,
        artifact_digest=reading.artifact.digest,
        artifact_bytes=reading.artifact.size,
        artifact_files=[
            {"path": file.path, "size": file.size, "sha256": file.sha256} for file in reading.artifact.files
        ],
        datasets=reading.datasets,
        claimed_metrics=dict(info.metrics),
        developer=Person.objects.get(uuid=actor.person_uuid),
        registered_at=at,
    )


def _ensure_use(
    actor: Actor, at: datetime, correlation_id: str, version: ModelVersion, use_case: UseCase
) -> None:
    intended_use, is_new = IntendedUse.objects.get_or_create(
        version=version,
        use_case=use_case,
        defaults={
            "declared_by": Person.objects.get(uuid=actor.person_uuid),
            "declared_at": at,
        },
    )
    if not is_new:
        return
    decision = decide_policy(
        actor=actor,
        at=at,
        correlation_id=correlation_id,
        intended_use=intended_use,
        stage=Stage.GATE_REGISTER,
    )
    if decision.outcome in (Outcome.ALLOW, Outcome.ALLOW_WITH_CONDITIONS) and version.datasets:
        open_request(
            actor=actor,
            at=at,
            correlation_id=correlation_id,
            intended_use=intended_use,
            decision=decision,
            reason="first validation, as the decision at registration implies",
        )
