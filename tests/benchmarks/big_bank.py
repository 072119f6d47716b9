"""Ten thousand models of one bank, written straight to the tables, the same on every run."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from registry import api
from registry.domain.vocab import (
    Complexity,
    LifecycleState,
    ModelFamily,
    Origin,
    PermissionState,
    Role,
)
from registry.inventory.models import IntendedUse, LegalEntity, ModelVersion, RegisteredModel, UseCase
from registry.people.models import Person

AT = datetime.now(UTC)
MODELS, PEOPLE, ENTITIES, USE_CASES = 10_000, 40, 5, 12
SYSTEM = api.system_actor(name="benchmark")
STATES = (LifecycleState.REGISTERED, LifecycleState.IN_VALIDATION, LifecycleState.APPROVED)


def model_key(number: int) -> str:
    """Return the key of a model; keys sort as their numbers do."""
    return f"pd-model-{number:05d}"


def build() -> str:
    """Fill an empty database and return a token that may read everything."""
    people = Person.objects.bulk_create(
        Person(username=f"person-{i}", full_name=f"Person {i}", password="!") for i in range(PEOPLE)
    )
    entities = LegalEntity.objects.bulk_create(
        LegalEntity(key=f"entity-{i}", name=f"Entity {i}", jurisdiction="EU") for i in range(ENTITIES)
    )
    cases = UseCase.objects.bulk_create(_use_case(i, entities, people) for i in range(USE_CASES))
    models = RegisteredModel.objects.bulk_create(
        (_model(i, entities, people) for i in range(MODELS)), batch_size=500
    )
    versions = ModelVersion.objects.bulk_create(
        (_version(model, number) for i, model in enumerate(models) for number in range(1, 2 + i % 3)),
        batch_size=500,
    )
    IntendedUse.objects.bulk_create(
        (
            _use(version, cases[(version.registered_model_id + shift) % USE_CASES])
            for version in versions
            for shift in range(2)
        ),
        batch_size=500,
    )
    common: dict[str, Any] = {"actor": SYSTEM, "at": AT, "correlation_id": "benchmark"}
    api.grant_role(**common, username="person-0", role=Role.AUDITOR)
    _row, secret = api.issue_token(
        **common, username="person-0", name="benchmark", scopes=["read"], expires_at=AT + timedelta(days=7)
    )
    return secret


def _model(number: int, entities: list[LegalEntity], people: list[Person]) -> RegisteredModel:
    return RegisteredModel(
        key=model_key(number),
        name=f"Probability of default, segment {number % 97}",
        description=f"Twelve-month probability of default of segment {number % 97}, region {number % 13}.",
        purpose="Ranking and calibration of default risk.",
        limitations="Not valid outside the segment.",
        data_sources="Account data of the segment.",
        origin=Origin.VENDOR if number % 11 == 0 else Origin.INTERNAL,
        entity=entities[number % ENTITIES],
        jurisdictions=["EU"],
        owner=people[number % PEOPLE],
        developer=people[(number + 1) % PEOPLE],
        validator=people[(number + 2) % PEOPLE],
        lifecycle_state=STATES[number % 3],
        risk_tier=None if number % 10 == 9 else 1 + number % 4,
        registered_at=AT - timedelta(minutes=number),
    )


def _version(model: RegisteredModel, number: int) -> ModelVersion:
    return ModelVersion(
        registered_model=model,
        number=number,
        mlflow_name=model.key,
        mlflow_version=str(number),
        mlflow_run_id="0" * 32,
        flavour="xgboost",
        family=ModelFamily.TREE_ENSEMBLE,
        family_source="flavour xgboost",
        complexity=Complexity.HIGH,
        artifact_digest="a" * 64,
        artifact_bytes=1,
        developer=model.developer,
        registered_at=AT,
    )


def _use_case(number: int, entities: list[LegalEntity], people: list[Person]) -> UseCase:
    return UseCase(
        key=f"use-case-{number:02d}",
        name=f"Use case {number}",
        description="A purpose.",
        entity=entities[number % ENTITIES],
        jurisdiction="EU",
        archetype="collections",
        is_customer_facing=False,
        decides_on_individuals=False,
        exposure_eur=Decimal(1_000_000),
        materiality="low",
        risk_category="none",
        exposure_class="none",
        approach="none",
        parameter="none",
        owner=people[0],
        created_at=AT,
    )


def _use(version: ModelVersion, use_case: UseCase) -> IntendedUse:
    states = tuple(PermissionState)
    return IntendedUse(
        version=version,
        use_case=use_case,
        declared_by=version.developer,
        declared_at=AT,
        permission_state=states[version.registered_model_id % len(states)],
        permission_sentence="May be used until the date, under the conditions of its permit.",
        permission_until=date(2027, 6, 30),
    )
