"""People, the roles they hold, and the tokens that act for them."""

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from registry.domain.vocab import Role


class PersonManager(BaseUserManager["Person"]):
    """Looks people up by the name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person who signs in as ``username``."""
        return self.get(username=username)


class Person(AbstractBaseUser):
    """A human being or a service who acts here. Never deleted: history names them."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    username = models.SlugField(max_length=60, unique=True)
    full_name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        app_label = "registry"
        db_table = "registry_person"
        ordering = ["full_name"]

    def __str__(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        """Return the first word of the full name."""
        return self.full_name.split(" ")[0]


class RoleAssignment(models.Model):
    """One role of one person, for one legal entity or (``entity_key`` empty) for all, between two dates."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=20, choices=[(role.value, role.name) for role in Role])
    entity_key = models.CharField(max_length=40, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    granted_by_name = models.CharField(max_length=120)

    class Meta:
        app_label = "registry"
        db_table = "registry_role_assignment"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role", "entity_key"],
                condition=models.Q(valid_to__isnull=True),
                name="one_open_role_assignment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} is {self.role} of {self.entity_key or 'every entity'}"


class ApiToken(models.Model):
    """A secret that acts for one person through REST, within scopes, until a date. Only its digest is kept."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    secret_digest = models.CharField(max_length=64, unique=True)
    scopes: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "registry"
        db_table = "registry_api_token"

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.person}"


class IdempotencyRecord(models.Model):
    """A caller's key with the answer it got; ``status`` is empty while the request is being performed."""

    actor_uuid = models.UUIDField()
    key = models.CharField(max_length=128)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_idempotency_record"
        constraints = [
            models.UniqueConstraint(fields=["actor_uuid", "key"], name="one_answer_per_idempotency_key"),
        ]

    def __str__(self) -> str:
        return self.key
