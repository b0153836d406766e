"""What stands beside the grid under real fingers: a role filled in with and without scripts; nothing for axe to say."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_grid import LOOK
from tests.browser.test_pages import OVERFLOW, TAGS, WIDTHS

pytestmark = pytest.mark.browser


def open_part(page: Page, name: str) -> None:
    """From the page that everybody reads to the forms."""
    page.goto("/ownership/")
    page.get_by_role("link", name="Edit responsibilities and roles").click()
    page.get_by_role("navigation", name="Parts of the document").get_by_role("link", name=re.compile(name)).click()


def row(page: Page, title: str) -> Locator:
    return page.locator("details.row-card").filter(has=page.locator("summary b", has_text=title))


def fill_in(page: Page, title: str, action: str) -> None:
    """One more authority limit of the role `title`, put first, and a mistake that is mended."""
    card = row(page, title)
    card.locator("summary").click()
    card.get_by_role("button", name="Add an authority limit").click()
    limit = card.locator(".line").filter(has=page.get_by_label("Action")).last
    expect(limit.get_by_label("Action")).to_have_value("")
    limit.get_by_label("Action").fill(action)
    limit.get_by_label("At severity").select_option("SEV2")
    card.get_by_label("Hours before it is handed over").fill("six")
    card.get_by_role("button", name=f"Move up: {action}").or_(limit.get_by_role("button", name="Move up")).click()
    expect(card.get_by_text("Write a whole number, for example 30.")).to_be_visible()
    expect(card.get_by_label("Hours before it is handed over")).to_have_value("six")
    expect(card.locator(".line").filter(has=page.get_by_label("Action")).nth(-2).get_by_label("Action")).to_have_value(
        action
    )
    card.get_by_label("Hours before it is handed over").fill("6")
    page.get_by_label("Reason").fill("They have to be able to act at night")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Nothing is in force yet")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_role_is_filled_in_and_published(desk: Desk, scripts: bool) -> None:
    title, action = (
        ("Business liaison", "Call the vendor") if scripts else ("Communications lead", "Write to the press")
    )
    page = desk.page("admin", scripts=scripts)
    open_part(page, "Roles")
    fill_in(page, title, action)
    page.get_by_role("link", name="Review and publish").click()
    expect(page.locator(".diff ins", has_text=action)).to_be_visible()
    page.get_by_label("Reason").fill("Agreed")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is in force (CHG-")).to_be_visible()
    page.goto("/ownership/contacts/")
    expect(page.get_by_text(action)).to_be_visible()


def test_what_is_wrong_is_said_while_one_types(desk: Desk) -> None:
    page = desk.page("admin")
    open_part(page, "Responsibilities")
    card = row(page, "Leads the review")
    card.locator("summary").click()
    card.get_by_label("Learn from it").uncheck()
    expect(card.get_by_text("say during which stages of an outage this counts.")).to_be_visible()
    expect(card.locator("summary .mark.bad")).to_be_visible()
    card.get_by_label("Learn from it").check()
    expect(card.get_by_text("say during which stages of an outage this counts.")).to_have_count(0)
    kept = row(page, "Keeps the log")
    kept.locator("summary").click()
    expect(kept.get_by_text("Always there: somebody has to keep the log.")).to_be_visible()
    expect(kept.get_by_role("button", name="Remove")).to_have_count(0)


def test_axe_has_nothing_to_say_about_the_forms(desk: Desk) -> None:
    page = desk.page("admin")
    open_part(page, "Roles")
    for part in ("Responsibilities", "Roles", "Named decisions", "Conflict rule"):
        page.get_by_role("navigation", name="Parts of the document").get_by_role("link", name=re.compile(part)).click()
        expect(page.get_by_role("heading", name=part)).to_be_visible()
        for summary in page.locator("summary").all()[:3]:
            summary.click()
        assert desk.complaints == []
        page.evaluate(Axe().axe_script)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                found = page.evaluate(LOOK, TAGS)
                assert [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found] == [], part
            assert page.evaluate(OVERFLOW) <= 1, part
        desk.complaints.clear()  # NOTE: axe measures with inline styles, which the policy of the portal refuses
