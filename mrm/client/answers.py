"""What the registry answered, as values that print well in a terminal and in a notebook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any

from mrm.client.conditions import StatedUse
from mrm.client.connection import Connection
from mrm.client.errors import understood

ALLOWED = frozenset({"allow", "allow_with_conditions"})
DENIED = "deny"

_BADGES = {
    "allow": ("Allowed", "#1a6b3c"),
    "allow_with_conditions": ("Allowed with conditions", "#1a6b3c"),
    "may_be_validated": ("May be validated", "#7a5b00"),
    "refer": ("Cannot be decided yet", "#7a5b00"),
    "deny": ("Denied", "#a11a1a"),
}


@dataclass(frozen=True, kw_only=True)
class ConditionCheck:
    """A condition of the permit against the use; ``status`` is held, exceeded, unknown or obligation."""

    text: str
    status: str
    observed: str
    limit: str
    source: str
    reason: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "ConditionCheck":
        """Read one condition of the registry's answer."""
        names = ("text", "status", "observed", "limit", "source", "reason")
        return cls(**{name: str(document[name]) for name in names})

    def __str__(self) -> str:
        seen = f"{self.observed} ({self.source})" if self.observed else self.reason
        limit = f"; limit: {self.limit}" if self.limit else ""
        return f"{self.status}: {self.text} {seen}{limit}".strip()


@dataclass(frozen=True, kw_only=True)
class Permission:
    """May this version be used for this use case? ``state`` is one of allow, allow_with_conditions,
    may_be_validated, refer and deny; ``checks`` are the permit's conditions against the use;
    ``document`` is the registry's whole answer."""

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
    checks: tuple[ConditionCheck, ...] = ()
    is_projected: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Permission":
        """Read the registry's answer. Raises ``CLI004`` when it is not one."""
        with understood():
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
            checks=tuple(ConditionCheck.of(item) for item in document.get("condition_checks", ())),
            is_projected=bool(document.get("is_projected", False)),
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


def read_permission(uri: str, use_case: str, *, on: date, use: StatedUse, via: Connection) -> Permission:
    """Read the permission on a day; the registry stores nothing."""
    query = {"mlflow_uri": uri, "use_case": use_case, "as_of": on.isoformat(), **use.query()}
    return Permission.of(via.get("permission", query=query))


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
    via: Connection = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Mapping[str, Any], *, via: Connection) -> "Registration":
        """Read the registry's answer. Raises ``CLI004`` when it is not one."""
        with understood():
            return cls._of(document, via)

    @classmethod
    def _of(cls, document: Mapping[str, Any], via: Connection) -> "Registration":
        version = document["version"]
        return cls(
            mlflow_uri=version["mlflow_uri"],
            uuid=version["uuid"],
            artifact_digest=version["artifact_digest"],
            is_new=document["is_new"],
            url=version["page"],
            permission=Permissions(tuple(Permission.of(item) for item in document["permissions"])),
            document=dict(document),
            via=via,
        )

    def permission_on(self, on: date) -> Permissions:
        """Read the permissions on another day: on record for a past one, projected for one ahead."""
        return Permissions(
            tuple(
                read_permission(self.mlflow_uri, item.use_case, on=on, use=StatedUse(), via=self.via)
                for item in self.permission
            )
        )

    def __str__(self) -> str:
        how = "registered" if self.is_new else "registered before"
        return f"{self.mlflow_uri} {how}: {self.url}\n{self.permission}"

    def _repr_html_(self) -> str:
        link = f'<a href="{escape(self.url)}">{escape(self.mlflow_uri)}</a>'
        how = "registered" if self.is_new else "registered before"
        digest = escape(self.artifact_digest[:12])
        return f"<p>{link} {how}, artefact <code>{digest}</code></p>{self.permission._repr_html_()}"


@dataclass(frozen=True, kw_only=True)
class PredictionsValidation:
    """A validation on a file of predictions: ``url`` is its page, ``sha256`` the digest of what arrived."""

    uuid: str
    url: str
    sha256: str
    scores_from: str
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "PredictionsValidation":
        """Read the registry's answer. Raises ``CLI004`` when it is not one."""
        with understood():
            return cls(
                uuid=document["uuid"],
                url=document["page"],
                sha256=document["predictions"]["sha256"],
                scores_from=document["scores_from_in_words"],
                document=dict(document),
            )

    def __str__(self) -> str:
        return f"{self.url}: {self.scores_from} (SHA-256 {self.sha256[:12]})"
