"""The inventory list for machines: three queries a page whatever its length, plain values, no COUNT, no OFFSET."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from registry.domain.errors import InvalidInput
from registry.inventory.listing import SORTS, InventoryQuery, ensure_query
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor

EQUALS = {
    "state": "lifecycle_state",
    "entity": "entity__key",
    "origin": "origin",
    "owner": "owner__username",
}
MODEL_COLUMNS = (
    *("pk", "uuid", "key", "name", "description", "risk_tier", "lifecycle_state", "origin", "entity__key"),
    *("jurisdictions", "owner__username", "developer__username", "validator__username", "registered_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LeanPage:
    """One page of plain, JSON-ready rows. ``next_cursor`` is empty on the last page."""

    rows: list[dict[str, Any]]
    next_cursor: str


def list_models_lean(*, actor: Actor, query: InventoryQuery) -> LeanPage:
    """Return one page of the models that the actor may see. Raises ``INV020`` to ``INV023``."""
    ensure_query(query)
    seen = visible_to(actor, RegisteredModel.objects.all(), entity_path="entity__key")
    matching = _matching(actor, seen, query)
    if query.after:
        matching = matching.filter(_beyond(seen, query))
    found = list(matching.order_by(*_order(query)).values_list(*MODEL_COLUMNS)[: query.limit + 1])
    page = found[: query.limit]
    versions = _newest_versions(actor, [row[0] for row in page])
    return LeanPage(
        rows=[_row(row, versions.get(row[0])) for row in page],
        next_cursor=page[-1][2] if len(found) > query.limit else "",
    )


def _matching(
    actor: Actor, rows: QuerySet[RegisteredModel], query: InventoryQuery
) -> QuerySet[RegisteredModel]:
    for name, column in EQUALS.items():
        if value := getattr(query, name):
            rows = rows.filter(**{column: value})
    if query.tier:
        rows = rows.filter(risk_tier=None if query.tier == "none" else int(query.tier))
    if query.permission:
        uses = visible_to(actor, IntendedUse.objects.all(), entity_path="use_case__entity__key")
        rows = rows.filter(
            Exists(uses.filter(version__registered_model=OuterRef("pk"), permission_state=query.permission))
        )
    if query.search:
        term = query.search
        rows = rows.filter(Q(key__icontains=term) | Q(name__icontains=term) | Q(description__icontains=term))
    return rows


def _column(query: InventoryQuery) -> tuple[str, bool]:
    return SORTS[query.sort.removeprefix("-")], query.sort.startswith("-")


def _order(query: InventoryQuery) -> list[Any]:
    column, is_descending = _column(query)
    names = [column] if column == "key" else [column, "key"]
    if column == "risk_tier":
        # PostgreSQL and SQLite disagree on where an unknown tier goes: here always last.
        first = F(column).desc(nulls_last=True) if is_descending else F(column).asc(nulls_last=True)
        return [first, "-key" if is_descending else "key"]
    return [f"-{name}" if is_descending else name for name in names]


def _beyond(seen: QuerySet[RegisteredModel], query: InventoryQuery) -> Q:
    column, is_descending = _column(query)
    step = "lt" if is_descending else "gt"
    beyond_key = Q(**{f"key__{step}": query.after})
    if column == "key":
        return beyond_key
    anchor = seen.filter(key=query.after).values_list(column).first()
    if anchor is None:
        raise InvalidInput(
            "INV023", "the cursor is not one of this list", remedy="Start from the first page."
        )
    if anchor[0] is None:
        return Q(**{f"{column}__isnull": True}) & beyond_key
    later = Q(**{f"{column}__{step}": anchor[0]}) | (Q(**{column: anchor[0]}) & beyond_key)
    return later | Q(risk_tier__isnull=True) if column == "risk_tier" else later


def _newest_versions(actor: Actor, model_ids: list[int]) -> dict[int, dict[str, Any]]:
    columns = (
        "registered_model_id",
        "pk",
        "uuid",
        "number",
        "mlflow_name",
        "mlflow_version",
        "artifact_digest",
    )
    newest: dict[int, dict[str, Any]] = {}
    by_id: dict[int, dict[str, Any]] = {}
    rows = ModelVersion.objects.filter(registered_model_id__in=model_ids).order_by("-number")
    for model_id, pk, uuid, number, name, version, digest in rows.values_list(*columns):
        if model_id not in newest:
            newest[model_id] = by_id[pk] = {
                "uuid": str(uuid),
                "number": number,
                "mlflow_uri": f"models:/{name}/{version}",
                "artifact_digest": digest,
                "permissions": [],
            }
    uses = visible_to(actor, IntendedUse.objects.all(), entity_path="use_case__entity__key")
    for pk, uuid, key, state, sentence, until in (
        uses.filter(version_id__in=list(by_id))
        .order_by("use_case__key")
        .values_list(
            *("version_id", "uuid", "use_case__key"),
            *("permission_state", "permission_sentence", "permission_until"),
        )
    ):
        by_id[pk]["permissions"].append(
            {
                "intended_use": str(uuid),
                "use_case": key,
                "state": state,
                "sentence": sentence,
                "until": until.isoformat() if until else None,
            }
        )
    return newest


def _row(row: tuple[Any, ...], version: dict[str, Any] | None) -> dict[str, Any]:
    _, uuid, key, name, description, tier, state, origin, entity, jurisdictions, *people, registered_at = row
    owner, developer, validator = people
    return {
        "uuid": str(uuid),
        "key": key,
        "name": name,
        "description": description,
        "tier": tier,
        "state": state,
        "origin": origin,
        "entity": entity,
        "jurisdictions": jurisdictions,
        "owner": owner,
        "developer": developer,
        "validator": validator,
        "registered_at": registered_at.isoformat(),
        "newest_version": version,
    }
