"""A small bank with its cast, two models and one complete validation, for tests of pages."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from registry import api
from registry.actions.decide_policy import decide_policy
from registry.approvals.models import ApprovalRequest
from registry.domain.vocab import (
    Complexity,
    LifecycleState,
    ModelFamily,
    Opinion,
    Provenance,
    RequestStatus,
    Role,
    RunStatus,
    Stage,
)
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel
from registry.people.models import Person
from registry.validations.models import ValidationRequest
from tests.builders.web_evidence import Submission, submissions
from validation.runs.models import CheckRecord, ValidationRun

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PASSWORD = "a long enough passphrase 7"
CAST = {
    "dana": ("Dana Okafor", Role.DEVELOPER),
    "owen": ("Owen Lindqvist", Role.OWNER),
    "vera": ("Vera Castellanos", Role.VALIDATOR),
    "ada": ("Ada Brenner", Role.APPROVER),
    "rex": ("Rex Haddad", Role.REGULATOR),
    "ivy": ("Ivy Tanaka", Role.AUDITOR),
}
SYSTEM = api.system_actor(name="set-up")


@dataclass
class World:
    """What was built. ``uses`` by use case key are those of the boosted model."""

    people: dict[str, Person] = field(default_factory=dict)
    versions: dict[str, ModelVersion] = field(default_factory=dict)
    uses: dict[str, IntendedUse] = field(default_factory=dict)
    validated: ValidationRequest | None = None
    running: ValidationRequest | None = None
    proposal: api.PackProposal | None = None

    def actor(self, username: str) -> api.Actor:
        """Return one of the cast as an actor."""
        return api.actor_for_person(person=self.people[username], channel="web", on=AT.date())


def build_world() -> World:
    """Build the cast, the entity, the packs, three use cases, two models, one completed run, one queued."""
    world = World()
    _people(world)
    _entity(world)
    for key, family in (
        ("pd-cards-scorecard", ModelFamily.SCORECARD),
        ("pd-cards", ModelFamily.TREE_ENSEMBLE),
    ):
        world.versions[key] = _version(world, key, family)
    for key in ("pd-capital-qrre", "card-underwriting", "collections", "equity-capital"):
        for model in world.versions:
            use = _use(world, model, key)
            if model == "pd-cards":
                world.uses[key] = use
    for version in world.versions.values():
        api.determine_scope(
            actor=SYSTEM, at=AT, correlation_id="set-up", registered_model=version.registered_model
        )
    world.validated = _request(world, "pd-capital-qrre")
    record_run(world.validated, submissions())
    world.running = _request(world, "collections")
    return world


def _people(world: World) -> None:
    for username, (name, role) in CAST.items():
        person = api.create_person(
            actor=SYSTEM, at=AT, correlation_id="set-up", username=username, full_name=name, password=PASSWORD
        )
        api.grant_role(actor=SYSTEM, at=AT, correlation_id="set-up", username=username, role=role)
        world.people[username] = person
    world.people["nia"] = api.create_person(
        actor=SYSTEM, at=AT, correlation_id="set-up", username="nia", full_name="Nia Varga", password=PASSWORD
    )


def _entity(world: World) -> None:
    api.create_entity(
        actor=SYSTEM,
        at=AT,
        correlation_id="set-up",
        key="meridian-eu",
        name="Meridian Bank Europe SE",
        jurisdiction="EU",
    )
    api.release_packs(actor=SYSTEM, at=AT, correlation_id="set-up")
    owen = world.actor("owen")
    _portfolio(
        owen,
        key="cards-qrre",
        name="Credit cards, qualifying revolving",
        exposure_class="retail_qrre_revolver",
        exposure_eur="2400000000",
        rwa_pre_floor_eur="1180000000",
        rwa_standardised_eur="1800000000",
        loss_given_default_share=Decimal("0.75"),
        credit_conversion_share=Decimal("0.60"),
    )
    _portfolio(
        owen,
        key="mortgages",
        name="Residential mortgages",
        exposure_class="retail_mortgage",
        exposure_eur="17500000000",
        rwa_pre_floor_eur="3079000000",
        rwa_standardised_eur="6109090909.09",
    )
    capital = {
        "risk_category": "credit",
        "exposure_class": "retail_qrre_revolver",
        "approach": "A-IRB",
        "parameter": "PD",
    }
    _use_case(
        owen,
        "pd-capital-qrre",
        "PD for regulatory capital, credit cards",
        "regulatory_capital",
        False,
        "high",
        **capital,
        portfolio="cards-qrre",
    )
    _use_case(owen, "card-underwriting", "Credit card underwriting", "credit_underwriting", True, "high")
    _use_case(owen, "collections", "Collections prioritisation", "collections", False, "low")
    equity = capital | {"exposure_class": "equity"}
    _use_case(
        owen, "equity-capital", "PD for equity exposures", "regulatory_capital", False, "medium", **equity
    )


def _portfolio(owen: api.Actor, **figures: Any) -> None:
    """Declare a portfolio. With 1.131bn on the cards the entity carries 4.21bn, and 55 % of standardised are 4.35bn."""
    api.declare_portfolio(
        actor=owen,
        at=AT,
        correlation_id="set-up",
        details=api.PortfolioDetails(
            entity="meridian-eu",
            approach="A-IRB",
            as_of_date=date(2026, 9, 30),
            provenance=Provenance.ASSUMED,
            source="House assumption for the example bank; the data set holds no portfolio",
            **figures,
        ),
    )


def _use_case(  # noqa: PLR0917 - a row of a small table
    owen: api.Actor,
    key: str,
    name: str,
    archetype: str,
    is_customer_facing: bool,  # noqa: FBT001 - a row of a small table
    materiality: str,
    **capital: str,
) -> None:
    api.create_use_case(
        actor=owen,
        at=AT,
        correlation_id="set-up",
        details=api.UseCaseDetails(
            key=key,
            name=name,
            description=f"{name} at the example bank: what the score is for, and what is decided with it.",
            entity="meridian-eu",
            jurisdiction="EU",
            archetype=archetype,
            is_customer_facing=is_customer_facing,
            decides_on_individuals=is_customer_facing,
            exposure_eur="2400000000",
            materiality=materiality,
            owner="owen",
            **capital,
        ),
    )


def _version(world: World, key: str, family: ModelFamily) -> ModelVersion:
    people = world.people
    owner, developer, validator = people["owen"], people["dana"], people["vera"]
    model = RegisteredModel.objects.create(
        key=key,
        name="Card default, gradient boosting"
        if family == ModelFamily.TREE_ENSEMBLE
        else "Card default, scorecard",
        description="Probability that a card customer defaults within the next month.",
        purpose="Ranking and calibration of default risk on credit cards.",
        limitations="Trained on one issuer and one half-year; not valid for corporate cards.",
        data_sources="Taiwan credit card clients, 2005 (public research data)",
        origin="internal",
        entity=api.list_use_cases(actor=world.actor("owen")).get(key="collections").entity,
        jurisdictions=["EU", "US"],
        owner=owner,
        developer=developer,
        validator=validator,
        lifecycle_state=LifecycleState.IN_VALIDATION,
        registered_at=AT,
    )
    shape = {"source": "not counted: the artefact holds no booster as data"}
    if family == ModelFamily.TREE_ENSEMBLE:
        shape = {
            "trees": 300,
            "max_depth": 4,
            "parameters": 8214,
            "source": "counted in the bytes of model.ubj",
        }
    return ModelVersion.objects.create(
        registered_model=model,
        number=1,
        shape=shape,
        mlflow_name=key,
        mlflow_version="1",
        mlflow_run_id=uuid4().hex,
        flavour="xgboost" if family == ModelFamily.TREE_ENSEMBLE else "sklearn",
        family=family,
        family_source="flavour and file names",
        complexity=Complexity.HIGH if family == ModelFamily.TREE_ENSEMBLE else Complexity.LOW,
        signature={
            "inputs": '[{"type": "double", "name": "LIMIT_BAL", "required": true},'
            ' {"type": "long", "name": "PAY_0", "required": true}]',
            "outputs": '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]',
        },
        artifact_digest="4f9c" * 16,
        artifact_bytes=482_113,
        artifact_files=[
            {"path": "MLmodel", "size": 912, "sha256": "ab" * 32},
            {"path": "model.ubj", "size": 481_201, "sha256": "cd" * 32},
        ],
        datasets=[
            {"role": role, "path": f"{role}.parquet", "sha256": "ef" * 32, "rows": rows, "label": "default"}
            for role, rows in (("train", 15000), ("test", 7500), ("recent", 7500), ("shifted", 7500))
        ],
        claimed_metrics={"auc": "0.7781", "gini": "0.5562"},
        developer=developer,
        registered_at=AT,
    )


def _use(world: World, model: str, key: str) -> IntendedUse:
    use = IntendedUse.objects.create(
        version=world.versions[model],
        use_case=api.get_use_case(actor=world.actor("owen"), key=key),
        declared_by=world.people["dana"],
        declared_at=AT,
    )
    decide_policy(
        actor=world.actor("dana"), at=AT, correlation_id="set-up", intended_use=use, stage=Stage.GATE_REGISTER
    )
    return use


def _request(world: World, key: str) -> ValidationRequest:
    return api.request_validation(
        actor=world.actor("dana"), at=AT, correlation_id="set-up", intended_use_uuid=world.uses[key].uuid
    )


def record_run(request: ValidationRequest, found: list[Submission], *, run_uuid: UUID | None = None) -> None:
    """End a request with results, as a worker would."""
    done = RequestStatus.COMPLETED
    end_run(request, found, status=done, reason="every planned check was run", run_uuid=run_uuid)
    assert request.status == done


def end_run(
    request: ValidationRequest,
    found: list[Submission],
    *,
    status: RequestStatus,
    reason: str,
    run_uuid: UUID | None = None,
) -> None:
    """End a request in some way, as a worker would."""
    api.record_validation(
        actor=api.worker_actor(name="worker"),
        at=AT + timedelta(minutes=3),
        correlation_id="run",
        request_uuid=request.uuid,
        run_uuid=run_uuid or uuid4(),
        status=status,
        reason=reason,
        submissions=found,
    )
    request.refresh_from_db()


def start_run(request: ValidationRequest, found: list[Submission]) -> ValidationRun:
    """Put a run in progress with some checks flushed."""
    run = ValidationRun.objects.create(
        request_uuid=request.uuid,
        status=RunStatus.RUNNING,
        fence=1,
        attempt=1,
        owner="worker-1",
        progress="calibration.jeffreys",
        checks_planned=len(request.plan),
        queued_at=AT,
        started_at=AT + timedelta(seconds=2),
    )
    for position, item in enumerate(found):
        CheckRecord.objects.create(
            run=run,
            check_id=item["check"],
            check_major=item["major"],
            position=position,
            title=item["check"],
            verdict=item["verdict"],
            result=item["body"],
            recorded_at=AT + timedelta(seconds=3 + position),
        )
    return run


def bring_to_approval(world: World) -> ApprovalRequest:
    """Challenge and sign the completed run, and submit it, each by whom it behoves."""
    assert world.validated is not None
    vera, later = world.actor("vera"), AT + timedelta(hours=2)
    api.note_challenge(
        actor=vera,
        at=later,
        correlation_id="challenge",
        request_uuid=world.validated.uuid,
        question="Grade 5 defaults more often than predicted. Is that one cohort?",
        answer="Yes: customers whose limit was raised in the quarter before.",
        disposition="Limitation recorded; grade 5 is monitored monthly.",
    )
    api.sign_report(
        actor=vera,
        at=later,
        correlation_id="sign",
        request_uuid=world.validated.uuid,
        opinion=Opinion.FIT_WITH_CONDITIONS,
        summary="Ranks well and explains itself; underestimates grade 5. Fit with monthly monitoring of that grade.",
    )
    return api.request_approval(
        actor=world.actor("owen"),
        at=later,
        correlation_id="submit",
        intended_use_uuid=world.uses["pd-capital-qrre"].uuid,
    )


__all__ = [
    "AT",
    "CAST",
    "PASSWORD",
    "World",
    "bring_to_approval",
    "build_world",
    "end_run",
    "record_run",
    "start_run",
]
