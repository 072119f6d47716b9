"""The inventory list against brute force: search, facets, sorting, pages, and what must not be seen."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from registry import api
from registry.domain.errors import MrmError
from registry.domain.vocab import LifecycleState, Origin
from registry.inventory.models import RegisteredModel
from tests.builders.registry import (
    AT,
    ENTITY,
    OTHER_ENTITY,
    a_story,
    actor,
    build_bank,
    make_model,
    make_use,
    make_version,
    person,
)

pytestmark = pytest.mark.usefixtures("bank")

STATES = ("allow", "refer", "deny")
ENTITIES = (ENTITY, OTHER_ENTITY)
MODELS = st.lists(
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from([None, 1, 2, 3]),
            "state": st.sampled_from([LifecycleState.REGISTERED, LifecycleState.APPROVED]),
            "origin": st.sampled_from([Origin.INTERNAL, Origin.VENDOR]),
            "entity": st.sampled_from(ENTITIES),
            "name": st.sampled_from(["Scorecard", "Boosted trees", "scorecard, second"]),
            "day": st.integers(0, 3),
            "permissions": st.lists(st.sampled_from(STATES), max_size=2),
        }
    ),
    max_size=9,
)


@pytest.fixture
def bank(db: None) -> None:
    build_bank()


def stock(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put random models into the register and return what a reader would write on paper."""
    for number, model in enumerate(models):
        model["key"] = f"m-{number:02d}"
        row = make_model(
            model["key"],
            entity=model["entity"],
            name=model["name"],
            origin=model["origin"],
            lifecycle_state=model["state"],
            risk_tier=model["tier"],
            registered_at=AT + timedelta(days=model["day"]),
        )
        for index, permission in enumerate(model["permissions"], start=1):
            case = "collections" if model["entity"] == ENTITY else "fjord-collections"
            use = make_use(make_version(row, index), case)
            type(use).objects.filter(pk=use.pk).update(permission_state=permission)
    return models


def carries(model: dict[str, Any], name: str, value: str) -> bool:
    if name == "permission":
        return value in model["permissions"]
    if name == "tier":
        return ("none" if model["tier"] is None else str(model["tier"])) == value
    return bool(model[name] == value)


def matches(model: dict[str, Any], asked: dict[str, str], without: str = "") -> bool:
    return all(carries(model, name, value) for name, value in asked.items() if value and name != without)


def pages(query: api.InventoryQuery, username: str = "rex") -> Iterator[api.InventoryPage]:
    while True:
        page = api.list_models(actor=actor(username), query=query)
        yield page
        if not page.next_cursor:
            return
        query = replace(query, after=page.next_cursor)


def keys(query: api.InventoryQuery, username: str = "rex") -> list[str]:
    return [row.registered_model.key for page in pages(query, username) for row in page.rows]


def in_order(models: list[dict[str, Any]], sort: str) -> list[str]:
    """Sort on paper: ties by key the same way round, models without a tier last either way."""
    column = {"key": "key", "name": "name", "tier": "tier", "registered": "day"}[sort.removeprefix("-")]
    ordered = sorted(
        models, key=lambda model: (model[column] or 0, model["key"]), reverse=sort.startswith("-")
    )
    return [model["key"] for model in sorted(ordered, key=lambda model: model[column] is None)]


A_MODEL = {
    "state": "registered",
    "origin": "internal",
    "entity": ENTITY,
    "name": "Scorecard",
    "day": 0,
    "permissions": ["deny", "deny"],
}
NOTHING_ASKED = dict.fromkeys(("tier", "state", "entity", "origin", "permission"), "")
QUERIES = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(["", "", "1", "2", "none"]),
        "state": st.sampled_from(["", "", "approved"]),
        "entity": st.sampled_from(["", "", ENTITY]),
        "origin": st.sampled_from(["", "", "vendor"]),
        "permission": st.sampled_from(["", "", *STATES]),
    }
)


@example(
    models=[A_MODEL | {"tier": tier} for tier in (None, 2, None, 1)],
    asked=NOTHING_ASKED,
    limit=1,
    sort="tier",
)
@example(
    models=[A_MODEL | {"tier": tier} for tier in (None, 2, None, 1)],
    asked=NOTHING_ASKED,
    limit=1,
    sort="-tier",
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(models=MODELS, asked=QUERIES, limit=st.integers(1, 4), sort=st.sampled_from([
    mark + name for mark, name in product(("", "-"), ("key", "name", "tier", "registered"))
]))  # fmt: skip
def test_pages_cover_every_match_once_in_order_and_facets_count_what_is_there(
    models: list[dict[str, Any]], asked: dict[str, str], limit: int, sort: str
) -> None:
    with transaction.atomic():
        stock(models)
        query = api.InventoryQuery(**asked, sort=sort, limit=limit)
        found = [model for model in models if matches(model, asked)]
        assert keys(query) == in_order(found, sort)
        for facet in next(pages(query)).facets:
            counted = {option.value: option.count for option in facet.options}
            assert counted == facet_on_paper(models, asked, facet.field)
        transaction.set_rollback(True)


def facet_on_paper(models: list[dict[str, Any]], asked: dict[str, str], field: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for model in models:
        if matches(model, asked, without=field):
            counts.update(
                {"permission": set(model["permissions"]), "owner": {"owen"}}.get(field)
                or values_of(model, field)
            )
    return dict(counts)


def values_of(model: dict[str, Any], field: str) -> set[str]:
    if field == "permission":
        return set()
    return {"none" if model[field] is None else str(model[field])}


def test_search_reads_key_name_and_description_whatever_the_case() -> None:
    for key, name, text in (
        ("pd-a", "Alpha", "x"),
        ("pd-b", "Beta", "an ALPHA twin"),
        ("alpha-c", "C", "x"),
        ("d", "D", "x"),
    ):
        make_model(key, name=name, description=text)
    assert keys(api.InventoryQuery(search="alpha")) == ["alpha-c", "pd-a", "pd-b"]
    assert keys(api.InventoryQuery(search="%")) == []


@pytest.mark.parametrize(
    ("code", "query"),
    [
        ("INV020", {"sort": "password"}),
        ("INV021", {"limit": 0}),
        ("INV021", {"limit": 201}),
        ("INV022", {"tier": "5"}),
        ("INV022", {"state": "nowhere"}),
        ("INV022", {"search": "a\0"}),
        ("INV023", {"after": "no-such-model", "sort": "tier"}),
        ("INV023", {"after": "unseen", "sort": "tier"}),
    ],
)
def test_a_query_that_cannot_be_is_refused(code: str, query: dict[str, Any]) -> None:
    make_model("unseen", entity=OTHER_ENTITY, risk_tier=1)
    with pytest.raises(MrmError) as caught:
        api.list_models(actor=actor("dana"), query=api.InventoryQuery(**query))
    assert caught.value.code == code


def test_a_use_in_an_unseen_entity_shows_nowhere() -> None:
    """A model of ours that another entity uses: its permission there is not ours to read."""
    story = a_story("collections")
    use = make_use(story.use.version, "fjord-collections")
    type(use).objects.filter(pk=use.pk).update(permission_state="deny", permission_sentence="secret")
    page = next(pages(api.InventoryQuery(), "dana"))
    permission = next(facet for facet in page.facets if facet.field == "permission")
    assert [key for key, _, _ in page.rows[0].permissions] == ["collections"]
    assert [option.value for option in permission.options] == ["refer"]
    assert keys(api.InventoryQuery(permission="deny"), "dana") == []
    assert keys(api.InventoryQuery(permission="deny"), "rex") == ["pd-cards"]
    assert "fjord" not in "".join(api.inventory_csv(actor=actor("dana"), query=api.InventoryQuery()))


NAMES = (
    "Model ID", "Name and description", "Risk rating", "Model owner", "Model developer", "Model origin",
    "Model version",
    "Date of deployment", "Model reviewer", "Model approver", "Model dependencies", "Data sources", "Approved uses",
    "Limitations and exceptions", "Date of last review", "Monitoring status", "Date of next review",
)  # fmt: skip


def test_the_record_has_the_seventeen_fields_of_the_guideline_in_order() -> None:
    story = a_story("collections").permitted()
    model = story.use.version.registered_model
    fields = api.e23_fields(actor=actor("rex"), registered_model=model, on=AT.date())
    assert [(field.number, field.name) for field in fields] == list(enumerate(NAMES, start=1))
    values = {field.name: field.value for field in fields}
    assert (values["Model approver"], values["Approved uses"]) == ("Ada Doe", "Collections")
    assert (values["Date of deployment"], values["Date of last review"]) == ("2026-11-20", "2026-11-20")
    later = api.e23_fields(
        actor=actor("rex"), registered_model=model, on=story.permit.expires_on + timedelta(days=1)
    )
    assert next(field.value for field in later if field.name == "Approved uses") == "none"
    elsewhere = api.e23_fields(actor=actor("fred"), registered_model=model, on=AT.date())
    assert {field.value for field in elsewhere if field.name in ("Approved uses", "Model approver")} == {
        "none",
        "not yet",
    }


STARTS = st.sampled_from(["", " ", "\t", "\r\n", " ", "\x0b"])


@given(
    before=STARTS,
    sign=st.sampled_from(["=", "+", "-", "@", "＝", "＋", "－", "＠", ""]),
    rest=st.text(max_size=20),
)
def test_no_cell_is_read_as_a_formula(before: str, sign: str, rest: str) -> None:
    cell = api.safe_cell(f"{before}{sign}{rest}")
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not cell.startswith(("\t", "\r", "\n", "\0"))
    assert (
        cell.removeprefix("'") == f"{before}{sign}{rest}".removeprefix("'") or cell == f"{before}{sign}{rest}"
    )


def test_the_export_is_read_back_by_a_csv_reader_and_holds_no_formula() -> None:
    make_model("pd-a", name='=cmd|" /C calc"!A0', owner=person("olga"))
    RegisteredModel.objects.filter(key="pd-a").update(risk_tier=2)
    lines = "".join(api.inventory_csv(actor=actor("rex"), query=api.InventoryQuery()))
    row = next(csv.DictReader(io.StringIO(lines)))
    assert (row["key"], row["name"], row["tier"], row["owner"]) == (
        "pd-a",
        '\'=cmd|" /C calc"!A0',
        "2",
        "Olga Doe",
    )
