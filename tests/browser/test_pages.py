"""Every page that business people meet: nothing for axe to say, nothing wider than the screen, in light and dark."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Portal, shipped

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)  # pixels
WIDER = """() => [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter((element) => getComputedStyle(element).position !== "fixed")
    .map((element) => `${element.tagName}.${element.className}`).slice(0, 8)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """(tags) => axe.run({runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]})
    .then((results) => results.violations)"""


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """One of its own, in whose demo company something has happened: the other files count what they do."""
    with shipped(is_empty=False) as running:
        yield running


def faults(page: Page) -> list[str]:
    """What axe finds and what sticks out, at both widths, in light and in dark."""
    found = []
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for violation in page.evaluate(LOOK, TAGS):
                nodes = "; ".join(f"{node['html'][:160]} {node['any'][:1]}" for node in violation["nodes"][:3])
                found.append(f"{scheme} {width}: {violation['id']}: {nodes}")
        if page.evaluate(OVERFLOW) > 1:
            found.append(f"{width}: wider than the screen: {page.evaluate(WIDER)}")
    return found


def sign_in(desk: Desk) -> Page:
    page = desk.page()
    page.goto("/accounts/login/")
    return page


def report(desk: Desk) -> Page:
    page = desk.page("reporter")
    page.goto("/incidents/new/")
    return page


def report_with_mistakes(desk: Desk) -> Page:
    page = report(desk)
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("alert")).to_contain_text("Say in a few words what stopped.")
    return page


def tracking(desk: Desk) -> Page:
    return desk.report("Contracts are not sent to suppliers any more", workflow="Supplier contracts")


def at(person: str, path: str) -> Callable[[Desk], Page]:
    def go(desk: Desk) -> Page:
        page = desk.page(person)
        page.goto(path)
        return page

    return go


def one_time(desk: Desk) -> Page:
    desk.report("Refunds stand still", workflow="Newsletter list")
    page = desk.page()
    page.goto(desk.portal.call("responder", "Refunds stand still"))
    return page


def incident(desk: Desk) -> Page:
    tracking(desk)
    page = desk.page("responder")
    page.goto("/incidents/")
    page.get_by_role("link", name="Contracts are not sent").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    return page


def action_with_mistakes(desk: Desk) -> Page:
    page = incident(desk)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Confirm the severity").click()
    page.get_by_role("button", name="Confirm the severity").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is this severe.")
    return page


def calendar_preview(desk: Desk) -> Page:
    page = desk.page("responder")
    page.goto("/oncall/import/")
    day = f"{datetime.now(UTC) + timedelta(days=3):%Y%m%d}"
    text = f"BEGIN:VEVENT\nUID:x\nSUMMARY:Away\nDTSTART;VALUE=DATE:{day}\nEND:VEVENT"
    page.get_by_label("Or its text").fill(f"BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", name="1 time was found")).to_be_visible()
    return page


def following(person: str, path: str, name: str) -> Callable[[Desk], Page]:
    """The page behind the first link called `name` on the page at `path`."""

    def go(desk: Desk) -> Page:
        page = at(person, path)(desk)
        page.get_by_role("link", name=name).first.click()
        page.wait_for_load_state()
        return page

    return go


def of_incident(person: str, title: str, what: str = "") -> Callable[[Desk], Page]:
    """A page of the demo's incident called `title`; `what` follows its address."""

    def go(desk: Desk) -> Page:
        page = following(person, "/incidents/?state=all", title)(desk)
        if what:
            page.goto(page.url.split("?")[0] + what)
        return page

    return go


def trail(desk: Desk) -> Page:
    page = of_incident("responder", CARDS)(desk)
    page.get_by_role("link", name="Audit trail").last.click()
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    return page


def ledger_entry(desk: Desk) -> Page:
    page = at("auditor", "/audit/")(desk)
    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Proof")).to_be_visible()
    return page


def verification(desk: Desk) -> Page:
    page = at("auditor", "/audit/")(desk)
    page.get_by_role("button", name="Verify now").first.click()
    expect(page.get_by_role("heading", name="Nothing was found")).to_be_visible(timeout=60_000)
    return page


def pack_with_mistakes(desk: Desk) -> Page:
    page = at("auditor", "/audit/packs/")(desk)
    page.get_by_role("button", name="Make this pack").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


CARDS, QUEUE, TWIN = "the access token has expired", "1240 orders wait", "Customers write that paying by card"
PAGES: dict[str, Callable[[Desk], Page]] = {
    "sign-in": sign_in,
    "report": report,
    "report with mistakes": report_with_mistakes,
    "tracking": tracking,
    "my reports": at("reporter", "/incidents/mine/"),
    "one-time link": one_time,
    "board": at("responder", "/incidents/"),
    "incident": incident,
    "action with mistakes": action_with_mistakes,
    "home": at("responder", "/"),
    "home of whom nothing needs": at("admin", "/"),
    "profile": at("responder", "/profile/"),
    "inbox": at("responder", "/inbox/"),
    "access for programs": at("responder", "/profile/tokens/"),
    "ownership": at("responder", "/ownership/"),
    "ownership of a workflow": at("responder", "/ownership/workflows/order-sync/"),
    "on call": at("responder", "/oncall/"),
    "read a calendar in": at("responder", "/oncall/import/"),
    "what a calendar would change": calendar_preview,
    "who would be told": at("reporter", "/ownership/told/?workflow=order-sync&severity=sev2"),
    "roles and contacts": at("reporter", "/ownership/contacts/"),
    "near misses": at("responder", "/incidents/?kind=near_miss"),
    "what was found": at("responder", "/search/?q=order"),
    "incident with changes, rating and people affected": of_incident("responder", CARDS),
    "incident that a trigger opened": of_incident("responder", QUEUE),
    "duplicate": of_incident("responder", TWIN),
    "events of an incident": of_incident("responder", CARDS, "events/"),
    "triage": of_incident("responder", CARDS, "do/triage/"),
    "merge": of_incident("responder", CARDS, "do/merge/"),
    "invite": of_incident("responder", CARDS, "do/invite/"),
    "trail": trail,
    "tracking of what is solved": following("reporter", "/incidents/mine/", "Contracts are not sent to suppliers"),
    "sources": at("admin", "/sources/"),
    "source with refused calls": at("admin", "/sources/queue-watch/"),
    "silent source": at("admin", "/sources/alertmanager/"),
    "mapping": at("admin", "/sources/queue-watch/mapping/"),
    "silence a source": at("admin", "/sources/n8n/silence/"),
    "silences": at("admin", "/silences/"),
    "plan maintenance": at("admin", "/silences/plan/"),
    "beats": at("admin", "/beats/"),
    "new beat": at("admin", "/beats/new/"),
    "missing beat": at("admin", "/beats/newsletter-nightly/"),
    "profile with two ways": at("lead", "/profile/"),
    "interface for programs": at("responder", "/api/docs"),
    "ledger": at("auditor", "/audit/"),
    "nothing in the ledger": at("auditor", "/audit/?object=nothing&verb=incident.merged"),
    "entry of the ledger": ledger_entry,
    "verification": verification,
    "evidence packs": at("auditor", "/audit/packs/"),
    "evidence pack with mistakes": pack_with_mistakes,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_by_everybody(desk: Desk, name: str) -> None:
    assert faults(PAGES[name](desk)) == []


@pytest.mark.parametrize(
    "of", ["portal/auditentry", "portal/timer", "portal/message", "portal/user", "incidents/incident"]
)
def test_a_list_of_the_admin_shows_its_last_column(desk: Desk, of: str) -> None:
    table = at("admin", f"/admin/{of}/")(desk).locator("#changelist-form .results")
    assert table.evaluate("(table) => table.scrollWidth - table.clientWidth") <= 1


def test_what_comes_next_stands_right_under_who_was_told(desk: Desk) -> None:
    page = of_incident("responder", QUEUE)(desk)
    told, coming = (
        page.get_by_role("region", name=name).bounding_box() for name in ("Who was told", "What comes next")
    )
    assert told and coming and coming["x"] == told["x"]
    assert 0 < coming["y"] - (told["y"] + told["height"]) < 40


def test_a_word_without_an_end_widens_no_incident(desk: Desk) -> None:
    page = of_incident("responder", QUEUE, "do/note/")(desk)
    page.locator("main textarea").fill("Donaudampfschifffahrt" * 20)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("#entries")).to_contain_text("DonaudampfschifffahrtDonaudampfschifffahrt")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert (width, page.evaluate(OVERFLOW)) == (width, 0)


def test_the_keys_are_told_and_work(desk: Desk) -> None:
    page = desk.page("responder")
    page.clock.set_fixed_time(datetime.now(UTC))  # the second letter is never late
    page.goto("/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Go to Incidents")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents/")
    page.keyboard.press("?")
    dialog.get_by_label("Use these keys").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()


def test_a_key_counts_while_the_focus_is_still_in_the_closed_help(desk: Desk) -> None:
    """A browser takes the focus out of a closed dialog only when it draws the next time."""
    page = desk.page("responder")
    page.goto("/")
    page.keyboard.press("?")
    field = page.get_by_role("dialog", name="Keys").get_by_label("Use these keys")
    field.focus()
    press = """(field) => {
        const down = (key) => field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        down("g"); down("i");  // the help is open: nothing happens
        field.closest("dialog").close();
        down("?");
    }"""
    field.evaluate(press)
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(page).to_have_url(f"{desk.portal.url}/")


def test_a_first_letter_is_forgotten_after_a_while(desk: Desk) -> None:
    page = desk.page("responder")
    now = datetime.now(UTC)
    page.clock.set_fixed_time(now)
    page.goto("/")
    page.keyboard.press("g")
    page.clock.set_fixed_time(now + timedelta(seconds=2))
    page.keyboard.press("i")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(page).to_have_url(f"{desk.portal.url}/")


def test_on_a_phone_open_incidents_like_it_stand_before_the_button_that_sends(desk: Desk) -> None:
    page = desk.page("reporter", viewport={"width": 390, "height": 844})
    page.goto("/incidents/new/")
    page.get_by_label("What stopped working?").fill("The access token of the card provider has expired")
    page.get_by_label("Which process is it?").fill("Payment capture")
    page.get_by_label("Which process is it?").press("Tab")
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()
    marks = ["#similar", "a[href='tel:112']", ".filing button.primary", "#next"]
    look = "(marks) => marks.map((mark) => document.querySelector(mark).getBoundingClientRect().top)"
    heights = page.evaluate(look, marks)
    assert heights == sorted(heights) and len(set(heights)) == 4


def test_the_profile_explains_only_the_way_that_is_chosen(desk: Desk) -> None:
    page = desk.page("responder", scripts=False)
    page.goto("/profile/")
    card = page.get_by_role("region", name="Add a way")
    expect(card.get_by_text("name@company.example")).to_be_visible()
    expect(card.get_by_label("What you call it")).to_be_hidden()
    expect(card.get_by_text("What the address of a chat or a phone looks like")).to_be_hidden()
    card.get_by_label("How").select_option("chat")
    expect(card.get_by_text("As the chat gives it to programs")).to_be_visible()
    expect(card.get_by_label("What you call it")).to_be_visible()
    expect(card.get_by_text("name@company.example")).to_be_hidden()
    card.get_by_label("How").select_option("webhook")
    expect(card.get_by_text("It begins with https://")).to_be_visible()
    expect(card.get_by_label("What you call it")).to_be_hidden()


def test_what_is_wrong_has_the_focus_though_the_address_names_a_place(desk: Desk) -> None:
    page = desk.page("lead")
    page.goto("/delegations/")
    page.get_by_role("button", name="Let them decide").click()
    page.wait_for_url("**/delegations/#give")
    expect(page.locator("#errors")).to_be_focused()
