"""The command palette under Chromium: by keyboard alone, with a focus that stays, and without scripts as a page."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def found(page: Page) -> Locator:
    return page.get_by_role("region", name="What was found")


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
    expect(found(page).get_by_role("link", name="Order sync", exact=True)).to_be_visible()


def test_the_bar_has_one_search_whose_key_stands_inside_it(desk: Desk) -> None:
    page = desk.page("responder")
    page.goto("/")
    field, door = (page.locator(mark).bounding_box() for mark in ("#find", ".jump"))
    assert field and door
    assert field["x"] < door["x"] and door["x"] + door["width"] <= field["x"] + field["width"]
    assert field["y"] <= door["y"] and door["y"] + door["height"] <= field["y"] + field["height"]
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("order sync")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=order+sync")


def expected(desk: Desk, *words: str) -> None:
    """What the browser complains about is only what the test has done to the network."""
    left = [line for line in desk.complaints if not any(word in line for word in words)]
    desk.complaints[:] = left


def test_escape_closes_it_with_words_in_it_and_gives_the_focus_back(desk: Desk) -> None:
    page = desk.page("responder")
    page.goto("/incidents/")
    before = page.get_by_role("button", name="Show", exact=True)
    before.focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("order")
    expect(page.locator("#palette [aria-selected=true]")).to_be_visible()
    for _ in range(3):  # nothing behind the dialog takes the focus
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog') || document.activeElement === document.body")
    page.locator("#palette-q").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    expect(before).to_be_focused()


def test_a_list_that_comes_after_it_was_closed_leads_nowhere(desk: Desk) -> None:
    page = desk.page("responder")
    page.goto("/incidents/")
    held: list[Route] = []
    page.route(re.compile(r"/palette/\?q=on.+call$"), lambda route: held.append(route))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    with page.expect_request(re.compile(r"/palette/\?q=on.+call$")):
        page.keyboard.type("on call")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    with page.expect_response(re.compile(r"/palette/\?q=on.+call$")):
        held[-1].continue_()
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("On call")
    expect(page.locator("#palette")).not_to_be_visible()
    assert page.url.endswith("/incidents/")


@pytest.mark.parametrize("failure", ["500", "lost"])
def test_a_server_that_fails_is_said_and_enter_searches_all_the_same(desk: Desk, failure: str) -> None:
    page = desk.page("responder")
    page.goto("/incidents/")
    page.route(
        "**/search/palette/**",
        lambda route: route.abort() if failure == "lost" else route.fulfill(status=int(failure), body="<p>no</p>"),
    )
    page.keyboard.press("Control+k")
    expect(page.get_by_text("The list could not be loaded.")).to_be_visible()
    page.keyboard.type("order sync")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=order+sync")
    expect(found(page).get_by_role("link", name="Order sync", exact=True)).to_be_visible()
    expected(desk, "status of 50", "Response Status Error Code 50", "ERR_FAILED")


def test_who_was_signed_out_meanwhile_is_told_so_and_no_part_becomes_the_sign_in_page(desk: Desk) -> None:
    page = desk.page("responder")
    page.goto("/incidents/")
    page.context.clear_cookies()
    page.keyboard.press("Control+k")
    expect(page.get_by_text("The list could not be loaded.")).to_be_visible()
    expect(page.locator("#palette-list")).to_be_empty()
    page.keyboard.press("Escape")
    expect(page.get_by_text("You are no longer signed in.")).to_be_visible()
    page.locator("#signed-out").get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/accounts/login/?next=/incidents/")
    expected(desk, "status of 401", "Response Status Error Code 401")
