"""What is registered: models, their immutable versions, the uses they are meant for, and who holds the capital."""

from typing import Any
from uuid import uuid4

from django.db import models

from registry.domain.vocab import (
    LifecycleState,
    Materiality,
    ModelFamily,
    Origin,
    PermissionState,
    Provenance,
    UseCaseArchetype,
)
from registry.people.models import Person


def _choices(members: type[Any]) -> list[tuple[str, str]]:
    return [(member.value, member.name.replace("_", " ").capitalize()) for member in members]


class LegalEntity(models.Model):
    """Who holds the capital and answers to the supervisor."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    jurisdiction = models.CharField(max_length=20)

    class Meta:
        app_label = "registry"
        db_table = "registry_legal_entity"
        verbose_name_plural = "legal entities"

    def __str__(self) -> str:
        return self.name


class Portfolio(models.Model):
    """A set of exposures of one entity, with risk-weighted assets before the floor and standardised."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="portfolios")
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    exposure_class = models.CharField(max_length=40)
    approach = models.CharField(max_length=20)
    exposure_eur = models.DecimalField(max_digits=20, decimal_places=2)
    rwa_pre_floor_eur = models.DecimalField(max_digits=20, decimal_places=2)
    rwa_standardised_eur = models.DecimalField(max_digits=20, decimal_places=2)
    loss_given_default_share = models.DecimalField(max_digits=6, decimal_places=4, null=True)
    credit_conversion_share = models.DecimalField(max_digits=6, decimal_places=4, null=True)
    as_of_date = models.DateField()
    provenance = models.CharField(max_length=20, choices=_choices(Provenance))
    source = models.TextField()

    class Meta:
        app_label = "registry"
        db_table = "registry_portfolio"

    def __str__(self) -> str:
        return self.name


class RegisteredModel(models.Model):
    """A model in the sense of model risk management. Risk is assessed per use, not here."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=160)
    description = models.TextField()
    purpose = models.TextField()
    limitations = models.TextField()
    data_sources = models.TextField()
    origin = models.CharField(max_length=20, choices=_choices(Origin))
    vendor_name = models.CharField(max_length=160, blank=True)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="registered_models")
    jurisdictions: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="owned_models")
    developer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="developed_models")
    validator = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="validated_models")
    lifecycle_state = models.CharField(max_length=20, choices=_choices(LifecycleState))
    risk_tier = models.PositiveSmallIntegerField(null=True)
    registered_at = models.DateTimeField()
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "registry"
        db_table = "registry_registered_model"
        indexes = [
            models.Index(fields=["risk_tier", "key"], name="registered_model_tier"),
            models.Index(fields=["lifecycle_state", "key"], name="registered_model_state"),
            models.Index(fields=["entity", "key"], name="registered_model_entity"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_vendor(self) -> bool:
        """Whether it was supplied from outside the group."""
        return self.origin == Origin.VENDOR


class ModelDependency(models.Model):
    """One model feeds another."""

    upstream = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="feeds")
    downstream = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="fed_by")
    description = models.CharField(max_length=240)

    class Meta:
        app_label = "registry"
        db_table = "registry_model_dependency"
        constraints = [
            models.UniqueConstraint(fields=["upstream", "downstream"], name="one_dependency_per_pair"),
            models.CheckConstraint(
                condition=~models.Q(upstream=models.F("downstream")), name="no_self_dependency"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream} feeds {self.downstream}"


class ModelVersion(models.Model):
    """An immutable trained artefact as MLflow held it when it was registered. Rows are never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    mlflow_name = models.CharField(max_length=200)
    mlflow_version = models.CharField(max_length=20)
    mlflow_run_id = models.CharField(max_length=64)
    flavour = models.CharField(max_length=60)
    family = models.CharField(max_length=20, choices=_choices(ModelFamily))
    family_source = models.CharField(max_length=200)
    complexity = models.CharField(max_length=10)
    shape: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    signature: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    artifact_digest = models.CharField(max_length=64)
    artifact_bytes = models.PositiveBigIntegerField()
    artifact_files: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    datasets: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    claimed_metrics: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    developer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="developed_versions")
    registered_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_model_version"
        constraints = [
            models.UniqueConstraint(fields=["registered_model", "number"], name="one_version_number"),
            models.UniqueConstraint(fields=["mlflow_name", "mlflow_version"], name="one_mlflow_version"),
        ]

    def __str__(self) -> str:
        return f"{self.registered_model.key} version {self.number}"

    @property
    def mlflow_uri(self) -> str:
        """The address under which MLflow knows it."""
        return f"models:/{self.mlflow_name}/{self.mlflow_version}"


class UseCase(models.Model):
    """A purpose: product, portfolio, decision, jurisdiction. Risk attaches here."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    description = models.TextField()
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="use_cases")
    jurisdiction = models.CharField(max_length=20)
    archetype = models.CharField(max_length=40, choices=_choices(UseCaseArchetype))
    is_customer_facing = models.BooleanField()
    decides_on_individuals = models.BooleanField()
    exposure_eur = models.DecimalField(max_digits=20, decimal_places=2)
    materiality = models.CharField(max_length=10, choices=_choices(Materiality))
    risk_category = models.CharField(max_length=20)
    exposure_class = models.CharField(max_length=40)
    approach = models.CharField(max_length=20)
    parameter = models.CharField(max_length=10)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, null=True, related_name="use_cases")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="owned_use_cases")
    champion = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="champion_of"
    )
    created_at = models.DateTimeField()
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "registry"
        db_table = "registry_use_case"

    def __str__(self) -> str:
        return self.key

    @property
    def is_regulatory_capital(self) -> bool:
        """Whether its output enters risk-weighted assets."""
        return self.archetype == UseCaseArchetype.REGULATORY_CAPITAL


class IntendedUse(models.Model):
    """A version offered for a use case: the pair that decisions, evidence, approval and permit are about.

    The ``permission_*`` fields repeat the newest decision, so that lists need
    not recompute it; they move in the transaction that decides.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="intended_uses")
    use_case = models.ForeignKey(UseCase, on_delete=models.PROTECT, related_name="intended_uses")
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="declared_uses")
    declared_at = models.DateTimeField()
    permission_state = models.CharField(
        max_length=24, choices=_choices(PermissionState), default=PermissionState.REFERRED
    )
    permission_sentence = models.TextField(blank=True)
    permission_until = models.DateField(null=True)
    permission_decision_uuid = models.UUIDField(null=True)

    class Meta:
        app_label = "registry"
        db_table = "registry_intended_use"
        indexes = [models.Index(fields=["permission_state"], name="intended_use_permission")]
        constraints = [models.UniqueConstraint(fields=["version", "use_case"], name="one_intended_use")]

    def __str__(self) -> str:
        return f"{self.version} for {self.use_case}"
