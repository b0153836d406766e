"""The documents of the demo company: the first policy by genesis, everything else by the people whom it asks.

They came about one after the other in the weeks before; two changes of them wait for somebody now.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import cycle

from governance.documents import demo as documents
from governance.models import ChangeRequest, Document
from governance.models.changes import ChangeState
from governance.reads import approval
from governance.services import changes, genesis, reviews, versions
from incidents.management.commands._demo_clock import WorkingTime
from portal import audit
from portal.errors import DomainError
from portal.models import User

REASON, LABEL = "demo company", "demo"
SEATS = (("board1", "Finance"), ("board2", "Operations"), ("board3", "Compliance"))
BOARD, NAME = "rules-board", "Rules board"
ROUNDS = 10
"""More stages than any policy has."""
DAYS = 18
"""Working days from the first policy to the last document."""

REASONS = {
    "matrix": "Everybody should see who answers for what, and who stands in.",
    "escalation": "Nobody should wait for an answer that never comes.",
    "rubric": "The same failure should be judged the same way everywhere.",
    "glossary": "Everybody should mean the same by the same word.",
    "communication": "Those who wait should hear from us before they have to ask.",
    "module": "What to do has to be written down before it happens again.",
    "playbook": "The failure patterns that we have agreed on, in the order in which they help.",
}
RATIONALES = (
    "Read and agreed.",
    "Went through it with the team; it fits how we work.",
    "Tried it on a case of last month, and it holds.",
    "The people named in it know about it.",
)
WAITING = (  # kind, key, why, what the text says, what it shall say, who has agreed already
    (
        "module",
        "rate-limit",
        "Twice last month the urgent work was slower than we had promised.",
        "Urgent work goes through within 30 minutes",
        "Urgent work goes through within 20 minutes",
        1,
    ),
    (
        "glossary",
        "glossary",
        "People ask what this word means.",
        "  - key: no-code\n",
        "  - key: staging\n    title: staging\n    aliases: [staging copy]\n"
        "    meaning: A copy of a workflow on which something is tried before it is done for real.\n"
        "  - key: no-code\n",
        0,
    ),
)
SENT = (timedelta(hours=22), timedelta(hours=3))
"""So long ago each of those that wait was sent."""


def begins(until: datetime) -> WorkingTime:
    """The clock of the time in which the documents came about; it ends before `until`."""
    return WorkingTime(days=DAYS, until=until)


def govern(people: Mapping[str, User], *, at: datetime) -> None:
    """The board and the first approval policy, if there is none yet; `people` by their demo key."""
    if Document.objects.filter(kind="approval", effective_version__isnull=False).exists():
        return
    seats = [genesis.Seat(people[key], function) for key, function in SEATS]
    genesis.seat_board(key=BOARD, name=NAME, seats=seats, on=at.date(), at=at, label=LABEL)
    genesis.install(policy=documents.read("approval"), by=people["admin"], at=at, label=LABEL)


def publish(admin: User, *, clock: WorkingTime) -> None:
    """Import what is not in force yet, send it for review, and let those who are asked approve it.

    A company whose own rules do not fit a document (an older demo, say) stays without that document.
    """
    for kind, key in documents.DOCUMENTS:
        if Document.objects.filter(kind=kind, key=key, effective_version__isnull=False).exists():
            continue
        with suppress(DomainError):
            approve(_sent(kind, key, documents.read(key), REASONS[kind], admin, clock.later), clock.later)


def wait(admin: User, *, at: datetime) -> None:
    """Send changes of documents in force, and leave them to those who are asked now."""
    for ago, (kind, key, why, was, becomes, agreed) in zip(SENT, WAITING, strict=True):
        if ChangeRequest.objects.filter(document__kind=kind, document__key=key).count() != 1:
            continue
        moments = _apart(at - ago, timedelta(minutes=40))
        with suppress(DomainError):
            text = documents.read(key).replace(was, becomes, 1)
            approve(_sent(kind, key, text, why, admin, moments.__next__), moments.__next__, rounds=agreed)


def _apart(begin: datetime, step: timedelta) -> Iterator[datetime]:
    while True:
        yield begin
        begin += step


def _sent(kind: str, key: str, text: str, why: str, admin: User, moment: Callable[[], datetime]) -> ChangeRequest:
    at = moment()
    with audit.action(actor=admin, reason=REASON, at=at):
        _, version = versions.import_yaml(kind=kind, text=text, key=key, by=admin, at=at)
        change = changes.propose(version=version, reason=why, by=admin, at=at)
    at = moment()
    with audit.action(actor=admin, reason=REASON, at=at):
        answers = dict.fromkeys(("customers", "undo", "data"), False)
        changes.describe(change=change, by=admin, at=at, said={"answers": answers})
        return changes.submit(change=change, by=admin, at=at)


def approve(change: ChangeRequest, moment: Callable[[], datetime], *, rounds: int = ROUNDS) -> None:
    """Let one after the other of those who are asked agree, each at the next `moment`, `rounds` of them at most."""
    said = cycle(RATIONALES)
    for _round in range(rounds):
        if change.state != ChangeState.IN_REVIEW:
            return
        at = moment()
        verdict = approval.judge(change, at=at)
        person = User.objects.get(pk=verdict.waits_for[0])
        change = reviews.review(
            change=change,
            verdict="approve",
            rationale=next(said),
            seen=change.version.digest,
            by=person,
            at=at,
            band=verdict.band,
            is_confirmed=True,
        )
