"""Sources and silences in a real browser: live testing of a mapping, and every page for everybody."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_pages import faults

pytestmark = pytest.mark.browser


def make_source(desk: Desk) -> Page:
    """The page of a new source, with its secrets."""
    page = desk.page("admin")
    page.goto("/sources/new/")
    page.get_by_label("Name", exact=True).fill("Shop monitoring")
    page.get_by_label("Name in the address").fill(f"shop-{uuid4().hex[:8]}")
    page.get_by_role("button", name="Set up a source").click()
    expect(page.get_by_role("heading", name="Secrets of this source")).to_be_visible()
    return page


def test_what_would_be_read_stands_beside_the_paths_while_they_are_typed(desk: Desk) -> None:
    page = make_source(desk)
    assert faults(page) == []
    page.get_by_role("link", name="Field mapping").click()
    page.get_by_label("or on this JSON").fill('{"alert": {"name": "Disk is full"}}')
    expect(page.locator("#tested")).to_contain_text("This event would be refused.")
    page.get_by_label("What happened").fill("alert.name")
    expect(page.locator("#tested")).to_contain_text("Disk is full")
    assert faults(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Please say why.")
    page.get_by_label("Reason").fill("The shop sends its own format")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from the next event on")).to_be_visible()


def test_a_source_is_silenced_and_told_again(desk: Desk) -> None:
    page = make_source(desk)
    page.get_by_role("link", name="Silence", exact=True).click()
    page.get_by_role("button", name="Silence it").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why nobody shall be told.")
    assert faults(page) == []
    page.get_by_label("Why").fill("The node pool is replaced")
    page.get_by_role("button", name="Silence it").click()
    expect(page.get_by_text("Silent until").first).to_be_visible()
    assert faults(page) == []
    for path in ("/sources/", "/silences/", "/silences/plan/", "/incidents/"):
        page.goto(path)
        assert faults(page) == [], path
    page.goto("/silences/")
    page.get_by_role("button", name="Tell people again").first.click()
    expect(page.get_by_text("Lifted. Whatever is still open is told now.")).to_be_visible()
