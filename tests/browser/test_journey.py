"""The main journey in a real browser, with and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, fill_report

pytestmark = pytest.mark.browser


def test_a_mailed_link_changes_nothing_when_opened_and_works_without_scripts(desk: Desk) -> None:
    tracking = desk.report("Invoices stay in the outbox", page=desk.page("reporter", scripts=False))
    expect(tracking.get_by_role("heading", name="We have it")).to_be_visible()
    address = desk.portal.call("responder", "Invoices stay")
    before = desk.portal.picture()
    link = desk.page(scripts=False)
    link.goto(address)
    link.reload()
    assert desk.portal.picture() == before
    link.get_by_role("button", name="I take it").click()
    expect(link.get_by_text("You have it. Nobody else is called.")).to_be_visible()
    tracking.reload()
    expect(tracking.get_by_role("heading", name="Someone is on it")).to_be_visible()


def test_a_form_goes_once_however_often_it_is_pressed(desk: Desk) -> None:
    page = desk.page("reporter")
    page.goto("/incidents/new/")
    fill_report(page, "The nightly import did not run", "Newsletter list")
    page.get_by_role("button", name="Send report").dblclick()
    page.wait_for_url("**/track/**")
    page.goto("/incidents/mine/")
    expect(page.get_by_role("link", name="The nightly import did not run")).to_have_count(1)
