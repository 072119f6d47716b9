"""What the registry answered, as values that print well in a terminal and in a notebook."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

from mrm.client.errors import MrmApiError

ALLOWED = frozenset({"allow", "allow_with_conditions"})
DENIED = "deny"

_BADGES = {
    "allow": ("Allowed", "#1a6b3c"),
    "allow_with_conditions": ("Allowed with conditions", "#1a6b3c"),
    "may_be_validated": ("May be validated", "#7a5b00"),
    "refer": ("Cannot be decided yet", "#7a5b00"),
    "deny": ("Denied", "#a11a1a"),
}


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise MrmApiError(
            "CLI004",
            "the answer is not what this client knows",
            remedy="Check that MRM_URL names the registry, and that client and registry are of one version.",
        ) from error


@dataclass(frozen=True, kw_only=True)
class Permission:
    """May this version be used for this use case? ``state`` is one of allow, allow_with_conditions,
    may_be_validated, refer and deny; ``document`` is the registry's whole answer."""

    mlflow_uri: str
    use_case: str
    state: str
    sentence: str
    until: str | None
    conditions: tuple[str, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    url: str
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Permission":
        """Read the registry's answer. Raises ``CLI004`` when it is not one."""
        with _understood():
            return cls._of(document)

    @classmethod
    def _of(cls, document: Mapping[str, Any]) -> "Permission":
        return cls(
            mlflow_uri=document["mlflow_uri"],
            use_case=document["use_case"],
            state=document["state"],
            sentence=document["sentence"],
            until=document["until"],
            conditions=tuple(item["text"] for item in document["conditions"]),
            reasons=tuple(item["text"] for item in document["reasons"]),
            missing=tuple(document["missing"]),
            url=document["page"],
            document=dict(document),
        )

    @property
    def is_allowed(self) -> bool:
        """Whether it may be used now."""
        return self.state in ALLOWED

    @property
    def is_denied(self) -> bool:
        """Whether policy forbids it. Neither allowed nor denied: it cannot be decided yet."""
        return self.state == DENIED

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        label, colour = _BADGES.get(self.state, (self.state, "#444"))
        return (
            f'<p><strong style="color:{colour}">{escape(label)}</strong> '
            f'<a href="{escape(self.url)}">{escape(self.use_case)}</a>: {escape(self.sentence)}</p>'
        )


@dataclass(frozen=True)
class Permissions:
    """The permissions of one version, by use case."""

    items: tuple[Permission, ...]

    def __getitem__(self, use_case: str) -> Permission:
        """Return the permission for a use case. Raises ``KeyError``."""
        return {item.use_case: item for item in self.items}[use_case]

    def __iter__(self) -> Iterator[Permission]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return "\n".join(str(item) for item in self.items)

    def _repr_html_(self) -> str:
        return "".join(item._repr_html_() for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A registered version: ``permission`` says what it may be used for, ``url`` is its page."""

    mlflow_uri: str
    uuid: str
    artifact_digest: str
    is_new: bool
    url: str
    permission: Permissions
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Registration":
        """Read the registry's answer. Raises ``CLI004`` when it is not one."""
        with _understood():
            return cls._of(document)

    @classmethod
    def _of(cls, document: Mapping[str, Any]) -> "Registration":
        version = document["version"]
        return cls(
            mlflow_uri=version["mlflow_uri"],
            uuid=version["uuid"],
            artifact_digest=version["artifact_digest"],
            is_new=document["is_new"],
            url=version["page"],
            permission=Permissions(tuple(Permission.of(item) for item in document["permissions"])),
            document=dict(document),
        )

    def __str__(self) -> str:
        how = "registered" if self.is_new else "registered before"
        return f"{self.mlflow_uri} {how}: {self.url}\n{self.permission}"

    def _repr_html_(self) -> str:
        link = f'<a href="{escape(self.url)}">{escape(self.mlflow_uri)}</a>'
        how = "registered" if self.is_new else "registered before"
        digest = escape(self.artifact_digest[:12])
        return f"<p>{link} {how}, artefact <code>{digest}</code></p>{self.permission._repr_html_()}"
