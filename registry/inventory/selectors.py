"""Reading the inventory. Every function filters by what the actor may see; the unseen is not found."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from registry.domain.errors import InvalidInput, NotFound
from registry.inventory.models import (
    IntendedUse,
    LegalEntity,
    ModelDependency,
    ModelVersion,
    RegisteredModel,
    UseCase,
)
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor
from registry.people.administration import administered_entities

MLFLOW_SCHEME = "models:/"


def parse_mlflow_uri(*, mlflow_uri: str) -> tuple[str, str]:
    """Split ``models:/name/3`` into name and version. Raises ``INV001``."""
    name, _, version = mlflow_uri.removeprefix(MLFLOW_SCHEME).rpartition("/")
    if not mlflow_uri.startswith(MLFLOW_SCHEME) or not name or not version.isascii() or not version.isdigit():
        raise InvalidInput(
            "INV001",
            f"{mlflow_uri[:200]!r} does not name an MLflow model version",
            remedy="Write models:/NAME/NUMBER, for example models:/pd-cards/1; an alias can move.",
        )
    return name, version


def list_registered_models(*, actor: Actor) -> QuerySet[RegisteredModel]:
    """Return the models that the actor may see, with the people and versions a list shows."""
    uses = IntendedUse.objects.select_related("use_case").order_by("use_case__key")
    uses = visible_to(actor, uses, entity_path="use_case__entity__key")
    versions = ModelVersion.objects.order_by("-number").prefetch_related(Prefetch("intended_uses", uses))
    rows = RegisteredModel.objects.select_related("entity", "owner", "developer", "validator")
    return visible_to(actor, rows.prefetch_related(Prefetch("versions", versions)), entity_path="entity__key")


def get_model(*, actor: Actor, uuid: UUID) -> RegisteredModel:
    """Return one model. Raises ``INV010``."""
    row = list_registered_models(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise _not_found("INV010", "model", uuid)
    return row


def list_dependencies(*, actor: Actor, registered_model: RegisteredModel) -> list[ModelDependency]:
    """Return what feeds the model and what it feeds, as far as the actor may see both ends."""
    rows = ModelDependency.objects.select_related("upstream", "downstream")
    seen = visible_to(actor, rows, entity_path="upstream__entity__key")
    seen = visible_to(actor, seen, entity_path="downstream__entity__key")
    return list(seen.filter(upstream=registered_model) | seen.filter(downstream=registered_model))


def list_versions(*, actor: Actor) -> QuerySet[ModelVersion]:
    """Return the versions that the actor may see."""
    rows = ModelVersion.objects.select_related(
        "registered_model", "registered_model__entity", "registered_model__owner", "developer"
    )
    return visible_to(actor, rows, entity_path="registered_model__entity__key")


def get_version(*, actor: Actor, uuid: UUID) -> ModelVersion:
    """Return one version. Raises ``INV011``."""
    row = list_versions(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise _not_found("INV011", "model version", uuid)
    return row


def find_version_by_uri(*, actor: Actor, mlflow_uri: str) -> ModelVersion | None:
    """Return the registered version that MLflow knows under the address, or none."""
    name, number = parse_mlflow_uri(mlflow_uri=mlflow_uri)
    return list_versions(actor=actor).filter(mlflow_name=name, mlflow_version=number).first()


def list_use_cases(*, actor: Actor) -> QuerySet[UseCase]:
    """Return the use cases that the actor may see."""
    rows = UseCase.objects.select_related(
        "entity", "owner", "portfolio", "champion", "champion__registered_model"
    )
    return visible_to(actor, rows, entity_path="entity__key").order_by("key")


def get_use_case(*, actor: Actor, key: str) -> UseCase:
    """Return one use case. Raises ``INV012``, naming the nearest keys that exist."""
    row = list_use_cases(actor=actor).filter(key=key).first()
    if row is None:
        known = ", ".join(list_use_cases(actor=actor).values_list("key", flat=True)[:20]) or "none"
        raise NotFound(
            "INV012",
            f"there is no use case {key!r}, or none that you may see",
            remedy=f"Use one of: {known}.",
            use_case=key,
        )
    return row


def list_intended_uses(*, actor: Actor) -> QuerySet[IntendedUse]:
    """Return the pairs of version and use case that the actor may see."""
    rows = IntendedUse.objects.select_related(
        "version",
        "version__registered_model",
        "version__registered_model__entity",
        "version__registered_model__owner",
        "version__registered_model__developer",
        "version__registered_model__validator",
        "version__developer",
        "use_case",
        "use_case__entity",
        "use_case__portfolio",
        "use_case__owner",
        "declared_by",
    )
    return visible_to(actor, rows, entity_path="use_case__entity__key")


def get_intended_use(*, actor: Actor, uuid: UUID) -> IntendedUse:
    """Return one pair. Raises ``INV013``."""
    row = list_intended_uses(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise _not_found("INV013", "intended use", uuid)
    return row


def find_intended_use(*, actor: Actor, mlflow_uri: str, use_case_key: str) -> IntendedUse | None:
    """Return the pair of the MLflow address and the use case, or none."""
    name, number = parse_mlflow_uri(mlflow_uri=mlflow_uri)
    return (
        list_intended_uses(actor=actor)
        .filter(version__mlflow_name=name, version__mlflow_version=number, use_case__key=use_case_key)
        .first()
    )


def get_entity(*, actor: Actor, key: str) -> LegalEntity:
    """Return one legal entity. Raises ``INV014``."""
    row = visible_to(actor, LegalEntity.objects.all(), entity_path="key").filter(key=key).first()
    if row is None:
        raise _not_found("INV014", "legal entity", key)
    return row


def list_administered_entities(*, actor: Actor) -> list[tuple[str, str]]:
    """Return key and name of the entities in which the actor may grant roles; an empty key is every entity."""
    keys = administered_entities(actor)
    rows = LegalEntity.objects.order_by("name")
    if keys is not None:
        return list(rows.filter(key__in=keys).values_list("key", "name"))
    return [("", "Every entity"), *rows.values_list("key", "name")]


def _not_found(code: str, what: str, name: object) -> NotFound:
    return NotFound(
        code,
        f"there is no {what} {name}, or none that you may see",
        remedy="Check the identifier, or ask an administrator for a role in the legal entity that holds it.",
    )
