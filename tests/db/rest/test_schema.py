"""The API's own description: valid, complete, as committed, and shown under the strict policy."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.db.rest.test_contract import routes

SNAPSHOT = Path(__file__).parents[3] / "docs" / "openapi.json"
REFRESH = "python manage.py spectacular --format openapi-json --file docs/openapi.json"


@pytest.fixture(scope="module")
def generated() -> Any:
    text = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=text)
    return json.loads(text.getvalue())


def test_the_committed_description_is_the_generated_one(generated: Any) -> None:
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == generated, f"refresh it: {REFRESH}"


def test_every_operation_is_described_with_its_problems(generated: Any) -> None:
    assert generated["openapi"].startswith("3.1")
    described = {path.removeprefix("/api/v1/") for path in generated["paths"]}
    served = {
        re.sub(r"[0-9a-f-]{36}", "{uuid}", path).replace("no-such-key", "{key}") for path, _ in routes()
    }
    assert described == served
    for path, operations in generated["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["security"] == [{"token": []}], (method, path)


def test_the_docs_load_nothing_from_elsewhere_and_run_no_inline_script() -> None:
    client = Client()
    page = client.get("/api/docs/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<style|<script>|\son\w+=|style=", html)
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert links
    assert all(link.startswith("/") and not link.startswith("//") for link in links)
    for link in links:
        answer = client.get(link.replace("&amp;", "&"), headers={"Accept": "*/*"})
        assert answer.status_code == 200, link
    script = client.get(links[-1])
    assert script.headers["Content-Type"].startswith("application/javascript")


def test_the_schema_is_public_and_of_version_3_1() -> None:
    answer = Client().get("/api/schema/", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
