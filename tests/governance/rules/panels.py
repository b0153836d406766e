"""A board of three and people around it, a policy that asks them, and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from governance.documents.approval import Approval, Requirement, Rule, When, Who
from governance.documents.facts import AbsenceFacts, BoardFacts, PersonFacts, SeatFacts, TeamFacts
from governance.rules import approval
from governance.rules.approval_facts import (
    ChangeFacts,
    DelegationFacts,
    PanelFacts,
    ReviewFacts,
    Standing,
    Verdict,
)

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = {
    "lucia": "Lucía Ferrer",
    "helen": "Helen Marsh",
    "jonas": "Jonas Weber",
    "mara": "Mara Lind",
    "ole": "Ole Brandt",
    "pia": "Pia Rossi",
    "admin": "Ada Min",
}
SEATED = ("lucia", "helen", "jonas")
DIGEST, OTHER_DIGEST = "d" * 64, "e" * 64


def ident(name: str) -> UUID:
    return uuid5(UUID(int=5), name)


BOARD, SECOND_BOARD, TEAM = ident("board"), ident("second board"), ident("team")


def minute(minutes: float) -> datetime:
    """So many minutes after the change was submitted."""
    return OPENED + timedelta(minutes=minutes)


def seat(name: str, deputy: str = "", **more: Any) -> SeatFacts:
    deputy_id = ident(deputy) if deputy else None
    return SeatFacts(**{"person": ident(name), "from_on": date(2026, 1, 1), "deputy": deputy_id, **more})


def board(*seats: SeatFacts, id: UUID = BOARD) -> dict[UUID, BoardFacts]:
    return {id: BoardFacts(id, "Board", seats)}


def panel(*, away: str = "", inactive: tuple[str, ...] = (), **more: Any) -> PanelFacts:
    """Everybody; Mara is governance admin, Pia and Mara are the team. `away` is so for a day from the opening on."""
    absence = (AbsenceFacts(minute(-5), minute(24 * 60)),)
    people = {
        ident(name): PersonFacts(ident(name), title, name not in inactive, absence if name == away else ())
        for name, title in PEOPLE.items()
    }
    known = PanelFacts(
        people=people,
        teams={TEAM: TeamFacts(TEAM, "Payments", (ident("pia"), ident("mara")))},
        boards=board(*map(seat, SEATED)),
        roles={"governance_admin": (ident("mara"),)},
        responsibilities={"on_call": (ident("pia"),)},
    )
    return replace(known, **more)


def need(**more: Any) -> Requirement:
    """Two of the board, unless `more` says otherwise."""
    asked = {"key": "board", "title": "Board", "who": Who(board=BOARD), "how": "number", "number": 2}
    return Requirement(**{**asked, **more})


def person(name: str) -> Who:
    return Who(person=ident(name))


def row(*needs: Requirement, key: str = "all", **more: Any) -> Rule:
    return Rule(**{"key": key, "title": key.capitalize(), "needs": needs, **more})


def policy(*needs: Requirement, **more: Any) -> Approval:
    """One row for everything that needs `needs`, or the board."""
    return Approval(**{"title": "Approvals", "rows": (row(*(needs or (need(),))),), **more})


def standard(**when: Any) -> Rule:
    return row(key="small", pre_approved=True, when=When(**{"kinds": ("matrix",), **when}))


def change(**more: Any) -> ChangeFacts:
    """A normal change of a matrix by Ole."""
    facts = ChangeFacts(
        "matrix", "normal", "publish", "low", frozenset({"low"}), frozenset({"rows"}), DIGEST, ident("ole")
    )
    return replace(facts, **more)


def says(name: str, verdict: Any = "approve", minutes: float = 1, *, of: str = "", **more: Any) -> ReviewFacts:
    """What somebody says so many minutes after the opening; `of` whose delegate they are."""
    given = {"on_behalf_of": ident(of), "delegation": ident(f"{of} to {name}")} if of else {}
    return ReviewFacts(
        **{"by": ident(name), "verdict": verdict, "digest": DIGEST, "at": minute(minutes), **given, **more}
    )


def delegation(giver: str, taker: str, **more: Any) -> DelegationFacts:
    """From an hour before the opening, for a day."""
    key = ident(f"{giver} to {taker}")
    given = DelegationFacts(key, ident(giver), ident(taker), minute(-60), minute(24 * 60))
    return replace(given, **more)


def judged(
    asked: Approval | None = None,
    *reviews: ReviewFacts,
    after: float = 600,
    of: ChangeFacts | None = None,
    by: PanelFacts | None = None,
) -> Verdict:
    """What the policy says so many minutes after the opening."""
    return approval.evaluate(
        asked or policy(), of or change(), reviews, by or panel(), at=minute(after), opened_at=OPENED
    )


def standing(*reviews: ReviewFacts, asked: Requirement | None = None, **more: Any) -> Standing:
    """How a single requirement stands."""
    [found] = judged(policy(asked or need()), *reviews, **more).standings
    return found


def names(people: tuple[UUID, ...]) -> list[str]:
    known = {ident(name): name for name in PEOPLE}
    return [known[person] for person in people]
