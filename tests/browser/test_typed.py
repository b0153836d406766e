"""What somebody has typed is still there when the log-in ran out before it was sent."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Desk
from tests.browser.test_grid import GRID, cell, type_into
from tests.browser.test_palette import expected
from tests.browser.test_sections import open_part, row

pytestmark = pytest.mark.browser
BACK = "What you had typed is back. Check it and send it again."
KEPT = "sessionStorage.getItem('typed')"


def run_out(page: Page) -> None:
    """The session ends; everything else the browser remembers."""
    page.context.clear_cookies(name="sessionid")


def sign_in(page: Page, person: str) -> None:
    page.wait_for_url("**/accounts/login/**")
    page.get_by_label("E-mail address").fill(f"{person}@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url)


def alone(desk: Desk, person: str) -> Page:
    """A session of its own, which may end without ending those of other tests."""
    page = desk.page()
    page.goto("/accounts/login/")
    sign_in(page, person)
    return page


def note_form(desk: Desk, page: Page, title: str) -> str:
    """The address at which a note on a new incident is written."""
    desk.report(title)
    ((reference,),) = desk.portal.query(f"SELECT reference FROM incidents_incident WHERE title = '{title}'")
    page.goto(f"/incidents/{reference}/do/note/")
    return reference


def notes(desk: Desk, text: str) -> int:
    return len(desk.portal.query(f"SELECT 1 FROM incidents_timelinetext WHERE text = '{text}'"))


def test_a_note_that_was_sent_too_late_is_back_after_the_log_in_and_is_sent_once(desk: Desk) -> None:
    page = alone(desk, "responder")
    reference = note_form(desk, page, "Parcels wait for labels")
    page.get_by_role("textbox").first.fill("The printer was asked.")
    run_out(page)
    page.locator("main form").get_by_role("button").first.click()
    sign_in(page, "responder")
    assert urlsplit(page.url).path == f"/incidents/{reference}/do/note/"
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_role("textbox").first).to_have_value("The printer was asked.")
    assert notes(desk, "The printer was asked.") == 0 and page.evaluate(KEPT) is None
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url(f"**/incidents/{reference}/")
    assert notes(desk, "The printer was asked.") == 1
    page.goto(f"/incidents/{reference}/do/note/")
    expect(page.get_by_role("textbox").first).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_what_was_sent_or_left_in_time_does_not_come_back(desk: Desk) -> None:
    page = alone(desk, "responder")
    reference = note_form(desk, page, "Stickers are missing")
    page.get_by_role("textbox").first.fill("Half a sentence")
    page.goto("/incidents/")
    run_out(page)
    page.goto(f"/incidents/{reference}/do/note/")
    sign_in(page, "responder")
    expect(page.get_by_role("textbox").first).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_somebody_else_who_signs_in_gets_nothing_of_it(desk: Desk) -> None:
    page = alone(desk, "responder")
    reference = note_form(desk, page, "Boxes are missing")
    page.get_by_role("textbox").first.fill("For my eyes only")
    run_out(page)
    page.locator("main form").get_by_role("button").first.click()
    sign_in(page, "lead")
    assert urlsplit(page.url).path == f"/incidents/{reference}/do/note/"
    expect(page.get_by_role("textbox").first).to_have_value("")
    assert page.evaluate(KEPT) is None and "For my eyes only" not in page.content()


def test_a_form_that_is_sent_elsewhere_leads_back_to_its_page(desk: Desk) -> None:
    page = alone(desk, "lead")
    page.goto("/profile/")
    page.locator("[name=starts_at]").fill("2031-05-01T08:00")
    run_out(page)
    page.get_by_role("button", name="Say that you are away").click()
    sign_in(page, "lead")
    assert urlsplit(page.url).path == "/profile/"
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.locator("[name=starts_at]")).to_have_value("2031-05-01T08:00")


def test_no_password_file_or_hidden_field_is_kept(desk: Desk) -> None:
    page = alone(desk, "responder")
    note_form(desk, page, "Tape is missing")
    page.evaluate("""() => {
        const form = document.querySelector("main form");
        for (const [type, name] of [["password", "again"], ["text", "my_secret"], ["hidden", "seen"]]) {
            form.append(Object.assign(document.createElement("input"), {type, name, value: "never kept"}));
        }
        for (const field of form.querySelectorAll("[name=again], [name=my_secret]")) field.defaultValue = "";
    }""")
    page.locator("[name=again]").fill("never kept")
    page.locator("[name=my_secret]").fill("never kept")
    page.get_by_role("textbox").first.fill("The words")
    run_out(page)
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url("**/accounts/login/**")
    kept = page.evaluate(KEPT)
    assert "The words" in kept and "never kept" not in kept and "csrf" not in kept


def test_what_was_typed_into_a_document_is_back_with_what_it_was_based_on(desk: Desk) -> None:
    page = alone(desk, "admin")
    open_part(page, "Roles")
    row(page, "Business liaison").get_by_role("link").click()
    hours = page.get_by_label("Hours before it is handed over")
    hours.fill("five")
    seen = page.locator("#section [name=seen]").input_value()
    run_out(page)
    page.locator("#save").click()
    sign_in(page, "admin")
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(hours).to_have_value("five")
    assert page.locator("#section [name=seen]").input_value() == seen
    page.once("dialog", lambda dialog: dialog.accept())


def test_cells_of_the_grid_are_back(desk: Desk) -> None:
    page = alone(desk, "admin")
    page.goto(GRID)
    type_into(page, "Order sync", 1, "lead@demo.example; 9 min")
    expect(page.locator("#changes")).to_have_text("1 change")
    (edit,) = json.loads(page.locator("#save [name=edits]").input_value())
    page.get_by_label("Reason").fill("Lena takes over")
    run_out(page)
    page.get_by_role("button", name="Save draft").click()
    sign_in(page, "admin")
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.locator("#changes")).to_have_text("1 change")
    expect(cell(page, "Order sync", 1)).to_contain_text("9 min")
    expect(page.get_by_label("Reason")).to_have_value("Lena takes over")
    (again,) = json.loads(page.locator("#save [name=edits]").input_value())  # the check may have spelled the name out
    assert (again["cell"], again["token"]) == (edit["cell"], edit["token"])


def test_a_part_that_meets_the_end_of_the_session_leads_to_the_log_in_and_back(desk: Desk) -> None:
    page = alone(desk, "responder")
    reference = note_form(desk, page, "Pallets are missing")
    page.goto(f"/incidents/{reference}/do/triage/")
    page.get_by_label("Why?").fill("Two halls stand still")
    run_out(page)
    page.get_by_label("SEV1").check()
    page.locator("fieldset[hx-post]").get_by_label("No", exact=True).first.check()  # asks the portal at once
    banner = page.locator("#signed-out")
    expect(banner).to_be_visible()
    assert page.locator("main input[type=password]").count() == 0
    banner.get_by_role("link", name="Sign in").click()
    sign_in(page, "responder")
    assert urlsplit(page.url).path == f"/incidents/{reference}/do/triage/"
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Why?")).to_have_value("Two halls stand still")
    expect(page.get_by_label("SEV1")).to_be_checked()
    expected(desk, "status of 401", "Response Status Error Code 401")
