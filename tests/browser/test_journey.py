"""The main journey in a real browser, with and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Portal, fill_report, shipped

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """One of its own: where many incidents wait, a clock that is moved collects what it has to say to a person."""
    with shipped() as running:
        yield running


def open_incident(desk: Desk, person: str, title: str) -> Page:
    page = desk.page(person)
    page.goto("/incidents/")
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page


def test_an_incident_reaches_the_second_level_and_is_resolved(desk: Desk) -> None:
    title = "The newsletter went to nobody"
    tracking = desk.report(title, workflow="Newsletter list")
    expect(tracking.get_by_role("heading", name="We have it and are calling the people who can help")).to_be_visible()
    desk.portal.call("responder", title)
    assert desk.portal.calls("lead", title) == []

    desk.portal.move_clock(minutes=6)  # the first level has five minutes
    address = desk.portal.call("lead", title)
    mailed = desk.page()
    with desk.portal.held_still():
        before = desk.portal.picture()
        mailed.goto(address)
        assert desk.portal.picture() == before
    mailed.get_by_role("button", name="I take it").click()
    expect(mailed.get_by_text("You have it. Nobody else is called.")).to_be_visible()
    tracking.reload()
    expect(tracking.get_by_role("heading", name="Someone is on it")).to_be_visible()
    expect(tracking.get_by_text("Lena Lead is looking into it.")).to_be_visible()

    page = open_incident(desk, "lead", title)
    told = page.get_by_role("region", name="Who was told")
    for person in ("You", "Remy Responder"):
        expect(told.locator(".person", has_text=person)).to_be_visible()
    expect(told.get_by_text("Answered", exact=True)).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Resolve", exact=True).click()
    page.get_by_label("What made it work again?").fill("The list was empty; it is filled again.")
    page.get_by_label("How did you check that it works again?").fill("Sent it to ourselves.")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("The incident is resolved.")).to_be_visible()
    tracking.reload()
    expect(tracking.get_by_role("heading", name="It works again")).to_be_visible()
    expect(tracking.get_by_text("The list was empty; it is filled again.").first).to_be_visible()


def test_news_arrives_without_a_reload(desk: Desk) -> None:
    title = "Orders of today are missing"
    tracking = desk.report(title)
    page = open_incident(desk, "responder", title)
    page.clock.install()
    page.reload()
    page.evaluate("window.loadedOnce = true")
    tracking.get_by_label("Tell the team").fill("It began after lunch.")
    tracking.get_by_role("button", name="Send to the team").click()
    expect(tracking.get_by_text("It began after lunch.")).to_be_visible()
    expect(page.get_by_text("It began after lunch.")).to_have_count(0)
    page.clock.fast_forward(11_000)  # the page asks every ten seconds
    fresh = page.get_by_role("button", name="1 new")
    expect(fresh).to_be_visible()
    fresh.click()
    expect(page.get_by_text("It began after lunch.")).to_be_visible()
    assert page.evaluate("window.loadedOnce") is True


def test_a_mailed_link_changes_nothing_when_opened_and_works_without_scripts(desk: Desk) -> None:
    tracking = desk.report("Invoices stay in the outbox", page=desk.page("reporter", scripts=False))
    expect(tracking.get_by_role("heading", name="We have it")).to_be_visible()
    address = desk.portal.call("responder", "Invoices stay")
    link = desk.page(scripts=False)
    with desk.portal.held_still():
        before = desk.portal.picture()
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
