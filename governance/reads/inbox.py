"""The inbox of changes: what waits for one person, and the changes of everybody, a page at a time.

Whom a change waits for is worked out by the policy each time, and stored nowhere: all changes under review are judged
together, in a constant number of queries and a few milliseconds for each hundred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from governance.models import ChangeRequest
from governance.models.changes import OPEN_STATES, ChangeState, Retrospective
from governance.models.versions import Kind
from governance.reads import sentences, verdicts
from governance.rules.approval_facts import Standing
from portal import access, registry
from portal.models import User
from portal.reads import keyset
from portal.reads.home import FOREVER, Item

ASKED = 500
"""So many changes under review are judged for one person, those that wait longest."""
CARDS = 20
NAMES = 3
DECIDED = (
    *(ChangeState.PUBLISHED, ChangeState.CLOSED, ChangeState.REJECTED, ChangeState.EXPIRED),
    *(ChangeState.WITHDRAWN, ChangeState.CONFLICTED, ChangeState.ROLLED_BACK),
)
STATES: dict[str, tuple[str, ...]] = {
    "open": OPEN_STATES,
    "draft": (ChangeState.DRAFT,),
    "review": (ChangeState.IN_REVIEW,),
    "approved": (ChangeState.APPROVED, ChangeState.SCHEDULED),
    "decided": DECIDED,
}
"""What the address can ask for, by its word."""
TONES: dict[str, str] = {
    ChangeState.IN_REVIEW: "info",
    ChangeState.APPROVED: "ok",
    ChangeState.SCHEDULED: "ok",
    ChangeState.PUBLISHED: "ok",
    ChangeState.REJECTED: "bad",
    ChangeState.ROLLED_BACK: "bad",
    ChangeState.CONFLICTED: "warn",
    ChangeState.EXPIRED: "warn",
    ChangeState.DRAFT: "open",
}
BANDS = {"low": "ok", "medium": "warn", "high": "bad"}


@dataclass(frozen=True)
class Waiting:
    """A change that wants something of a person: `ask` says what, `giver` in whose place (empty: the own)."""

    change: ChangeRequest
    ask: str
    band: str
    since: datetime | None = None
    due_at: datetime | None = None
    giver: str = ""
    is_verdict: bool = True
    requirement: str = ""

    @property
    def tone(self) -> str:
        return BANDS[self.band]


@dataclass(frozen=True)
class Row:
    """A change in the list; `waits` says for whom or what."""

    change: ChangeRequest
    tone: str
    band: str
    waits: str = ""

    @property
    def band_tone(self) -> str:
        return BANDS[self.band]


@dataclass(frozen=True)
class Filters:
    """What the address asks for: `state` is a word of STATES, `kind` may be empty."""

    state: str = "open"
    kind: str = ""
    mine: bool = False

    @property
    def is_over(self) -> bool:
        return self.state == "decided"

    def address(self, **other: Any) -> str:
        """The query of these filters with `other` values; "?" without any."""
        said = vars(replace(self, **other))
        found = {"state": "" if said["state"] == "open" else said["state"], "kind": said["kind"]}
        found["mine"] = "1" if said["mine"] else ""
        return "?" + urlencode([(name, value) for name, value in found.items() if value])


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    newer: str
    older: str


def filters(asked: Mapping[str, str]) -> Filters:
    """The filters of an address; values that mean nothing are left out."""
    state, kind = str(asked.get("state", "")), str(asked.get("kind", ""))
    return Filters(
        state if state in STATES else "open", kind if kind in Kind.values else "", str(asked.get("mine", "")) == "1"
    )


def page(user: User, asked: Filters, *, at: datetime, after: str = "", before: str = "") -> Page:
    """The newest changes that fit `asked`; a constant number of queries."""
    rows = ChangeRequest.objects.filter(state__in=STATES[asked.state])
    if asked.kind:
        rows = rows.filter(document__kind=asked.kind)
    if asked.mine:
        rows = rows.filter(requested_by=user)
    cut = keyset.cut(verdicts.listed(rows), "-requested_at", "-id", after=after, before=before)
    said = _waits_of(cut.rows, at)
    made = [Row(row, TONES.get(row.state, ""), *said.get(row.pk, (row.band, ""))) for row in cut.rows]
    rest = asked.address().lstrip("?")
    newer, older = (f"{end}&{rest}" if end and rest else end for end in (cut.newer, cut.older))
    return Page(made, newer, older)


def recent(*, at: datetime, most: int = 8) -> list[Row]:
    """The changes that were decided last, by when they were asked for; two queries."""
    found = verdicts.listed(ChangeRequest.objects.filter(state__in=DECIDED)).order_by("-requested_at", "-id")[:most]
    return [Row(row, TONES.get(row.state, ""), row.band, row.outcome) for row in found]


def _waits_of(rows: Sequence[ChangeRequest], at: datetime) -> dict[Any, tuple[str, str]]:
    """(band, whom it waits for) of the open ones among `rows`."""
    said: dict[Any, tuple[str, str]] = {row.pk: (row.band, row.outcome) for row in rows if not row.is_open}
    judged = verdicts.judged([row for row in rows if row.state == ChangeState.IN_REVIEW], at=at)
    for row in rows:
        verdict = judged.verdicts.get(row.pk)
        if verdict is None:
            if row.is_open:
                said[row.pk] = row.band, _without_verdict(row)
            continue
        people = [judged.panel.people[key].name for key in verdict.waits_for if key in judged.panel.people]
        more = _(" and %(count)s more") % {"count": len(people) - NAMES} if len(people) > NAMES else ""
        text = ", ".join(people[:NAMES]) + more
        if row.answer_by is not None:
            text = _("%(name)s has to answer objections") % {"name": row.requested_by.name}
        said[row.pk] = verdict.band, text or sentences.said(verdict.sentence)
    return said


def _without_verdict(row: ChangeRequest) -> str:
    if row.state == ChangeState.DRAFT:
        return row.requested_by.name
    return "" if row.publish_at else _("something that keeps it from taking effect")


# What waits for one person


def waiting(user: User, *, at: datetime) -> list[Waiting]:
    """What waits for `user`, by deadline; a constant number of queries, none when the page has asked before."""
    return access.once(user, "governance.changes", lambda: _waiting(user, at))


def _waiting(user: User, at: datetime) -> list[Waiting]:
    found = [*_verdicts_of(user, at), *_own(user)]
    return sorted(found, key=lambda item: (item.due_at or FOREVER, item.since or at, item.change.reference))


def _verdicts_of(user: User, at: datetime) -> list[Waiting]:
    """Verdicts that are asked of `user`: one line for each change, by its next deadline."""
    wanted = Q(state=ChangeState.IN_REVIEW) | Q(retrospective=Retrospective.WAITING)
    rows = ChangeRequest.objects.filter(wanted).exclude(requested_by=user)
    changes = list(verdicts.listed(rows).order_by("submitted_at", "pk")[:ASKED])
    if not changes:
        return []
    judged = verdicts.judged(changes, at=at)
    found = []
    for change in changes:
        asked = judged.asked_of(change, user)
        if asked:
            standing, giver = min(asked, key=lambda item: item[0].due_at or FOREVER)
            band = judged.verdicts[change.pk].band
            name = judged.panel.people[giver].name if giver is not None else ""
            found.append(_asked(change, standing, band, name))
    return found


def _asked(change: ChangeRequest, standing: Standing, band: str, giver: str) -> Waiting:
    ask = _("Your verdict")
    due_at = standing.due_at
    if change.retrospective == Retrospective.WAITING:
        ask, due_at = _("Judge an emergency afterwards"), change.retrospective_by
    elif standing.validates_risk:
        ask = _("Say how risky it is")
    elif standing.state == "conflict":
        ask = _("Decide: verdicts stand against each other")
    elif standing.state == "objected":
        ask = _("Your objection stands")
    return Waiting(change, ask, band, standing.opened_at, due_at, giver, requirement=sentences.said(standing.title))


def _own(user: User) -> list[Waiting]:
    """Changes of `user` that come to nothing unless they act."""
    acts = Q(answer_by__isnull=False, state__in=OPEN_STATES) | Q(state=ChangeState.CONFLICTED)
    rows = verdicts.listed(ChangeRequest.objects.filter(acts, requested_by=user)).order_by("-requested_at", "-id")
    found = []
    for change in rows[:CARDS]:
        ask = _("Answer the objections")
        if change.state == ChangeState.CONFLICTED:
            ask = _("Take it over onto the newer version")
        elif change.state == ChangeState.DRAFT:
            ask = _("Send it for review again")
        since = change.closed_at or change.submitted_at or change.requested_at
        found.append(Waiting(change, ask, change.band, since, change.answer_by, is_verdict=False))
    return found


def card(user: User, *, at: datetime) -> list[Item]:
    """What changes want of `user`, for the first page."""
    return [
        Item(
            title=f"{item.ask}: {item.change.document.title}",
            reason=_reason(item),
            url=item.change.get_absolute_url(),
            button=_("Decide") if item.is_verdict else _("Open"),
            due_at=item.due_at,
            start=item.since,
            tone="" if item.due_at else "info",
        )
        for item in waiting(user, at=at)[:CARDS]
    ]


def _reason(item: Waiting) -> str:
    change = item.change
    words = {"name": change.requested_by.name, "kind": change.document.get_kind_display()}
    if not item.is_verdict:
        return change.outcome or _("Nothing takes effect while nobody answers.")
    text = _("%(name)s wants to change this %(kind)s.") % words
    if item.giver:
        text += " " + _("You decide for %(name)s.") % {"name": item.giver}
    return f"{text} {_('Silence never approves.')}"


def register() -> None:
    registry.home_cards.add("governance.changes", card)


def kinds() -> list[tuple[str, str]]:
    return [(value, capfirst(str(word))) for value, word in Kind.choices]
