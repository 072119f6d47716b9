"""A small bank in the register: people with roles, one use case, versions that want validation."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from registry import api as registry_api
from registry.domain.vocab import Complexity, LifecycleState, ModelFamily, Origin, Role
from registry.inventory.models import IntendedUse, LegalEntity, ModelVersion, RegisteredModel, UseCase
from registry.people.models import Person

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ENTITY = "nordbank"
USE_CASE = "collections"
CAST = {
    "dana": Role.DEVELOPER,
    "owen": Role.OWNER,
    "vera": Role.VALIDATOR,
    "ada": Role.APPROVER,
}
SAMPLES = ("train", "test", "recent")


def set_up_bank() -> None:
    """Release the packs and create entity, people and use case."""
    common = {"actor": registry_api.system_actor(name="set-up"), "at": AT, "correlation_id": "set-up"}
    registry_api.release_packs(**common)
    registry_api.create_entity(**common, key=ENTITY, name="Nordbank", jurisdiction="EU")
    for username, role in CAST.items():
        Person.objects.create(username=username, full_name=username.title())
        registry_api.grant_role(**common, username=username, role=role, entity_key=ENTITY)
    registry_api.create_use_case(
        actor=actor("owen"),
        at=AT,
        correlation_id="set-up",
        details=registry_api.UseCaseDetails(
            key=USE_CASE,
            name="Collections",
            description="Order in which overdue cards are called",
            entity=ENTITY,
            jurisdiction="EU",
            archetype="collections",
            is_customer_facing=False,
            decides_on_individuals=False,
            exposure_eur=Decimal(1_000_000),
            materiality="low",
            owner="owen",
        ),
    )


def actor(username: str) -> registry_api.Actor:
    """Return one of the cast as an actor."""
    person = Person.objects.get(username=username)
    return registry_api.actor_for_person(person=person, channel="web", on=AT.date())


def open_requests(count: int) -> list[UUID]:
    """Register ``count`` versions of one model and request their validation."""
    dana, owen, vera = (Person.objects.get(username=name) for name in ("dana", "owen", "vera"))
    model = RegisteredModel.objects.create(
        key="pd-cards",
        name="PD of cards",
        description="Twelve-month PD",
        purpose="Ordering of calls",
        limitations="None known",
        data_sources="Card accounts",
        origin=Origin.INTERNAL,
        entity=LegalEntity.objects.get(key=ENTITY),
        owner=owen,
        developer=dana,
        validator=vera,
        lifecycle_state=LifecycleState.REGISTERED,
        registered_at=AT,
    )
    return [_open_request(model, number, dana) for number in range(1, count + 1)]


def _open_request(model: RegisteredModel, number: int, dana: Person) -> UUID:
    version = ModelVersion.objects.create(
        registered_model=model,
        number=number,
        mlflow_name=model.key,
        mlflow_version=str(number),
        mlflow_run_id=uuid4().hex,
        flavour="xgboost",
        family=ModelFamily.TREE_ENSEMBLE,
        family_source="the flavour",
        complexity=Complexity.HIGH,
        artifact_digest="a" * 64,
        artifact_bytes=1,
        datasets=[{"role": name, "path": f"{name}.parquet", "sha256": "b" * 64} for name in SAMPLES],
        developer=dana,
        registered_at=AT,
    )
    use = IntendedUse.objects.create(
        version=version, use_case=UseCase.objects.get(key=USE_CASE), declared_by=dana, declared_at=AT
    )
    request = registry_api.request_validation(
        actor=actor("dana"), at=AT, correlation_id=f"request-{number}", intended_use_uuid=use.uuid
    )
    return request.uuid
