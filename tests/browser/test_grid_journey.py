"""An admin hands twenty workflows to other people: pasted, mended, saved, compared, published, told; and once more
without ever touching the mouse."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, Desk
from tests.browser.test_grid import GRID, cell

pytestmark = pytest.mark.browser
MANY = 20
SET_UP = """
from django.utils import timezone
from governance.documents import cells
from governance.models import Platform, Workflow
from governance.services import catalog, grid
from portal import audit, roles
from portal.models import Team, User
from portal.services import people
at, team = timezone.now(), Team.objects.get(key={team!r})
by, old, deputy = (User.objects.get(email=f"{{key}}@demo.example") for key in ("admin", "engineering", "operator"))
flows = []
with audit.action(actor=by, reason="twenty workflows", at=at):
    for number in range(1, {many} + 1):
        flow = Workflow(key=f"{key}-{{number}}", name=f"{word} flow {{number:02}}", team=team, criticality="low",
                        platform=Platform.objects.get(key="n8n"))
        catalog.save_workflow(workflow=flow, at=at)
        flows.append(flow)
    who = dict(by=by, reason="set up", at=at)
    keeper = people.create_person(email="{key}@demo.example", name="Kara {word}", verified=True, is_staff=True,
                                  password={password!r}, **who)
    people.grant_role(person=keeper, role=roles.TEAM_ADMIN, **who)
    people.join_team(person=keeper, team=team, **who)
    people.create_person(email="gone-{key}@demo.example", name="Gone {word}", is_active=False, **who)
    admin = people.create_person(email="admin-{key}@demo.example", name="Ada {word}", verified=True, is_staff=True,
                                 is_superuser=True, password={password!r}, **who)  # without drafts of other tests
    people.grant_role(person=admin, role=roles.GOVERNANCE_ADMIN, **who)
held = cells.Value(cells.Held("person", str(old.pk)), (cells.Held("person", str(deputy.pk)),))
edit = cells.Edit(cells.Cell("workflow", str(flows[0].pk), "on_call"), held, cells.token(None), name="first")
assert grid.save(edits=[edit], reason="As it was", by=admin, at=at, publish=True)[0].published
"""


@dataclass
class Hand:
    """Presses and types, by mouse or by keys alone."""

    page: Page
    keys: bool

    def reach(self, target: Locator) -> None:
        """Tab until `target` has the focus."""
        expect(target).to_be_visible()
        for _ in range(200):
            if target.evaluate("node => node === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")

    def press(self, target: Locator) -> None:
        if self.keys:
            self.reach(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()

    def fill(self, target: Locator, text: str) -> None:
        if self.keys:
            self.reach(target)
        else:
            target.click()
        self.page.keyboard.type(text)

    def go(self, target: Locator) -> None:
        """Into a cell of the grid: by keys the arrows lead there from the cell that has the focus."""
        if not self.keys:
            target.scroll_into_view_if_needed()
            target.get_by_role("link").first.focus()
            return
        if not self.page.evaluate("document.activeElement.matches('#grid td > a')"):
            for _ in range(60):
                self.page.keyboard.press("Tab")
                if self.page.evaluate("document.activeElement.matches('#grid td > a')"):
                    break
        place = """node => { const rows = [...document.querySelectorAll("#grid tbody tr:not(.group)")];
            const at = document.activeElement.closest("td");
            return [rows.indexOf(node.parentNode) - rows.indexOf(at.parentNode), node.cellIndex - at.cellIndex]; }"""
        down, right = target.evaluate(place)
        for _ in range(abs(down)):
            self.page.keyboard.press("ArrowDown" if down > 0 else "ArrowUp")
        for _ in range(abs(right)):
            self.page.keyboard.press("ArrowRight" if right > 0 else "ArrowLeft")
        expect(target.get_by_role("link").first).to_be_focused()

    def write(self, target: Locator, text: str) -> None:
        """`text` into a cell of the grid."""
        self.go(target)
        if self.keys:
            self.page.keyboard.press("Enter")
        else:
            target.get_by_role("link").first.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def save(self, reason: str) -> None:
        if self.keys:
            self.page.keyboard.press("Control+s")
            self.page.keyboard.type(reason)
            self.page.keyboard.press("Enter")
        else:
            self.page.get_by_label("Reason").fill(reason)
            self.page.get_by_role("button", name="Save draft").click()


def pasted(word: str) -> str:
    """Twenty owners as a spreadsheet copies them, in another order than the grid's, four of them with a mistake."""
    owners = dict.fromkeys(range(1, MANY + 1), "Sofia Success; Lena Lead; 5 min")
    owners |= {7: "Sofia Succes; Lena Lead", 12: "Sofia Success", 15: f"gone-{word.lower()}@demo.example; Lena Lead"}
    owners[18] = "Lena Lead; Lena Lead"
    lines = [f'{word} flow {number:02}\t"{text}"' for number, text in reversed(owners.items())]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    ("word", "team", "keys"), [("Ticket", "customer-success", True), ("Offer", "product", False)], ids=["keys", "mouse"]
)
def test_twenty_owners_are_pasted_mended_compared_published_and_told(
    desk: Desk, word: str, team: str, keys: bool
) -> None:
    key = word.lower()
    source = SET_UP.format(team=team, many=MANY, key=key, word=word, password=PASSWORD)
    desk.portal.manage("shell", "-c", source)
    address = f"{GRID}?team={team}"
    page, slower = desk.page(f"admin-{key}", permissions=["clipboard-read", "clipboard-write"]), desk.page(key)
    page.goto(address)
    slower.goto(address)  # sees what the admin is about to change
    hand, other = Hand(page, keys), Hand(slower, keys)
    first = cell(page, f"{word} flow 01", 0)
    expect(first).to_contain_text("Enzo Engineering")

    hand.go(first)
    page.evaluate("text => navigator.clipboard.writeText(text)", pasted(word))
    page.keyboard.press("Control+v")
    expect(page.get_by_text(f"{MANY} changes", exact=True)).to_be_visible()
    unsaved = page.get_by_role("region", name="In your unsaved cells").get_by_role("listitem")
    expect(unsaved).to_have_count(4)
    for words in ("Nobody is called “Sofia Succes”.", "is no longer active", "nobody stands in", "are the same"):
        expect(unsaved.filter(has_text=words)).to_have_count(1)
    for number in (7, 12, 15, 18):
        hand.write(cell(page, f"{word} flow {number:02}", 0), "Sofia Success; Lena Lead; 5 min")
    expect(unsaved).to_have_count(0)
    hand.save("Customer success answers first")
    expect(page.get_by_text(f"{MANY} cells saved in the draft of version 2")).to_be_visible()
    expect(first).to_contain_text("was: Enzo Engineering")

    hand.press(page.get_by_role("link", name="see the difference"))
    change = page.get_by_role("listitem").filter(has_text="Changed").filter(has_text=f"{word} flow 01")
    expect(change.locator("del", has_text="Enzo Engineering").first).to_be_visible()
    expect(change.locator("ins", has_text="Sofia Success").first).to_be_visible()
    told = page.get_by_role("table", name="Who would be told otherwise")
    expect(told.get_by_role("row").filter(has_text=f"{word} flow 01").filter(has_text="SEV1")).to_contain_text(
        "Sofia Success at once"
    )
    hand.fill(page.get_by_label("Reason"), "Agreed with customer success")
    hand.press(page.get_by_role("button", name="Send for approval"))
    expect(page.get_by_text("is in force (CHG-")).to_be_visible()

    title = f"{word}s are not sorted"
    desk.report(title, workflow=f"{word} flow 01")
    desk.portal.call("success", title)
    assert desk.portal.calls("engineering", title) == []

    other.write(cell(slower, f"{word} flow 01", 0), "Priya Product; Lena Lead")
    other.write(cell(slower, f"{word} flow 01", 1), "Lena Lead; Priya Product")
    expect(slower.get_by_text("2 changes", exact=True)).to_be_visible()
    other.save("Product answers first")
    expect(slower.get_by_role("heading", name="Somebody else was faster")).to_be_visible()
    expect(slower.get_by_text("Sofia Success; Lena Lead; 5 min")).to_be_visible()
    expect(slower.get_by_text("Priya Product; Lena Lead")).to_be_visible()
    expect(slower.get_by_text("1 cell saved in the draft of version 3")).to_be_visible()
    other.press(slower.get_by_role("link", name="Keep theirs"))
    expect(cell(slower, f"{word} flow 01", 0)).to_contain_text("Sofia Success")
    expect(cell(slower, f"{word} flow 01", 1)).to_contain_text("Lena Lead")
    expect(cell(slower, f"{word} flow 01", 1)).to_contain_text("was: inherited")
