"""The ownership grid under real fingers: the keyboard alone, a spreadsheet, two browsers, and no scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Desk
from tests.browser.test_pages import OVERFLOW, TAGS, WIDTHS

pytestmark = pytest.mark.browser
GRID = "/admin/governance/document/grid/"


def cell(page: Page, workflow: str, column: int) -> Locator:
    """The cell of `workflow` below the responsibility number `column`."""
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(f"^{workflow}")))
    return row.locator("td").nth(column)


def type_into(page: Page, workflow: str, column: int, text: str) -> None:
    """Keyboard only: from wherever the focus is set, Enter, the text, Enter."""
    cell(page, workflow, column).get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def save(page: Page, reason: str, button: str = "Save draft") -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button).click()


def test_owners_are_typed_pasted_filled_and_taken_back_by_keyboard(desk: Desk) -> None:
    page = desk.page("admin", permissions=["clipboard-read", "clipboard-write"])
    page.goto(GRID)
    cell(page, "Order sync", 1).get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="People and minutes")).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("Lena")
    expect(page.get_by_role("listbox", name="People").get_by_role("option").first).to_contain_text("Lena Lead")
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("; remy responder; 7 min")
    page.keyboard.press("Enter")
    expect(cell(page, "Order sync", 1)).to_contain_text("then Remy Responder")
    expect(cell(page, "Order sync", 1)).to_contain_text("7 min")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+r")
    expect(page.get_by_text("2 changes", exact=True)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.evaluate("navigator.clipboard.writeText('lead@demo.example\\tNobody Known\\n')")
    cell(page, "Order sync", 2).get_by_role("link").focus()
    page.keyboard.press("Control+v")
    expect(cell(page, "Order sync", 2)).to_contain_text("Lena Lead")
    expect(cell(page, "Order sync", 3)).to_contain_text("Nobody is called “Nobody Known”.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+z")  # the whole paste
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    save(page, "Lena stops the damage now", "Send for approval")
    expect(page.get_by_text("is in force")).to_be_visible()
    expect(cell(page, "Order sync", 1)).to_contain_text("Lena Lead")


def test_a_row_is_copied_from_another_taken_back_and_done_again(desk: Desk) -> None:
    page = desk.page("admin")
    page.goto(GRID)
    high = cell(page, "High criticality", 0)
    expect(high).to_contain_text("from the company default")
    high.get_by_role("link").focus()
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Copy from another row")
    expect(dialog).to_contain_text("High criticality")
    page.keyboard.type("Payments: Whole team")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(high).to_contain_text("then Lena Lead, Tilda Teamadmin")
    page.keyboard.press("Control+z")
    expect(high).to_contain_text("from the company default")
    expect(page.get_by_text("No changes yet")).to_be_visible()
    page.keyboard.press("Control+y")
    expect(high).to_contain_text("then Lena Lead, Tilda Teamadmin")
    page.keyboard.press("Delete")  # nothing of its own was there: it inherits as before
    expect(high).to_contain_text("from the company default")
    expect(high).not_to_contain_text("was:")


def test_folded_teams_are_passed_over_and_stay_folded(desk: Desk) -> None:
    page = desk.page("admin")
    page.goto(GRID)
    team, row = page.get_by_role("button", name="Orders", exact=True), cell(page, "Order sync", 0)
    team.click()
    expect(team).to_have_attribute("aria-expanded", "false")
    expect(row).to_be_hidden()
    cell(page, "Low criticality", 0).get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "Whole team", 0).last.get_by_role("link").first).to_be_focused()
    page.reload()
    expect(row).to_be_hidden()
    page.goto(f"{GRID}?q=Order+sync")
    expect(row).to_be_visible()
    page.goto(GRID)
    page.get_by_role("button", name="Fold all teams").click()
    expect(page.locator("#grid tbody tr:not(.group):visible")).to_have_count(0)
    page.get_by_role("button", name="Unfold all teams").click()
    expect(row).to_be_visible()


def test_on_a_phone_a_cell_opens_its_own_page(desk: Desk) -> None:
    page = desk.page("admin", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(GRID)
    expect(page.get_by_text("Each cell opens its own form")).to_be_visible()
    expect(page.get_by_role("button", name="Save draft")).to_be_hidden()
    cell(page, "Order sync", 0).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Order sync: On call")).to_be_visible()
    expect(page.get_by_label("Who")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 1


def test_typing_into_a_cell_keeps_every_letter_and_shows_who_fits(desk: Desk) -> None:
    page = desk.page("admin")
    page.goto(GRID)
    target = cell(page, "Refunds", 3)
    target.get_by_role("link").first.focus()
    page.keyboard.type("Lena")
    expect(target.get_by_role("combobox")).to_have_value("Lena")
    expect(page.get_by_role("option", name="Lena Lead")).to_be_in_viewport()
    expect(page.get_by_role("listbox", name="People").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")  # takes the only one who fits
    expect(target.get_by_role("combobox")).to_have_count(0)
    expect(target).to_contain_text("Lena Lead")
    page.keyboard.press("Enter")
    page.keyboard.type("Remy")
    expect(target.get_by_role("combobox")).to_have_value("Remy")


def test_a_late_answer_never_takes_the_field_from_who_types(desk: Desk) -> None:
    page, held = desk.page("admin"), list[Route]()
    page.goto(GRID)
    page.route(re.compile("/grid/check/"), lambda route: held.append(route), times=1)
    with page.expect_request(re.compile("/grid/check/")):
        type_into(page, "Refunds", 3, "nobody-known")
    target = cell(page, "Refunds", 3)
    page.keyboard.press("Enter")
    page.keyboard.type("Re")
    with page.expect_response(re.compile("/grid/check/")):
        held.pop().continue_()
    page.keyboard.type("my")
    expect(target.get_by_role("combobox")).to_have_value("Remy")
    page.keyboard.press("Escape")  # as before, and now with what was found
    expect(target).to_contain_text("Nobody is called “nobody-known”")


def test_the_only_one_who_fits_is_meant_also_when_the_list_comes_late(desk: Desk) -> None:
    page, held = desk.page("admin"), list[Route]()
    page.goto(GRID)
    page.route(re.compile(r"[?]q="), lambda route: held.append(route))
    with page.expect_request(re.compile(r"[?]q=Lena$")):
        type_into(page, "Refunds", 3, "Lena")
    target = cell(page, "Refunds", 3)
    expect(target.get_by_role("combobox")).to_have_count(0)
    expect(target).to_contain_text("Lena")
    expect(target).not_to_contain_text("Lena Lead")
    for route in held:
        route.continue_()
    expect(target).to_contain_text("Lena Lead")


def test_who_only_opens_a_cell_and_closes_it_changes_nothing(desk: Desk) -> None:
    page = desk.page("admin")
    page.goto(GRID)
    page.route(re.compile(r"[?]q="), lambda route: route.fulfill(json={"choices": []}))
    type_into(page, "Refunds", 3, "Lena")
    target = cell(page, "Refunds", 3)
    expect(target).to_contain_text("Nobody is called “Lena”")
    page.unroute_all()
    target.get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(target.get_by_role("combobox")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    expect(target).to_contain_text("Nobody is called “Lena”")


def test_of_two_browsers_the_slower_chooses_and_loses_nothing_else(desk: Desk) -> None:
    one, other = desk.page("admin"), desk.page("admin")
    one.goto(GRID)
    other.goto(GRID)
    type_into(one, "Newsletter list", 1, "Lena Lead; Remy Responder")
    save(one, "First", "Send for approval")
    expect(one.get_by_text("is in force")).to_be_visible()
    type_into(other, "Newsletter list", 1, "Remy Responder; Lena Lead")
    type_into(other, "Newsletter list", 2, "Lena Lead; Remy Responder")
    save(other, "Second", "Send for approval")
    expect(other.get_by_role("heading", name="Somebody else was faster")).to_be_visible()
    expect(other.get_by_text("Lena Lead; Remy Responder")).to_be_visible()
    expect(other.get_by_text("Remy Responder; Lena Lead")).to_be_visible()
    expect(other.get_by_text("1 cell saved in the draft")).to_be_visible()
    other.get_by_role("button", name="Keep mine").click()
    expect(other.get_by_text("is in force")).to_be_visible()
    expect(cell(other, "Newsletter list", 1)).to_contain_text("then Lena Lead")
    expect(cell(other, "Newsletter list", 2)).to_contain_text("Lena Lead")


def test_one_cell_is_edited_without_scripts(desk: Desk) -> None:
    page = desk.page("admin", scripts=False)
    page.goto(GRID)
    expect(page.get_by_text("Each cell opens its own form")).to_be_visible()
    expect(page.get_by_role("button", name="Save draft")).to_be_hidden()
    cell(page, "Newsletter list", 3).get_by_role("link").first.click()
    page.get_by_label("Who").fill("Lena Lead")
    page.get_by_label("Stands in 1").fill("Remy Responder")
    page.get_by_label("Reason").fill("She knows it best")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("1 cell saved in the draft")).to_be_visible()
    expect(cell(page, "Newsletter list", 3)).to_contain_text("Lena Lead")


LEFT = """
from datetime import timedelta
from django.utils import timezone
from portal.models import User
from portal.services import absences, people
at, by = timezone.now(), User.objects.get(email="admin@demo.example")
away = User.objects.get(email="board3@demo.example")
who = dict(by=by, reason="set up", at=at)
people.create_person(email="birger@demo.example", name="Birger Gone", is_active=False, **who)
absences.add(user=away, starts_at=at, ends_at=at + timedelta(days=3), cover=None, by=away, at=at)
"""


def test_suggestions_say_team_and_absence_and_who_left_cannot_be_taken(desk: Desk) -> None:
    desk.portal.manage("shell", "-c", LEFT)
    page = desk.page("admin")
    page.goto(GRID)
    target = cell(page, "Refunds", 4)
    target.get_by_role("link").first.focus()
    page.keyboard.type("Birg")
    box, options = target.get_by_role("combobox"), page.get_by_role("listbox", name="People").get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_contain_text("away until")
    expect(options.last).to_contain_text("not active")
    expect(options.last).to_be_disabled()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Birg")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Birgit Board")
    page.keyboard.press("Escape")


def test_findings_take_no_room_from_the_sheet_of_a_small_window(desk: Desk) -> None:
    page = desk.page("admin", viewport={"width": 1280, "height": 900})
    page.goto(GRID)
    sheet, beside = page.get_by_role("region", name="Ownership grid"), page.locator("#findings")
    for responsibility in range(5):
        expect(cell(page, "Every workflow", responsibility)).to_be_in_viewport(ratio=1)
    one, other = sheet.bounding_box(), beside.bounding_box()
    assert one and other and other["y"] >= one["y"] + one["height"] and other["width"] == one["width"]


def test_a_team_admin_starts_at_the_own_rows(desk: Desk) -> None:
    page = desk.page("teamadmin")
    page.goto(GRID)
    group = page.locator("#grid tbody").first
    expect(group).to_have_attribute("data-title", "Payments")
    expect(group.locator("td a").first).to_have_attribute("tabindex", "0")
    expect(page.get_by_role("button", name="Save draft")).to_be_visible()


LOOK = """(tags) => axe.run(document.querySelector("#content"), {runOnly: {type: "tag", values: tags},
    resultTypes: ["violations"]}).then((results) => results.violations)"""


@pytest.mark.parametrize("address", [GRID, GRID + "cell/default::on_call:any:A/"])
def test_axe_has_nothing_to_say_about_what_the_portal_adds_to_the_admin(desk: Desk, address: str) -> None:
    page = desk.page("admin")
    page.goto(address)
    assert desk.complaints == []
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = page.evaluate(LOOK, TAGS)
            assert [(item["id"], [node["html"][:200] for node in item["nodes"][:3]]) for item in found] == [], scheme
        assert page.evaluate(OVERFLOW) <= 1
    desk.complaints.clear()  # NOTE: axe measures with inline styles, which the policy of the portal refuses
