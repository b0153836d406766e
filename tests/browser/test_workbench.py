"""The page of an incident while others work on it: nothing that was opened closes, and keys lead to the work."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Portal, shipped

pytestmark = pytest.mark.browser
ADDRESS = "/incidents/INC-2026-0005/"
CURSOR = "document.querySelector('#status').getAttribute('hx-get')"
MENU, WHY = "header.head details.menu", "#side section[aria-labelledby=who] details"


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """One of its own, in whose demo company something has happened."""
    with shipped(is_empty=False) as running:
        yield running


def note(page: Page, text: str) -> None:
    page.goto(f"{ADDRESS}do/note/")
    page.locator("main textarea").first.fill(text)
    page.locator("main form button.primary").last.click()
    page.wait_for_url(f"**{ADDRESS}*")


def test_what_is_open_and_chosen_stays_when_others_write(desk: Desk) -> None:
    page, other = desk.page("responder"), desk.page("lead")
    page.goto(ADDRESS)
    page.locator(f"{WHY} summary").first.click()
    page.locator(f"{MENU} summary").click()
    page.locator("#follow-as").select_option(index=1)
    chosen = page.locator("#follow-as").input_value()
    page.locator("#side section[aria-labelledby=roles] header a").focus()
    before = page.evaluate(CURSOR)
    note(other, "From somebody else")
    page.wait_for_function(f"before => {CURSOR} !== before", arg=before)
    expect(page.locator(f"{MENU}[open]")).to_have_count(1)
    expect(page.locator(f"{WHY}[open]")).to_have_count(1)
    expect(page.locator("#side section[aria-labelledby=roles] header a")).to_be_focused()
    expect(page.locator("#follow-as")).to_have_value(chosen)
    for part in ("status", "work", "beneath", "side", "dock"):
        expect(page.locator(f"#{part}")).to_have_count(1)


@pytest.mark.parametrize(("key", "leads_to"), [("n", "do/note/"), ("p", "playbook/"), ("u", "updates/"), ("a", "do/")])
def test_a_key_leads_to_the_work(desk: Desk, key: str, leads_to: str) -> None:
    page = desk.page("responder")
    page.goto(ADDRESS)
    page.keyboard.press(key)
    page.wait_for_url(f"**{ADDRESS}{leads_to}**")
    page.goto(ADDRESS)
    page.keyboard.press("?")
    expect(page.locator("#keys kbd", has_text=key).first).to_be_visible()
