"""A workflow stops above a limit; the question climbs three levels, a board votes, and the flow goes on."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Desk, Portal, shipped, until
from tests.incidents.decided import Flow, flow

pytestmark = pytest.mark.browser
QUESTION = "Pay the invoice of Northwind?"
SILENT = "No answer"


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """One of its own, which may post to a flow on this machine."""
    with shipped(more={"WEBHOOK_ALLOW_LOOPBACK": "1"}) as running:
        yield running


def connect(portal: Portal, waiting: Flow) -> None:
    """Make the source from which the flow asks; it believes what the source's secret has signed."""
    said = portal.manage("source", "payments", "--format", "node_red", "--workflow", "supplier-contracts")
    words = {line.rpartition(" ")[0].strip(): line.rpartition(" ")[2] for line in said.splitlines()}
    waiting.token, waiting.secret = words["bearer token"], words["signing secret"]


def ask(portal: Portal, waiting: Flow) -> dict[str, Any]:
    """What the node does before the payment: it asks, and waits at its own address."""
    body = {
        "key": "msg-4711",
        "question": QUESTION,
        "name": "payment-above-limit",
        "category": "spending",
        "given": {"Amount": "25 000 euros", "Supplier": "Northwind"},
        "delay_costs": "The supplier stops deliveries tomorrow.",
        "link": "https://flows.example/#flow/pay",
        "safe_default": "refuse",
        "callback": waiting.url,
    }
    request = urllib.request.Request(f"{portal.url}/api/v1/decisions", json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {waiting.token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


def opened(desk: Desk, person: str, address: str) -> Page:
    page = desk.page(person)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    return page


def vote(page: Page, choice: str, why: str) -> None:
    page.get_by_label(choice, exact=True).check()
    page.get_by_label("Why?").first.fill(why)
    page.get_by_role("button", name="Vote").click()


def heard(page: Page, person: str) -> Locator:
    """What the page says of somebody who was asked."""
    return page.get_by_role("region", name="Who was asked").get_by_role("listitem").filter(has_text=person)


def test_a_question_climbs_three_levels_and_the_flow_goes_on(desk: Desk) -> None:
    portal = desk.portal
    with flow() as waiting:
        connect(portal, waiting)
        asked = ask(portal, waiting)
        assert ask(portal, waiting)["decision"] == asked["decision"], "the same question twice is one"
        address = f"/decisions/{asked['decision']}/"

        lena = opened(desk, "lead", address)
        expect(lena.get_by_text("The supplier stops deliveries tomorrow.")).to_be_visible()
        where = lena.get_by_role("link", name="Open the exact place")
        expect(where).to_have_attribute("href", "https://flows.example/#flow/pay")
        expect(lena.get_by_role("button", name="Decide", exact=True)).to_be_visible()

        portal.move_clock(minutes=31)  # whoever it belongs to had thirty minutes
        lionel = opened(desk, "leadership", address)
        expect(lionel.get_by_role("button", name="Decide", exact=True)).to_be_visible()
        expect(heard(lionel, "Lena Lead")).to_contain_text(SILENT)

        portal.move_clock(minutes=62)  # leadership had thirty, too
        lionel.reload()
        expect(heard(lionel, "Bela Board")).to_contain_text("No answer yet")
        bela, boris = (opened(desk, person, address) for person in ("board1", "board2"))
        vote(bela, "Pay it", "The contract says so, and the goods have arrived.")
        expect(bela.get_by_text("You have voted: Pay it")).to_be_visible()
        assert waiting.got == [], "one vote of three decides nothing"
        vote(boris, "Pay it", "Checked the delivery note.")
        expect(boris.get_by_text("Decided: Pay it")).to_be_visible()

        until(lambda: bool(waiting.went_on), "the flow heard nothing", 60)
        (answer,) = waiting.got
        assert waiting.forged == 0
        assert waiting.went_on == {answer["id"]: "pay"}
        assert (answer["key"], answer["outcome"], answer["choice"]) == ("msg-4711", "decided", "pay")

    for person in ("lead", "board3"):
        page = opened(desk, person, address)
        expect(page.get_by_text("The board, by 2 of 3 seats.")).to_be_visible()
        expect(page.get_by_text("The workflow has taken the answer")).to_be_visible()
        expect(page.get_by_role("region", name="What was said")).to_contain_text("the goods have arrived")
        expect(heard(page, "Lionel Leadership")).to_contain_text(SILENT)
        expect(page.get_by_role("button", name="Decide", exact=True)).to_have_count(0)
    expect(heard(page, "You")).to_contain_text("Not needed any more")

    page.get_by_role("link", name="Play it through with other facts or rules").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
