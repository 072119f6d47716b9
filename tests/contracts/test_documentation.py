"""The documents say what the code does: settings, facts, error codes, events, checks, links, targets."""

import re

import pytest

from registry.audit.events import AuditAction
from tests.contracts.reference_pages import FOLDER, PAGES, error_codes
from tests.contracts.sources import ROOT, name_of

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    """Run ``python -m tests.contracts.reference_pages`` after a change."""
    path = FOLDER / name
    assert path.exists(), f"docs/reference/{name} is missing"
    assert path.read_text(encoding="utf-8") == PAGES[name]()


def test_codes_are_found_with_their_causes() -> None:
    found = error_codes()
    assert found["INV040"] == (
        "no use case is named",
        "Name at least one use case: risk attaches to the use, not to the artefact.",
    )
    assert len(found) > 200


@pytest.mark.parametrize("action", list(AuditAction))
def test_every_audit_action_is_documented(action: AuditAction) -> None:
    assert f"`{action.value}`" in (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def test_every_link_leads_to_a_file() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{name_of(page)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not dead


def test_every_target_that_the_readme_names_can_be_made() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= made
