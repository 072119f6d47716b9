"""The inventory list: search, facets with counts, sorting, keyset pages without COUNT or OFFSET."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OrderBy, OuterRef, Q, QuerySet

from registry.domain.errors import InvalidInput
from registry.domain.vocab import LifecycleState, Origin, PermissionState
from registry.inventory.models import LegalEntity, ModelVersion, RegisteredModel
from registry.inventory.selectors import list_intended_uses, list_registered_models
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor

SORTS = {"key": "key", "name": "name", "tier": "risk_tier", "registered": "registered_at"}
PAGE_LIMIT = 200
LABELS = {
    "tier": "Risk tier",
    "state": "Lifecycle state",
    "entity": "Legal entity",
    "origin": "Origin",
    "owner": "Owner",
    "permission": "Permission",
}
COLUMNS = {
    "tier": "risk_tier",
    "state": "lifecycle_state",
    "entity": "entity__key",
    "origin": "origin",
    "owner": "owner__username",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class InventoryQuery:
    """What somebody asks of the list. ``sort`` may start with ``-``; ``after`` is a page's ``next_cursor``."""

    search: str = ""
    tier: str = ""
    state: str = ""
    entity: str = ""
    owner: str = ""
    origin: str = ""
    permission: str = ""
    sort: str = "key"
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetOption:
    """One value of a facet and how many models carry it under the other filters."""

    value: str
    label: str
    count: int
    is_selected: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Facet:
    """One dimension of the list."""

    field: str
    label: str
    options: list[FacetOption]


@dataclass(kw_only=True, slots=True)
class InventoryRow:
    """One model in the list, with its newest version and what may be done with it."""

    registered_model: RegisteredModel
    latest_version: ModelVersion | None
    permissions: list[tuple[str, str, str]] = field(default_factory=list)
    """(use case key, permission state, sentence) of the newest version's uses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InventoryPage:
    """One page. ``next_cursor`` is empty on the last."""

    rows: list[InventoryRow]
    facets: list[Facet]
    next_cursor: str
    query: InventoryQuery


def list_models(*, actor: Actor, query: InventoryQuery) -> InventoryPage:
    """Return one page of the inventory with its facets.

    Raises ``INV020`` for an unknown sort, ``INV021`` for a limit out of range,
    ``INV022`` for a filter value that cannot be, ``INV023`` for a cursor of
    another list.
    """
    ensure_query(query)
    base = visible_to(actor, RegisteredModel.objects.all(), entity_path="entity__key")
    rows, cursor = _page(_filtered(list_registered_models(actor=actor), query, actor), query, base)
    return InventoryPage(
        rows=[_row(row) for row in rows],
        facets=[_facet(base, query, name, actor) for name in LABELS],
        next_cursor=cursor,
        query=query,
    )


def iterate_models(*, actor: Actor, query: InventoryQuery) -> Iterator[InventoryRow]:
    """Yield every model that matches, in the query's order, for exports."""
    ensure_query(query)
    rows = _filtered(list_registered_models(actor=actor), query, actor).order_by(*_order(query))
    for row in rows.iterator(chunk_size=500):
        yield _row(row)


def ensure_query(query: InventoryQuery) -> None:
    """Refuse a query that cannot be answered."""
    if query.sort.removeprefix("-") not in SORTS:
        raise InvalidInput("INV020", f"cannot sort by {query.sort!r}", remedy=f"Sort by {', '.join(SORTS)}.")
    if not 1 <= query.limit <= PAGE_LIMIT:
        raise InvalidInput(
            "INV021", f"a page holds 1 to {PAGE_LIMIT} models", remedy="Choose a limit in that range."
        )
    if "\0" in query.search:
        raise InvalidInput("INV022", "no text holds a null character", remedy="Search for words.")
    allowed: dict[str, set[str]] = {
        "tier": {"1", "2", "3", "4", "none"},
        "state": set(LifecycleState),
        "origin": set(Origin),
        "permission": set(PermissionState),
    }
    for name, values in allowed.items():
        value = getattr(query, name)
        if value and value not in values:
            raise InvalidInput(
                "INV022",
                f"{name} cannot be {value[:60]!r}",
                remedy=f"Use one of {', '.join(sorted(values))}.",
            )


def _filtered(
    rows: QuerySet[RegisteredModel], query: InventoryQuery, actor: Actor, without: str = ""
) -> QuerySet[RegisteredModel]:
    for name, path in COLUMNS.items():
        value = getattr(query, name)
        if not value or name == without:
            continue
        if name == "tier" and value == "none":
            rows = rows.filter(risk_tier__isnull=True)
        else:
            rows = rows.filter(**{path: value})
    if query.permission and without != "permission":
        uses = list_intended_uses(actor=actor).filter(permission_state=query.permission)
        rows = rows.filter(Exists(uses.filter(version__registered_model=OuterRef("pk"))))
    if query.search:
        term = query.search
        rows = rows.filter(Q(key__icontains=term) | Q(name__icontains=term) | Q(description__icontains=term))
    return rows


def _order(query: InventoryQuery) -> list[OrderBy]:
    """Return the order; a model without tier comes last either way, on every database."""
    is_descending = query.sort.startswith("-")
    column = SORTS[query.sort.removeprefix("-")]
    columns = [column] if column == "key" else [column, "key"]
    return [OrderBy(F(name), descending=is_descending, nulls_last=_nulls_last(name)) for name in columns]


def _nulls_last(column: str) -> bool | None:
    return True if column == "risk_tier" else None


def _page(
    rows: QuerySet[RegisteredModel], query: InventoryQuery, base: QuerySet[RegisteredModel]
) -> tuple[list[RegisteredModel], str]:
    if query.after:
        rows = rows.filter(_beyond(query, base))
    page = list(rows.order_by(*_order(query))[: query.limit + 1])
    cursor = page[query.limit - 1].key if len(page) > query.limit else ""
    return page[: query.limit], cursor


def _beyond(query: InventoryQuery, base: QuerySet[RegisteredModel]) -> Q:
    """Return the condition for rows that come after the cursor's row in the query's order."""
    column = SORTS[query.sort.removeprefix("-")]
    step = "lt" if query.sort.startswith("-") else "gt"
    beyond_key = Q(**{f"key__{step}": query.after})
    if column == "key":
        return beyond_key
    anchor = base.filter(key=query.after).values_list(column).first()
    if anchor is None:
        raise InvalidInput(
            "INV023", "the cursor is not one of this list", remedy="Start from the first page."
        )
    if anchor[0] is None:
        return Q(**{f"{column}__isnull": True}) & beyond_key
    later = Q(**{f"{column}__{step}": anchor[0]}) | (Q(**{column: anchor[0]}) & beyond_key)
    return later | Q(risk_tier__isnull=True) if column == "risk_tier" else later


def _facet(base: QuerySet[RegisteredModel], query: InventoryQuery, name: str, actor: Actor) -> Facet:
    matching = _filtered(base, query, actor, without=name)
    selected = getattr(query, name)
    counts = _permission_counts(matching, actor) if name == "permission" else _counts(matching, COLUMNS[name])
    options = [
        FacetOption(
            value="none" if value is None else str(value),
            label=_option_label(name, value),
            count=number,
            is_selected=selected == ("none" if value is None else str(value)),
        )
        for value, number in sorted(counts.items(), key=lambda item: (item[0] is None, str(item[0])))
    ]
    return Facet(field=name, label=LABELS[name], options=options)


def _counts(rows: QuerySet[RegisteredModel], path: str) -> dict[object, int]:
    return dict(rows.order_by().values_list(path).annotate(number=Count("pk")))


def _permission_counts(rows: QuerySet[RegisteredModel], actor: Actor) -> dict[object, int]:
    uses = list_intended_uses(actor=actor).filter(version__registered_model__in=rows)
    column = "permission_state"
    counted = (
        uses.order_by().values_list(column).annotate(number=Count("version__registered_model", distinct=True))
    )
    return dict(counted)


def _option_label(name: str, value: object) -> str:
    if value is None:
        return "not tiered yet"
    if name == "entity":
        return LegalEntity.objects.filter(key=str(value)).values_list("name", flat=True).first() or str(value)
    return str(value).replace("_", " ")


def _row(row: RegisteredModel) -> InventoryRow:
    versions = list(row.versions.all())
    latest = versions[0] if versions else None
    uses = list(latest.intended_uses.all()) if latest else []
    return InventoryRow(
        registered_model=row,
        latest_version=latest,
        permissions=[(use.use_case.key, use.permission_state, use.permission_sentence) for use in uses],
    )
