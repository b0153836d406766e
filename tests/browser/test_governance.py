"""A playbook changes under real fingers: proposed, judged by a board of which one steps aside, in force in time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Desk
from tests.browser.test_pages import faults

pytestmark = pytest.mark.browser
PLAYBOOK = "The workflow does not run or does not finish"
ADDRESS = "/playbooks/nothing-happens/"
SCENARIO = "Nothing starts, or it starts at the wrong place"
BACK = "Bring back the last good version, then replay what waits."
ASIDE = "Abstain, or step aside for a conflict of interest"


def look(desk: Desk, page: Page, name: str) -> None:
    """Nothing for axe to say about what is on the screen, and nothing wider than it."""
    assert desk.complaints == []
    assert faults(page) == [], name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    desk.complaints.clear()  # NOTE: axe measures with inline styles, which the policy of the portal refuses


def reach(page: Page, name: str, role: str = "button") -> None:
    """Tab to the control of this name in the page and press it by the keyboard."""
    target = page.locator("main").get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    expect(target).to_be_visible()
    page.locator("main h1").first.evaluate("node => { node.tabIndex = -1; node.focus(); }")
    for _ in range(150):
        page.keyboard.press("Tab")
        if target.evaluate("node => node === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"“{name}” cannot be reached by Tab")


def incident(desk: Desk, title: str) -> Page:
    """Reported by somebody and taken by the responder, who looks at it."""
    desk.report(title)
    ((reference,),) = desk.portal.query(f"SELECT reference FROM incidents_incident WHERE title = '{title}'")
    page = desk.page("responder")
    page.goto(f"/incidents/{reference}/do/acknowledge/")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    page.wait_for_url(f"**/incidents/{reference}/")
    return page


def work_by(page: Page, number: int) -> None:
    """The only version that is offered is this one."""
    page.goto(f"{page.url.partition('?')[0]}do/playbook/")
    offered = page.get_by_role("radio", name=re.compile(PLAYBOOK))
    expect(offered).to_have_count(1)
    page.get_by_label(f"{PLAYBOOK}, version {number}").check()
    page.get_by_role("button", name="Work by this playbook").click()
    expect(page.get_by_text("The playbook is chosen.")).to_be_visible()


def propose(desk: Desk, page: Page, evening: datetime) -> None:
    """From the playbook that everybody reads, through the editor, to a change in review."""
    page.goto(ADDRESS)
    reach(page, "Propose a change")
    page.locator("#section").get_by_role("link", name=SCENARIO, exact=True).click()
    page.get_by_label("How to go back").fill(BACK)
    expect(page.locator("#note")).to_have_text("Saved in the draft.")  # by itself
    look(desk, page, "editor")
    page.get_by_role("link", name="Look and send").first.click()
    expect(page.get_by_text("Cannot vote, having written it:")).to_contain_text("Bela Board")
    look(desk, page, "draft of a change")
    page.get_by_label("Why", exact=True).fill("The old way back lost orders.")
    for question in page.get_by_role("radiogroup").filter(has_text="No").all():
        if question.get_by_label("No", exact=True).count():
            question.get_by_label("No", exact=True).check()
    when = page.get_by_text("When it takes effect, and until when")
    if not page.get_by_label("Not before").is_visible():
        when.click()
    page.get_by_label("Not before").fill(evening.strftime("%Y-%m-%dT%H:%M"))
    reach(page, "Send for review")
    expect(page.get_by_text("is in review. You hear of every verdict.")).to_be_visible()
    expect(page.get_by_text("You have worked on this text yourself, so somebody else has to judge it.")).to_be_visible()


def judge(desk: Desk, person: str, verdict: str, why: str, *, looks: bool = False) -> Page:
    """Somebody finds the change in the inbox, reads it and says what they think of it."""
    page = desk.page(person)
    page.goto("/changes/")
    waiting = page.locator("section, table").filter(has_text="Waits for you").first
    expect(waiting).to_be_visible()
    if looks:
        look(desk, page, "inbox")
    page.locator("main").get_by_role("link", name=PLAYBOOK).first.click()
    expect(page.locator("ins").filter(has_text="replay").first).to_be_visible()
    if looks:
        look(desk, page, "change with a vote")
    if verdict == "Step aside":
        page.get_by_text(ASIDE).click()
    page.locator("#vote").get_by_label("Reason").fill(why)
    if page.locator("#vote").get_by_label("High", exact=True).count():  # who validates the risk says how high it is
        page.locator("#vote").get_by_label("High", exact=True).check()
    if page.locator("#vote").get_by_label("Your password").count():
        page.locator("#vote").get_by_label("Your password").fill(PASSWORD)
    reach(page, verdict)
    return page


def test_a_playbook_changes_while_an_incident_runs_by_the_old_version(desk: Desk) -> None:
    running = incident(desk, "Nothing has arrived since lunch")
    work_by(running, 1)
    evening = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=30)
    writer = desk.page("board1")
    propose(desk, writer, evening)

    owner = judge(desk, "engineering", "Approve version 2", "It can be done like this.")
    expect(owner.get_by_text("Kept. Your verdict stays on record.")).to_be_visible()
    partial = judge(desk, "board2", "Step aside", "My brother owns the shop.", looks=True)
    expect(partial.get_by_text("too few were left: the alternate is asked too.")).to_be_visible()
    expect(partial.get_by_role("heading", name=re.compile("^Waits for"))).to_contain_text("Lionel Leadership")
    fair = judge(desk, "board3", "Approve version 2", "Read twice.")
    expect(fair.get_by_text("Kept. Your verdict stays on record.")).to_be_visible()
    last = judge(desk, "leadership", "Approve version 2", "Agreed.")
    expect(last.get_by_text("is approved.")).to_be_visible()
    expect(last.get_by_role("heading", name="It takes effect by itself")).to_be_visible()
    last.goto(ADDRESS)
    expect(last.get_by_text(BACK)).to_have_count(0)

    left = evening - datetime.now(UTC)
    desk.portal.move_clock(minutes=left.total_seconds() / 60 + 1)
    last.reload()
    expect(last.get_by_text("Version 2, in force")).to_be_visible()
    expect(last.get_by_text(BACK).first).to_be_visible()
    writer.reload()
    expect(writer.get_by_role("heading", name="This is in force.")).to_be_visible()

    running.reload()
    running.get_by_text("Rules pinned").click()
    expect(running.get_by_text("A newer version is in force.").first).to_be_visible()
    expect(running.get_by_role("link", name=f"Switch {PLAYBOOK}")).to_be_visible()
    work_by(incident(desk, "Something else has not arrived"), 2)
    running.get_by_role("link", name=f"Switch {PLAYBOOK}").click()
    running.get_by_label(f"{PLAYBOOK}, version 2").check()
    running.get_by_label("Why shall the newer version count?").fill("It loses nothing.")
    reach(running, "Switch")
    expect(running.get_by_text("The newer version counts from now on.")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "/changes/",
        "/changes/new/",
        "/boards/",
        "/delegations/",
        "/playbooks/",
        f"{ADDRESS}?workflow=order-sync&severity=sev1",
        "/playbooks/modules/stalled-trigger/",
        "/communication/",
        "/glossary/",
    ],
)
def test_axe_has_nothing_to_say_about_the_pages_of_rules(desk: Desk, path: str) -> None:
    page = desk.page("board3")
    answer = page.goto(path)
    assert answer is not None and answer.status == 200
    look(desk, page, path)
