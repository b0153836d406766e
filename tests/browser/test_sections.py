"""The editor of drafts under real fingers: a role filled in with and without scripts; nothing for axe to say."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Desk
from tests.browser.test_pages import LOOK, OVERFLOW, TAGS, WIDTHS

pytestmark = pytest.mark.browser


def open_part(page: Page, name: str) -> None:
    """From the page that everybody reads to the draft of the company's matrix."""
    page.goto("/ownership/")
    page.get_by_role("link", name="Edit responsibilities and roles").click()
    page.get_by_role("button", name=re.compile("^Change Company")).or_(
        page.get_by_role("link", name=re.compile("^Go on with"))
    ).first.click()
    parts(page).get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def parts(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Parts of the document")


def row(page: Page, title: str) -> Locator:
    return page.locator("#section .rows > li").filter(has=page.get_by_role("link", name=title, exact=True))


@pytest.mark.parametrize("scripts", [True, False])
def test_a_role_is_filled_in(desk: Desk, scripts: bool) -> None:
    """One more authority limit of a role, put first, and a mistake that is mended."""
    title, action = (
        ("Business liaison", "Call the vendor") if scripts else ("Communications lead", "Write to the press")
    )
    page = desk.page("admin", scripts=scripts)
    open_part(page, "Roles")
    row(page, title).get_by_role("link").click()
    page.get_by_role("button", name="Add an authority limit").click()
    limit = page.locator("#section .line").filter(has=page.get_by_label("Action")).last
    expect(limit.get_by_label("Action")).to_have_value("")
    limit.get_by_label("Action").fill(action)
    limit.get_by_label("At severity").select_option("SEV2")
    hours = page.get_by_label("Hours before it is handed over")
    hours.fill("six")
    limit.get_by_role("button", name="Move up").click()
    expect(page.get_by_text("Write a whole number, for example 30.")).to_be_visible()
    expect(hours).to_have_value("six")
    hours.fill("6")
    page.locator("#save").click()
    expect(page.get_by_text("Saved in the draft. Nothing is in force yet.")).to_be_visible()
    expect(hours).to_have_value("6")
    page.get_by_role("link", name="Preview").first.click()
    expect(page.get_by_text(action)).to_be_visible()


def test_what_is_typed_is_kept_and_what_is_wrong_is_said_while_one_types(desk: Desk) -> None:
    page = desk.page("admin")
    open_part(page, "Responsibilities")
    page.get_by_role("button", name="Add a responsibility").click()
    page.wait_for_url(re.compile("row=responsibilities/-"))
    page.locator("#title").fill("Talks to the regulator")
    expect(page.get_by_text("say during which stages of an outage this counts.")).to_be_visible()
    page.wait_for_url(re.compile("row=responsibilities/talks-to-the-regulator"))
    page.get_by_label("Keep people informed").or_(page.locator("input[name=stages]").first).first.check()
    expect(page.get_by_text("say during which stages of an outage this counts.")).to_have_count(0)
    expect(page.locator("#note")).to_have_text("Saved in the draft.")
    parts(page).get_by_role("link", name=re.compile("Responsibilities")).click()
    own = row(page, "Talks to the regulator")
    own.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("goes when you save")).to_be_visible()
    page.get_by_role("button", name="Keep after all: Talks to the regulator").click()
    own.get_by_role("button", name="Remove").click()
    page.locator("#save").click()
    expect(page.get_by_text("Saved in the draft. Nothing is in force yet.")).to_be_visible()
    expect(own).to_have_count(0)
    kept = row(page, "Keeps the log")
    expect(kept.get_by_text("Always there: somebody has to keep the log.")).to_be_visible()
    expect(kept.get_by_role("button", name="Remove")).to_have_count(0)


def test_what_is_typed_while_a_row_comes_stays(desk: Desk) -> None:
    page, held = desk.page("admin"), list[Route]()
    open_part(page, "Roles")
    row(page, "Incident commander").get_by_role("link").click()
    page.route("**/edit/**", lambda route: held.append(route), times=1)
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Add an authority limit").click()
    hours, lines = page.get_by_label("Hours before it is handed over"), page.locator("#section .line")
    before = lines.count()
    hours.fill("7")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        held.pop().continue_()
    expect(lines).not_to_have_count(before)
    expect(hours).to_have_value("7")


def test_axe_has_nothing_to_say_about_the_forms(desk: Desk) -> None:
    page = desk.page("admin")
    open_part(page, "Roles")
    for part in ("Roles", "Conflict rule", "Lead", "Preview", "Propose"):
        if part == "Lead":
            parts(page).get_by_role("link", name=re.compile("Roles")).click()
            page.locator("#section .rows > li a").first.click()
        elif part == "Preview":
            page.get_by_role("link", name="Preview").first.click()
        elif part == "Propose":
            page.goto("/changes/new/")
        else:
            parts(page).get_by_role("link", name=re.compile(part)).click()
            expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()
        assert desk.complaints == []
        page.evaluate(Axe().axe_script)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                found = page.evaluate(LOOK, TAGS)
                assert [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found] == [], part
            assert page.evaluate(OVERFLOW) <= 1, part
        page.set_viewport_size({"width": 1280, "height": 844})
        desk.complaints.clear()  # NOTE: axe measures with inline styles, which the policy of the portal refuses


def test_the_menu_of_a_draft_stays_in_the_window_of_a_phone(desk: Desk) -> None:
    page = desk.page("admin")
    open_part(page, "Roles")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".head .menu > summary").click()
    last = page.get_by_role("link", name="Edit or upload YAML")
    expect(last).to_be_visible()
    box = last.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.evaluate(OVERFLOW) <= 1
