"""The inbox of changes: what waits for one person, and the changes of everybody, a page at a time.

Whom a change waits for is worked out by the policy each time, and stored nowhere: all changes under review are judged
together, in a constant number of queries and a few milliseconds for each hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, FreezeWindow
from governance.models.changes import OPEN_STATES, ChangeState, Retrospective
from governance.models.versions import Kind
from governance.reads import change_states, outcomes, sentences, verdicts
from governance.rules.approval_facts import Standing, Verdict
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
    """A change in the list: how it stands in words, `waits` for whom or what, or what became of it; since `at`."""

    change: ChangeRequest
    tone: str
    word: str
    band: str
    waits: str = ""
    at: datetime | None = None

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
    """The changes that fit `asked`, the newest first, those that are over by when they were decided.

    A constant number of queries.
    """
    rows = ChangeRequest.objects.filter(state__in=STATES[asked.state])
    if asked.kind:
        rows = rows.filter(document__kind=asked.kind)
    if asked.mine:
        rows = rows.filter(requested_by=user)
    order, listed = "-requested_at", verdicts.listed(rows)
    if asked.is_over:
        order, listed = "-decided_at", outcomes.dated(listed)
    cut = keyset.cut(listed, order, "-id", after=after, before=before)
    made = _over(cut.rows) if asked.is_over else _open(cut.rows, at)
    rest = asked.address().lstrip("?")
    newer, older = (f"{end}&{rest}" if end and rest else end for end in (cut.newer, cut.older))
    return Page(made, newer, older)


def recent(*, most: int = 8) -> list[Row]:
    """The changes that were decided last; two queries."""
    rows = outcomes.dated(verdicts.listed(ChangeRequest.objects.filter(state__in=DECIDED)))
    return _over(rows.order_by("-decided_at", "-id")[:most])


def _over(rows: Iterable[Any]) -> list[Row]:
    """Rows of decided changes, which know when they were."""
    changes = list(rows)
    said = outcomes.of(changes)
    return [Row(row, *change_states.pill(row), row.band, said[row.pk], row.decided_at) for row in changes]


def _open(rows: Sequence[ChangeRequest], at: datetime) -> list[Row]:
    """Rows of changes that are not over, as the policy judges them now."""
    judged = verdicts.judged([row for row in rows if row.state == ChangeState.IN_REVIEW], at=at)
    freezes = _freezes(rows, at)
    made = []
    for row in rows:
        verdict, freeze = judged.verdicts.get(row.pk), freezes.get(row.pk)
        waits = _without_verdict(row, freeze)
        if verdict is not None:
            waits = _waits_for(row, verdict, {key: judged.panel.people[key].name for key in _known(verdict, judged)})
        tone, word = change_states.pill(row, verdict, is_held=freeze is not None)
        made.append(Row(row, tone, word, verdict.band if verdict else row.band, waits, row.publish_at))
    return made


def _known(verdict: Verdict, judged: verdicts.Judged) -> list[UUID]:
    return [key for key in verdict.waits_for if key in judged.panel.people]


def _waits_for(row: ChangeRequest, verdict: Verdict, people: Mapping[UUID, str]) -> str:
    if row.answer_by is not None:
        return _("%(name)s has to answer objections") % {"name": row.requested_by.name}
    names = list(people.values())
    more = _(" and %(count)s more") % {"count": len(names) - NAMES} if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more or sentences.said(verdict.sentence)


def _freezes(rows: Sequence[ChangeRequest], at: datetime) -> dict[UUID, FreezeWindow]:
    """The freeze that may hold back each of those that are approved; one query, none without them."""
    approved = [row for row in rows if row.state in STATES["approved"] and (row.publish_at or at) <= at]
    if not approved:
        return {}
    windows = FreezeWindow.objects.filter(is_withdrawn=False, starts_at__lte=at, ends_at__gt=at).order_by("ends_at")
    found: dict[UUID, FreezeWindow] = {}
    for window in windows:
        found |= {row.pk: window for row in approved if window.kind in ("", row.document.kind)}
    return found


def _without_verdict(row: ChangeRequest, freeze: FreezeWindow | None) -> str:
    if row.state == ChangeState.DRAFT:
        return row.requested_by.name
    if freeze is not None:
        return _("the end of the freeze “%(why)s”") % {"why": freeze.why}
    return _("its time; it takes effect by itself") if row.publish_at else _("what its page names")


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
        ask = _("Your verdict, and how risky it is")
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
