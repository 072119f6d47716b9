"""Fifty of ten thousand models over REST: ours against the idiomatic list on the same database, in one process."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client

from tests.benchmarks.big_bank import MODELS, build, model_key
from tests.benchmarks.drf_list import PAGE
from tests.benchmarks.harness import Entry, Result, in_process, measure

DEEP_PAGE = 150
PEER = "DRF, django-filter, page numbers"
WORK = (
    ("first page", "limit=50", "page=1"),
    ("two filters", "limit=50&tier=2&state=approved", "tier=2&state=approved"),
    (f"page {DEEP_PAGE}", f"limit=50&after={model_key((DEEP_PAGE - 1) * PAGE - 1)}", f"page={DEEP_PAGE}"),
)
NOTE = (
    "Django's test client, both behind the same middleware, token and scope check; the server's CPU excluded"
)


def results() -> list[Result]:
    """Measure every piece of work, and what the facets cost beside them."""
    get = getter(build())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [*(measure(_against_peer(get, *work)) for work in WORK), measure(_with_facets(get))]


def getter(secret: str) -> Callable[[str], Any]:
    """Return a function that reads an address as JSON, as the token's holder."""
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def get(address: str) -> Any:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}: {answer.content[:300]!r}")
        return answer.json()

    return get


def is_same_page(ours: Any, peer: Any) -> bool:
    """Say whether both pages hold the same fifty rows, every field of them."""
    return len(ours["items"]) == PAGE and [_row(row) for row in ours["items"]] == [
        _row(row) for row in peer["results"]
    ]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"registered_at": row["registered_at"].replace("Z", "+00:00")}


def _against_peer(get: Callable[[str], Any], title: str, ours: str, peer: str) -> Entry:
    return Entry(
        name=f"inventory list, {title}",
        work=f"list 50 of {MODELS:,} models, {title}",
        ours=in_process("GET /api/v1/models", lambda: get(f"/api/v1/models?{ours}"), repeats=2),
        peer=in_process(PEER, lambda: get(f"/peer/models?{peer}"), repeats=2),
        is_equal=is_same_page,
        runs=11,
        sizes={"models": MODELS},
        note=NOTE,
    )


def _with_facets(get: Callable[[str], Any]) -> Entry:
    return Entry(
        name="inventory list, with facets",
        work=f"list 50 of {MODELS:,} models with six facets counted",
        ours=in_process("GET /api/v1/models?facets=1", lambda: get("/api/v1/models?limit=50&facets=1")),
        is_equal=lambda ours, _none: _facets_add_up(ours),
        runs=5,
        sizes={"models": MODELS},
        note="no peer: none of the lists compared counts facets; equal means that the counts add up to the models",
    )


def _facets_add_up(ours: Any) -> bool:
    single = [facet for facet in ours["facets"] if facet["field"] != "permission"]
    return len(single) == 5 and all(
        sum(option["count"] for option in facet["options"]) == MODELS for facet in single
    )
