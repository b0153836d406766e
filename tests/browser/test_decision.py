"""Asking for a decision at the desk and answering it on a phone, under the shipped portal in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def test_a_decision_is_asked_at_the_desk_and_answered_on_a_phone(desk: Desk) -> None:
    asking = desk.page("product")
    asking.goto("/decisions/new/")
    asking.get_by_label("Which decision is it?").select_option(label="Resume the workflow or stop it")
    asking.get_by_role("button", name="Go on").click()
    expect(asking.get_by_role("region", name="Whom it asks").get_by_text("Lena Lead").first).to_be_visible()
    asking.get_by_role("button", name="Ask", exact=True).click()
    expect(asking.get_by_text("Ask the question in one sentence.").first).to_be_visible()
    asking.get_by_label("What has to be decided?").fill("Resume the order import?")
    asking.get_by_label("What does it cost to wait?").fill("12 orders an hour are late")
    asking.get_by_role("button", name="Ask", exact=True).click()
    expect(asking.get_by_role("heading", level=1)).to_have_text("Resume the order import?")

    phone = desk.home("lead", viewport=PHONE)
    card = phone.locator("main section.next, main ul.rows li").filter(has_text="Resume the order import?")
    card.get_by_role("link", name="Decide", exact=True).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Resume the order import?")
    expect(phone.get_by_text("12 orders an hour are late")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    phone.get_by_role("link", name="To the answer").click()
    phone.get_by_label("Stop it and work by hand").check()
    phone.get_by_role("button", name="Decide").click()
    expect(phone.get_by_text("Say why you decide so.").first).to_be_visible()
    expect(phone.get_by_label("Stop it and work by hand")).to_be_checked()  # nothing that was typed is lost
    phone.get_by_label("Why?").first.fill("Two totals differ, and nobody knows which is right.")
    phone.get_by_role("button", name="Decide").click()
    expect(phone.get_by_role("heading", name="The decision")).to_be_visible()
    expect(phone.get_by_text("Two totals differ, and nobody knows which is right.")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    asking.reload()
    expect(asking.get_by_text("Stop it and work by hand").first).to_be_visible()
    expect(asking.get_by_text("Nothing has to be done here any more.")).to_be_visible()
