"""The command palette under Chromium: by keyboard alone, with a focus that stays, and without scripts as a page."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_everything_is_reached_by_keyboard(desk: Desk) -> None:
    page = desk.page("responder")
    page.goto("/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to or search")
    expect(field).to_be_focused()
    places = page.get_by_role("listbox").get_by_role("option")
    expect(places.filter(has_text="Incidents").first).to_be_visible()
    page.keyboard.type("on call")
    expect(places.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    expect(places.filter(has_text="On call").first).to_be_visible()
    for _ in range(places.count()):
        if "On call" in page.locator("#palette [aria-selected=true]").inner_text():
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/oncall/")


def test_escape_closes_it_and_the_keys_of_the_page_count_again(desk: Desk) -> None:
    page = desk.page("responder")
    page.goto("/incidents/")
    page.get_by_role("link", name="Find").click()
    expect(page.get_by_role("combobox", name="Go to or search")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("Ctrl")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).not_to_be_visible()


def test_without_scripts_it_is_the_search_page(desk: Desk) -> None:
    page = desk.page("responder", scripts=False)
    page.goto("/")
    page.get_by_role("link", name="Find").click()
    page.wait_for_url("**/search/")
    page.get_by_label("Words or number").fill("order sync")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="Processes")).to_be_visible()
