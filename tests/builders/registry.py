"""A bank in the register: the cast, two entities, use cases, packs, and a model on its way to a permit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from registry import api
from registry.domain.canonical import Json
from registry.domain.vocab import (
    Complexity,
    LifecycleState,
    ModelFamily,
    RequestStatus,
    Role,
    Safeguard,
    Verdict,
)
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel
from registry.people.models import Person, RoleAssignment
from registry.policy.pack import PACKS_FOLDER
from registry.policy.pack_reader import read_pack

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ENTITY = "meridian-eu"
OTHER_ENTITY = "fjord-no"
CAST = {
    "dana": Role.DEVELOPER,
    "dora": Role.DEVELOPER,
    "owen": Role.OWNER,
    "olga": Role.OWNER,
    "vera": Role.VALIDATOR,
    "ada": Role.APPROVER,
    "rex": Role.REGULATOR,
}
"""Roles in the first entity; Rex's holds for every entity. Dora and Olga have no part in the built model."""
STRANGERS = {
    "fred": tuple(Role(name) for name in ("developer", "owner", "validator", "approver", "administrator"))
}
"""Roles in the other entity only."""
USE_CASES = {
    "underwriting": {"archetype": "credit_underwriting", "is_customer_facing": True, "materiality": "medium"},
    "collections": {"archetype": "collections", "is_customer_facing": False, "materiality": "low"},
    "capital-qrre": {
        "archetype": "regulatory_capital",
        "is_customer_facing": False,
        "materiality": "high",
        "risk_category": "credit",
        "exposure_class": "retail_qrre_revolver",
        "approach": "A-IRB",
        "parameter": "PD",
    },
    "capital-equity": {
        "archetype": "regulatory_capital",
        "is_customer_facing": False,
        "materiality": "medium",
        "risk_category": "credit",
        "exposure_class": "equity",
        "approach": "A-IRB",
        "parameter": "PD",
    },
    "fraud": {"archetype": "fraud_detection", "is_customer_facing": False, "materiality": "medium"},
}
DETAILS = {
    "name": "PD of cards",
    "description": "Twelve-month probability of default of card holders.",
    "purpose": "Ranking and calibration of default risk.",
    "limitations": "Consumer cards only.",
    "data_sources": "Card accounts, 2005",
    "origin": "internal",
    "entity": ENTITY,
    "jurisdictions": "EU",
    "owner": "owen",
    "validator": "vera",
}
FACTS: dict[str, dict[str, Json]] = {
    "discrimination.auc": {"evidence.auc": "0.78", "evidence.gini": "0.56", "evidence.gini_lower": "0.53"},
    "discrimination.ks": {"evidence.ks": "0.42"},
    "calibration.jeffreys": {"evidence.calibration_min_p": "0.20"},
    "calibration.hosmer_lemeshow": {"evidence.hosmer_lemeshow_p": "0.31"},
    "calibration.brier": {"evidence.brier_skill": "0.18"},
    "stability.psi": {"evidence.psi": "0.02"},
    "drift.data": {"evidence.data_drift_share": "0"},
    "drift.score": {"evidence.score_drift_ks": "0.03"},
    "robustness.inputs": {
        "evidence.perturbation_gini_loss": "0.02",
        "evidence.perturbation_gini_loss_upper": "0.03",
        "evidence.impossible_outputs": 0,
    },
    "fairness.outcomes": {
        "evidence.adverse_impact_ratio": "0.92",
        "evidence.adverse_impact_ratio_lower": "0.90",
        "evidence.standardised_mean_difference": "16",
        "evidence.equalised_odds_difference": "0.06",
    },
    "explain.shap": {"evidence.explainability_achieved": 3, "evidence.explanation_stability": "0.96"},
    "explain.certificate": {
        "evidence.explanation_faithfulness_lower": "0.13",
        "evidence.explanation_unsupported": "0",
    },
    "challenger.advantage": {"evidence.advantage_gini": "0.11", "evidence.advantage_gini_lower": "0.08"},
    "capital.rwa_effect": {"capital.model_share_of_benchmark": "0.87", "capital.entity_floor_binding": True},
    "integrity.artifact": {"evidence.artifact_verified": True},
    "integrity.self_report": {"evidence.self_report_gap": "0.001"},
}
"""What each check feeds when a boosted model of cards does well: it explains itself to level 3 of 4."""


def by(username: str, *, at: datetime = AT) -> dict[str, Any]:
    """Return actor, time and correlation of a call by one of the cast."""
    return {"actor": actor(username, at=at), "at": at, "correlation_id": "test"}


def by_system() -> dict[str, Any]:
    """Return actor, time and correlation of a call by the program itself."""
    return {"actor": api.system_actor(name="set-up"), "at": AT, "correlation_id": "set-up"}


def actor(username: str, *, at: datetime = AT, channel: str = "web") -> api.Actor:
    """Return one of the cast as an actor."""
    return api.actor_for_person(person=Person.objects.get(username=username), channel=channel, on=at.date())


def person(username: str) -> Person:
    """Return one of the cast."""
    return Person.objects.get(username=username)


@cache
def _packs() -> list[dict[str, Any]]:
    return [_pack(path) for path in sorted(PACKS_FOLDER.glob("*/*.yaml"))]


def _pack(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    pack = read_pack(text=text, file=f"{path.parent.name}/{path.name}")
    return {
        "instrument": pack.instrument,
        "version": pack.version,
        "title": pack.title,
        "binding_level": pack.binding_level,
        "effective_from": pack.effective_from,
        "content_sha256": pack.content_hash,
        "text": text,
    }


def build_bank() -> None:
    """Create packs, two entities, the cast and the use cases."""
    api.PackRelease.objects.bulk_create(api.PackRelease(**pack, released_at=AT) for pack in _packs())
    for key, jurisdiction in ((ENTITY, "EU"), (OTHER_ENTITY, "EU")):
        api.create_entity(**by_system(), key=key, name=key.title(), jurisdiction=jurisdiction)
    for username, role in CAST.items():
        _employ(username, [role], "" if username == "rex" else ENTITY)
    for username, roles in STRANGERS.items():
        _employ(username, roles, OTHER_ENTITY)
    Person.objects.create(username="nia", full_name="Nia Varga")
    for key in USE_CASES:
        create_use_case(key)
    create_use_case("fjord-collections", entity=OTHER_ENTITY, owner="fred", like="collections")


def _employ(username: str, roles: Any, entity_key: str) -> None:
    row = Person.objects.create(username=username, full_name=f"{username.title()} Doe")
    RoleAssignment.objects.bulk_create(
        RoleAssignment(
            person=row, role=role, entity_key=entity_key, valid_from=AT.date(), granted_by_name="set-up"
        )
        for role in roles
    )


def use_case_details(key: str, **changed: Any) -> api.UseCaseDetails:
    """Return the details of a use case of the first entity."""
    like = USE_CASES[changed.pop("like", key)]
    return api.UseCaseDetails(
        **{
            "key": key,
            "name": key.title(),
            "description": "What the score is for, and what is decided with it.",
            "entity": ENTITY,
            "jurisdiction": "EU",
            "decides_on_individuals": like["is_customer_facing"],
            "exposure_eur": "250000000",
            "owner": "owen",
            **like,
            **changed,
        }
    )


def create_use_case(key: str, *, owner: str = "owen", **changed: Any) -> api.UseCase:
    """Create a use case through the façade."""
    return api.create_use_case(**by(owner), details=use_case_details(key, owner=owner, **changed))


def make_model(key: str = "pd-cards", *, entity: str = ENTITY, **changed: Any) -> RegisteredModel:
    """Put a model into the register, developed by Dana, owned by Owen, validated by Vera."""
    return RegisteredModel.objects.create(
        **{
            "key": key,
            **{
                name: DETAILS[name]
                for name in DETAILS
                if name not in ("entity", "jurisdictions", "owner", "validator")
            },
            "entity": api.LegalEntity.objects.get(key=entity),
            "jurisdictions": ["EU"],
            "owner": person("owen"),
            "developer": person("dana"),
            "validator": person("vera"),
            "lifecycle_state": LifecycleState.REGISTERED,
            "registered_at": AT,
            **changed,
        }
    )


def make_version(
    model: RegisteredModel,
    number: int = 1,
    *,
    family: ModelFamily = ModelFamily.TREE_ENSEMBLE,
    developer: str = "dana",
) -> ModelVersion:
    """Put a version into the register, with four data sets."""
    return ModelVersion.objects.create(
        registered_model=model,
        number=number,
        mlflow_name=model.key,
        mlflow_version=str(number),
        mlflow_run_id=uuid4().hex,
        flavour="xgboost",
        family=family,
        family_source="the flavour",
        complexity=Complexity.HIGH if family == ModelFamily.TREE_ENSEMBLE else Complexity.LOW,
        signature={"inputs": "[]"},
        artifact_digest=f"{number:064x}",
        artifact_bytes=1,
        datasets=[
            {"role": role, "path": f"{role}.parquet", "sha256": "b" * 64}
            for role in ("train", "test", "recent", "shifted")
        ],
        developer=person(developer),
        registered_at=AT,
    )


def make_use(
    version: ModelVersion, use_case: str = "collections", *, declared_by: str = "dana"
) -> IntendedUse:
    """Offer a version for a use case."""
    return IntendedUse.objects.create(
        version=version,
        use_case=api.UseCase.objects.get(key=use_case),
        declared_by=person(declared_by),
        declared_at=AT,
    )


def submission(
    check: str, verdict: Verdict = Verdict.PASS, *, facts: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """Return one check's result as a worker submits it."""
    return {
        "check": check,
        "major": 1,
        "verdict": verdict.value,
        "reason": "" if verdict == Verdict.PASS else "threshold",
        "detail": f"{check} gives {verdict.value}",
        "metrics": [{"name": "figure", "estimate": "0.5"}],
        "facts": dict(FACTS[check] if facts is None else facts),
        "body": {"detail": f"{check} gives {verdict.value}"},
    }


@dataclass(kw_only=True)
class Story:
    """One pair on its way from registration to a permit, one step a method. ``at`` is when the next step happens."""

    use: IntendedUse
    at: datetime = AT
    request: Any = None
    approval: Any = None

    def requested(self, batch: str = "recent") -> "Story":
        """Ask for a validation."""
        self.request = api.request_validation(
            **by("dana", at=self.at), intended_use_uuid=self.use.uuid, batch=batch
        )
        return self

    def run(self, *changed: dict[str, Json], status: RequestStatus = RequestStatus.COMPLETED) -> "Story":
        """End the request with a passing result per planned check, except those given."""
        given = {str(item["check"]): item for item in changed}
        found = [given.pop(row["check"], submission(row["check"])) for row in self.request.plan]
        api.record_validation(
            actor=api.worker_actor(name="worker"),
            at=self.at,
            correlation_id="run",
            request_uuid=self.request.uuid,
            run_uuid=uuid4(),
            status=status,
            reason="every planned check was run",
            submissions=[*found, *given.values()],
        )
        self.request.refresh_from_db()
        return self

    def challenged(self, by_whom: str = "vera") -> "Story":
        """Note a challenge."""
        api.note_challenge(
            **by(by_whom, at=self.at),
            request_uuid=self.request.uuid,
            question="Why is the youngest segment in?",
            answer="It is stable over the two halves.",
            disposition="accepted",
        )
        return self

    def signed(self, by_whom: str = "vera", opinion: str = "fit") -> "Story":
        """Sign the report."""
        api.sign_report(
            **by(by_whom, at=self.at),
            request_uuid=self.request.uuid,
            opinion=opinion,
            summary="Sound for its use.",
        )
        return self

    def safeguarded(self, *left_out: Safeguard, days: int = 300) -> "Story":
        """Show every safeguard but those left out."""
        for safeguard in Safeguard:
            if safeguard not in left_out:
                show_safeguard(self.use, safeguard, at=self.at, days=days)
        return self

    def argued(self, *, days: int = 300) -> "Story":
        """Make the economic case."""
        api.state_trade_off(
            **by("owen", at=self.at),
            intended_use_uuid=self.use.uuid,
            statement="Fewer losses than the scorecard at equal volume.",
            benefit_eur="1200000.00",
            expires_on=self.at.date() + timedelta(days=days),
        )
        return self

    def submitted(self, by_whom: str = "dana") -> "Story":
        """Submit it for approval."""
        self.approval = api.request_approval(**by(by_whom, at=self.at), intended_use_uuid=self.use.uuid)
        return self

    def decided(self, by_whom: str = "ada", *, is_granted: bool = True) -> "Story":
        """Decide the approval."""
        self.approval = api.decide_approval(
            **by(by_whom, at=self.at),
            approval_uuid=self.approval.uuid,
            is_granted=is_granted,
            comment="Within appetite.",
            row_version=self.approval.row_version,
        )
        return self

    def validated(self) -> "Story":
        """Go from nothing to a signed report."""
        return self.requested().run().challenged().signed()

    def permitted(self) -> "Story":
        """Go from nothing to a permit."""
        return self.validated().safeguarded().argued().submitted().decided()

    @property
    def permit(self) -> api.Permit:
        """The permit that counts."""
        found = api.find_permit(intended_use=self.use)
        assert found is not None
        return found

    def check(self, *, at: datetime | None = None, username: str = "dana") -> api.Permission:
        """Ask whether it may be used."""
        return api.check_permission(
            **by(username, at=at or self.at),
            mlflow_uri=self.use.version.mlflow_uri,
            use_case_key=self.use.use_case.key,
        )

    def state(self) -> str:
        """Return the permission as lists show it."""
        self.use.refresh_from_db()
        return self.use.permission_state


def show_safeguard(
    use: IntendedUse, safeguard: str, *, at: datetime = AT, days: int = 300, by_whom: str = "owen"
) -> Any:
    """Show one safeguard."""
    return api.evidence_safeguard(
        **by(by_whom, at=at),
        intended_use_uuid=use.uuid,
        safeguard=safeguard,
        statement="In place since the last review.",
        source="committee minutes 2026-11",
        evidenced_on=date(2026, 11, 1),
        expires_on=at.date() + timedelta(days=days),
    )


def a_story(use_case: str = "collections", *, key: str = "pd-cards", number: int = 1) -> Story:
    """Put a boosted model into the register and offer it for a use."""
    model = RegisteredModel.objects.filter(key=key).first() or make_model(key)
    return Story(use=make_use(make_version(model, number), use_case))
