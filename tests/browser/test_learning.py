"""From a resolved incident to a published change whose effect is proven; and a cause that comes back (D82-D97)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Desk, until
from tests.browser.test_pages import OVERFLOW

pytestmark = pytest.mark.browser
TITLE, AGAIN = "Prices of the weekend are wrong in the CRM", "Prices are wrong in the CRM once more"
PLAYBOOK = "Data is wrong, doubled or out of control"
SCENARIO, STEP = "Values arrive wrong or are missing", "Find the first wrong record and everything after it"
CAUSE = "A field of the shop was renamed, and nobody told the flow"
CHECK = "Whether a field was renamed at the source"
WRITTEN = {
    "What happened": "On Saturday the shop renamed a field. On Monday sales saw wrong prices.",
    "Impact": "140 orders with yesterday’s price.",
    "Root cause": "The flow takes an unknown field for empty.",
    "What put it right": "The mapping was changed and the orders were read again.",
    "How we know that it works": "All 140 were compared.",
    "What keeps it from coming back": "The playbook asks for renamed fields first.",
}


def go(desk: Desk, person: str, address: str) -> Page:
    page = desk.page(person)
    page.goto(address)
    return page


def resolved(desk: Desk) -> str:
    """The address of an incident that was reported, worked on by a playbook, and resolved; with the reporter's page."""
    tracking = desk.report(TITLE)
    page = go(desk, "responder", "/incidents/")
    page.get_by_role("link", name=TITLE).click()
    address = page.url
    page.get_by_role("button", name="I take it").first.click()
    page.goto(f"{address}do/playbook/")
    page.get_by_label(re.compile(PLAYBOOK)).check()
    page.get_by_role("button", name="Work by this playbook").click()
    page.goto(f"{address}playbook/")
    page.get_by_label(SCENARIO).check()
    page.get_by_role("button", name="Follow this scenario").click()
    page.goto(f"{address}do/resolve/")
    page.get_by_label("What made it work again?").fill("The mapping knows the new field.")
    for choice in page.get_by_role("radio", name="Works again").all():
        choice.check()
    page.get_by_label("How did you check that it works again?").fill("Ten orders carry the right price.")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_text("The incident is resolved.")).to_be_visible()
    tracking.reload()
    tracking.get_by_role("button", name="Yes, it works").click()
    return address


def reviewed(desk: Desk, address: str) -> str:
    """The address of the review: a cause was tested, a finding names the step, and it is published."""
    page = go(desk, "responder", address)
    expect(page.locator("#status")).to_contain_text("It closes when the review is published.")
    page.get_by_role("region", name="What follows from it").get_by_role("link", name="The review").click()
    review = page.url.partition("#")[0]
    page.get_by_role("button", name="Publish the review").click()
    expect(page.get_by_role("alert").first).to_be_visible()  # nothing is written yet
    page.get_by_text("Add a possible cause").click()
    page.get_by_label("What may be the cause?").fill(CAUSE)
    page.get_by_label("How is it tested?").select_option(label="run it again with the same input")
    page.get_by_role("button", name="Put it on the list").click()
    causes = page.get_by_role("region", name="Possible causes")
    causes.get_by_text("Say what the test shows").click()
    causes.get_by_label("confirmed").check()
    causes.get_by_label("How was it tested?").fill("A copy with the input of Saturday")
    causes.get_by_label("What came of it?").fill("The price stays empty")
    causes.get_by_role("button", name="Save the result").click()
    findings = page.get_by_role("region", name="What was found")
    findings.get_by_text("Write down a finding").click()
    findings.get_by_label("a cause", exact=True).check()
    findings.get_by_label("What have you found?").fill("Nobody asks whether a field was renamed")
    findings.get_by_label("Where does the cause lie?").select_option(label="in how we work")
    findings.get_by_label("Which supposition has shown it?").select_option(label=CAUSE)
    findings.get_by_label("Which step should change?").select_option(label=f"{PLAYBOOK}: {STEP}")
    findings.get_by_role("button", name="Write it down").click()
    for label, text in WRITTEN.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Publish the review").click()
    expect(page.get_by_text("The review is published.")).to_be_visible()
    return review


def changed(desk: Desk, review: str) -> None:
    """One click leads to the step; the board agrees, and the step says something else from now on."""
    page = go(desk, "lead", review)
    page.get_by_role("button", name="Propose this change").click()
    expect(page).to_have_url(re.compile(r"/edit/scenarios/\?row=scenarios/wrong-values/steps/how-far$"))
    page.wait_for_load_state()
    checks = page.get_by_label("To tick off")
    checks.fill(f"{checks.input_value()}\n{CHECK}")
    expect(page.locator("#note")).to_have_text("Saved in the draft.")
    page.get_by_role("link", name="Look and send").first.click()
    for question in page.get_by_role("radiogroup").filter(has_text="No").all():
        if question.get_by_label("No", exact=True).count():
            question.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Send for review").click()
    expect(page.get_by_text("is in review. You hear of every verdict.")).to_be_visible()
    change = page.url.partition("?")[0]
    for person in ("engineering", "board1", "board2", "board3", "leadership"):
        judge = go(desk, person, change)
        vote = judge.locator("#vote")
        if not vote.count():
            continue
        vote.get_by_label("Reason").fill("It would have helped us on Monday.")
        if vote.get_by_label("High", exact=True).count():
            vote.get_by_label("High", exact=True).check()
        if vote.get_by_label("Your password").count():
            vote.get_by_label("Your password").fill(PASSWORD)
        vote.get_by_role("button", name=re.compile("^Approve")).click()
    readers = go(desk, "responder", "/playbooks/data-is-wrong/")
    expect(readers.get_by_text(CHECK).first).to_be_visible()


def helped(desk: Desk, review: str, address: str) -> None:
    """An action is planned from the finding and done; somebody looks, and it helps."""
    page = go(desk, "lead", review)
    findings = page.get_by_role("region", name="What was found")
    expect(findings).to_contain_text("Settled")
    page.goto(f"{address}actions/new/?finding=1")
    page.get_by_label("What shall be done?").fill("Compare the fields of the shop every night")
    page.get_by_label("Who sees to it?").select_option(label="Enzo Engineering")
    page.get_by_label("Until when?").fill(f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}")
    page.get_by_label("How will you see that it helps?").fill("Orders with a wrong price in a week")
    page.get_by_label("What is it now?").fill("140")
    page.get_by_label("What shall it be?").fill("0")
    page.get_by_role("button", name="Plan it").click()
    action = page.url
    mine = desk.home("engineering")
    expect(mine.get_by_text("See to it: Compare the fields of the shop every night")).to_be_visible()
    mine.goto(action)
    done = mine.get_by_role("region", name="It is done")
    done.get_by_label("What was done?").fill("A flow compares them at night.")
    done.get_by_label("What was changed?").fill("Field check 1.0")
    done.get_by_role("button", name="It is done").click()
    look = mine.get_by_role("region", name="Look whether it helps")
    look.get_by_label("What is the figure now?").fill("few")
    look.get_by_role("button", name="Save what you have seen").click()
    expect(look.get_by_label("What is the figure now?")).to_have_value("few")
    look.get_by_label("What is the figure now?").fill("0")
    look.get_by_role("button", name="Save what you have seen").click()
    expect(mine.get_by_role("heading", name="It helps", exact=True)).to_be_visible()


def test_an_incident_changes_the_playbook_and_its_cause_is_seen_again(desk: Desk) -> None:
    address = resolved(desk)
    review = reviewed(desk, address)
    changed(desk, review)
    helped(desk, review, address)

    closed = go(desk, "responder", address)
    expect(closed.locator(".stepper [aria-current]")).to_contain_text("Closed")
    phone = desk.page("lead", viewport={"width": 390, "height": 844})
    for part in (address, review, "/reviews/", "/actions/", "/feedback/"):
        phone.goto(part)
        assert (part, phone.evaluate(OVERFLOW)) == (part, 0)

    desk.report(AGAIN)
    again = go(desk, "responder", "/incidents/")
    again.get_by_role("link", name=AGAIN).click()

    def is_said() -> bool:
        again.reload()
        return again.get_by_role("heading", name="This was seen before").count() == 1

    until(is_said, "the cause came back, and nobody was told", 60)
    expect(again.get_by_role("region", name="This was seen before")).to_contain_text(TITLE)
    told = "SELECT count(*) FROM portal_message WHERE event = 'incident.came_back'"
    until(lambda: desk.portal.query(told)[0][0] > 0, "no message says so", 60)
