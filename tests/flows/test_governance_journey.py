"""A playbook changes through HTTP: proposed, judged by a board, in force by the clock; what runs keeps the old one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from governance.models import ChangeRequest, Document, Review, Version
from governance.services import changes
from incidents.models import Incident
from portal import roles
from portal.models import AuditEntry, Timer, User
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_incidents import violations
from tests.flows.test_journeys import MORNING, REPORT, Time, mails_to, picture
from tests.flows.visitor import Visitor
from tests.governance.governing import asked, through

pytestmark = pytest.mark.django_db
EVENING = "2026-03-02T20:00"
BACK = "Bring back the last version, then replay what waits."
WHY = "The old way back lost orders in February."
BOARD = {
    "key": "board",
    "title": "Rules board",
    "who": {"board": "board"},
    "how": "number",
    "number": 2,
    "confirm": True,
    "turnaround_minutes": 2880,
    "alternate": {"person": "chief@example.test"},
}
ROWS = (
    {
        "key": "everyday",
        "title": "Everyday changes",
        "pre_approved": True,
        "when": {"kinds": ["matrix", "escalation", "rubric", "module"]},
    },
    {"key": "playbooks", "title": "Playbooks", "when": {"kinds": ["playbook"]}, "needs": [BOARD]},
)
RISK = [{"key": "undo", "question": "Is it hard to undo?", "band_if_yes": "high"}]


@pytest.fixture
def time() -> Iterator[Time]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        cache.clear()
        yield Time(traveller)


@pytest.fixture
def board(time: Time) -> dict[str, User]:
    """Three on the board, of whom one writes; the chief is asked when too few of them are left."""
    seats = [make.make_person(name, role=roles.BOARD_MEMBER) for name in ("writer", "fair", "partial")]
    keeper = make.make_person("keeper", role=roles.GOVERNANCE_ADMIN)
    people = {person.email.split("@")[0]: person for person in [*seats, make.make_person("chief"), keeper]}
    make.make_board(*seats, functions=("Operations", "Compliance", "Finance"))
    make.make_policy(*ROWS, by=keeper, risk=RISK)
    return people


@pytest.fixture
def company(board: dict[str, User]) -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def playbook(company: Company, board: dict[str, User]) -> Document:
    """Version 1, which the board has approved before."""
    draft = make.make_draft(keeping.playbook(), kind="playbook", key="nothing-happens", by=company.admin)
    asking = asked(draft, by=company.admin, answers={"undo": False})
    through(changes.submit(change=asking, by=company.admin, at=NOW))
    return Document.objects.get(pk=draft.document_id)


def enter(person: User, address: str) -> Visitor:
    return Visitor().open("/accounts/login/").sign_in(person.email, PASSWORD).open(address)


def of(playbook: Document) -> ChangeRequest:
    return ChangeRequest.objects.filter(document=playbook).latest("requested_at")


def in_force(playbook: Document) -> int:
    return Document.objects.select_related("effective_version").get(pk=playbook.pk).effective_version.number


def an_incident(company: Company, what: str) -> Incident:
    """Reported by somebody, taken by the responder."""
    enter(company.reporter, "/incidents/new/").press("Send report", **(REPORT | {"what": what}))
    incident = Incident.objects.get(title=what)
    enter(company.responder, f"/incidents/{incident.reference}/do/acknowledge/").press("Acknowledge")
    return incident


def work_by(incident: Incident, version: Version, company: Company) -> Visitor:
    """The responder chooses the playbook, of which only `version` is offered."""
    responder = enter(company.responder, f"/incidents/{incident.reference}/do/playbook/")
    offered = set(re.findall(r"Nothing happens, version \d", responder.page.words))
    assert offered == {f"Nothing happens, version {version.number}"}
    responder.press("Work by this playbook", playbook=str(version.pk))
    assert responder.reads("The playbook is chosen.")
    return responder


def propose(writer: User, playbook: Document) -> ChangeRequest:
    """From the page that everybody reads to a change in review, which takes effect in the evening."""
    visitor = enter(writer, f"/playbooks/{playbook.key}/")
    visitor.press("Propose a change").follow("Nothing happens")
    assert visitor.reads("You are writing version 2. Version 1 stays in force until it is approved.")
    visitor.press("Save", rollback=BACK)
    assert visitor.reads("Saved in the draft. Nothing is in force yet.")
    change = of(playbook)
    visitor.follow(change.reference)
    assert visitor.reads("It will need: Rules board, 2 of 2.", "There are enough people who could approve it.")
    visitor.press("Send for review", reason=" ", publish_at=EVENING)
    assert visitor.status == 422 and visitor.reads("Say in up to 500 characters why; whoever reviews reads this first.")
    visitor.press("Send for review", reason=WHY, publish_at=EVENING)
    assert visitor.status == 422 and visitor.reads("Answer the questions about the risk first.", WHY)
    assert of(playbook).state == "draft"
    visitor.press("Send for review", **{"risk-undo": "no"})
    assert visitor.reads("CHG-2026-0007 is in review. You hear of every verdict.", "Waits for Fair, Partial")
    assert visitor.reads("You have worked on this text yourself, so somebody else has to judge it.")
    change.refresh_from_db()
    assert (change.state, change.requested_by, in_force(playbook)) == ("in_review", writer, 1)
    return change


def refused(visitor: Visitor, button: str, sentence: str, **said: str) -> None:
    before = picture()
    visitor.press(button, **said)
    assert visitor.status == 422 and visitor.reads(sentence)
    assert picture() == before


def decide(board: dict[str, User], change: ChangeRequest) -> None:
    """One steps aside, so that too few are left: the chief is asked, and decides with the one who stayed."""
    page = change.get_absolute_url()
    partial = enter(board["partial"], "/changes/")
    assert partial.reads("Waits for you by deadline", "Your verdict as “Rules board”")
    refused(partial.open(page), "Step aside", "Say why in a sentence; it stays on record.")
    partial.press("Step aside", rationale="My brother owns the shop.")
    assert partial.reads("Kept. Your verdict stays on record.", "Waits for Chief, Fair", "Partial stepped aside")
    assert partial.reads("The time to answer was over, or too few were left: the alternate is asked too.")
    assert enter(board["partial"], "/changes/").reads("Nothing waits for you.")

    fair = enter(board["fair"], page)
    sentence = "The policy asks you to sign in once more before you approve."
    refused(fair, "Approve version 2", sentence, rationale="Read twice.")
    refused(fair, "Approve version 2", "This is not your password. Nothing was decided.", password="a guess")
    fair.press("Approve version 2", password=PASSWORD)
    assert fair.reads("Kept. Your verdict stays on record.", "Waits for Chief", "1 of 2")
    change.refresh_from_db()
    assert change.state == "in_review"

    chief = enter(board["chief"], "/changes/")
    assert chief.reads("Waits for you by deadline", "Your verdict as “Rules board”")
    assert chief.open(page).reads("Your vote decides", WHY)
    chief.press("Approve version 2", rationale="Agreed.", password=PASSWORD)
    assert chief.reads("Kept. CHG-2026-0007 is approved.", "It takes effect by itself", "takes effect 20:00")


def ledger(*rows: Any) -> list[tuple[str, str]]:
    """What was done to them and by whom, without what the history of their rows says by itself."""
    entries = AuditEntry.objects.filter(target_id__in=[row.pk for row in rows], at__gte=MORNING).order_by("id")
    said = entries.values_list("verb", "actor_label")
    return [item for item in said if not item[0].startswith("governance.")]


def test_a_playbook_changes_by_a_board_and_the_clock_while_an_incident_runs_by_the_old_one(
    time: Time, board: dict[str, User], company: Company, playbook: Document
) -> None:
    first = playbook.effective_version
    assert first is not None
    running = an_incident(company, "Orders do not arrive.")
    work_by(running, first, company)

    change = propose(board["writer"], playbook)
    decide(board, change)
    change.refresh_from_db()
    assert (change.state, in_force(playbook)) == ("scheduled", 1)
    said = Review.objects.filter(change_request=change).order_by("at", "pk")
    assert list(said.values_list("by__name", "verdict", "is_confirmed")) == [
        ("Partial", "recuse", False),
        ("Fair", "approve", True),
        ("Chief", "approve", True),
    ]
    time.pass_by(10 * 60 - 1)
    assert (of(playbook).state, in_force(playbook)) == ("scheduled", 1)
    assert time.pass_by(1) >= 1
    assert (of(playbook).state, in_force(playbook)) == ("published", 2)
    second = of(playbook).version
    assert not Timer.objects.filter(subject_id=change.pk, state="armed").exists()
    assert ledger(change, playbook, second) == [
        ("version.drafted", "Writer"),
        ("version.edited", "Writer"),
        ("change.submitted", "Writer"),
        ("change.reviewed", "Partial"),
        ("change.reviewed", "Fair"),
        ("change.reviewed", "Chief"),
        ("change.approved", "Chief"),
        ("version.published", "clock"),
    ]

    running.refresh_from_db()
    assert running.playbook == first
    responder = enter(company.responder, running.get_absolute_url())
    assert responder.reads("Nothing happens version 1", "A newer version is in force. Switch Nothing happens")
    assert enter(company.responder, f"/playbooks/{playbook.key}/").reads("Version 2, in force", BACK)
    old = enter(company.responder, f"/playbooks/{playbook.key}/?version=1")
    assert old.reads("Do not work by this text: it is not in force.", "Back to the last version.")

    other = an_incident(company, "Invoices do not arrive.")
    work_by(other, second, company)
    assert set(Incident.objects.values_list("title", "playbook__number")) == {
        ("Orders do not arrive.", 1),
        ("Invoices do not arrive.", 2),
    }
    switch(responder, running, first, second)
    assert violations() == []
    time.pass_by(16 * 60)
    told = [f"{mail.subject} {mail.body}" for mail in mails_to(board["writer"])]
    assert sum("CHG-2026-0007 is in force" in text for text in told) == 1, "by the next morning, and once"


def switch(responder: Visitor, running: Incident, first: Version, second: Version) -> None:
    """The newer version is a decision with a reason, which the report on the incident names."""
    responder.follow("Switch Nothing happens")
    before = picture()
    responder.press("Switch", what="playbook", reason=" ")
    assert responder.status == 422 and responder.reads("Say why the newer version shall count.")
    assert picture() == before
    responder.press("Switch", reason="Its way back loses nothing.")
    assert responder.reads("The newer version counts from now on.", "Responder switched Nothing happens to version 2")
    running.refresh_from_db()
    entry = running.timeline.latest("id")
    assert (running.playbook, entry.verb, entry.data["before"]) == (second, "switched", str(first.pk))
    responder.follow("Does it fit governance?")
    assert responder.reads("Nothing happens playbook, version 2 Approved The change CHG-2026-0007 (normal)")
    assert responder.reads("Asked for by Writer By the rule Playbooks", "Its way back loses nothing.")
    assert responder.reads("Approved by Fair, 10:00 Chief, 10:00 In force since")
