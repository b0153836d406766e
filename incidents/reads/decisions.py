"""Decisions that wait: for the reader first, then all others that the reader may see, then those that ended.

Whoever was asked by any level may still answer while it is open; whoever asked is waited for while data is missing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from incidents import access
from incidents.models import DecisionAnswer, DecisionRecord, DecisionRequest, EscalationEvent, Incident
from incidents.models.decisions import ASKS
from incidents.reads.decision_words import TONES, word
from portal import access as judge
from portal import registry
from portal.models import User
from portal.reads import keyset
from portal.reads.home import Item

VIEWS = ("open", "mine", "ended")
MOST = 50  # that wait for one person and are listed
OF_INCIDENT = 20
FAR = datetime(9999, 1, 1, tzinfo=UTC)
SHOWN = ("reference", "question", "state", "severity", "due_at", "opened_at", "ended_at", "delay_costs")


@dataclass(frozen=True)
class Row:
    """One decision; `asked` are the names of those whom the present level has asked, or who decided on `choice`."""

    decision: DecisionRequest
    tone: str
    word: str
    asked: Sequence[str] = ()
    choice: str = ""


@dataclass(frozen=True)
class Page:
    """`mine` waits for the reader; `rows` is a page of the others, `newer` and `older` are queries."""

    mine: list[Row]
    rows: list[Row]
    newer: str
    older: str


def seen(user: User) -> QuerySet[DecisionRequest]:
    """The decisions that `user` may see."""
    return DecisionRequest.objects.filter(access.visible_decisions(user))


def get(user: User, reference: str) -> DecisionRequest:
    """Raises DecisionRequest.DoesNotExist, also when `user` may not know of it."""
    rows = DecisionRequest.objects.select_related(
        "workflow__team", "incident__workflow", "incident__team", "requester", "source", "lead", "board", "playbook"
    )
    found = rows.get(reference=reference)
    if not judge.can(user, "view", found):
        raise DecisionRequest.DoesNotExist
    return found


def waiting(user: User) -> list[DecisionRequest]:
    """What waits for `user`, the soonest first; one query, and none when the page has asked before."""
    return judge.once(user, "decisions.waiting", lambda: list(_waiting(user)[: MOST + 1]))


def _waiting(user: User) -> QuerySet[DecisionRequest]:
    told = EscalationEvent.objects.filter(run__decision=OuterRef("pk"), user=user, outcome="told")
    told = told.filter(generation=F("run__generation")).exclude(kind="news")
    said = DecisionAnswer.objects.filter(request=OuterRef("pk"), by=user)
    left = said.filter(says=DecisionAnswer.Says.RECUSAL)
    voted = said.filter(says=DecisionAnswer.Says.CHOICE, generation=OuterRef("run__generation"))
    asked = Q(Exists(told), ~Exists(left), ~Exists(voted), state__in=["open", "contested"])
    owed = Q(state="waiting", requester=user)
    rows = DecisionRequest.objects.filter(asked | owed, state__in=ASKS)
    told_with = ("requester_id", "incident__reference", "incident__title")
    return rows.order_by(F("due_at").asc(nulls_last=True), "id").select_related("incident").only(*SHOWN, *told_with)


def number(user: User) -> int:
    """How many decisions wait for `user`, for the menu."""
    return len(waiting(user)) if user.is_active else 0


def page(user: User, view: str, *, after: str = "", before: str = "") -> Page:
    """What waits for `user` and, as `view` says, a page of the open or the ended ones; a constant number of queries."""
    first = not (after or before)
    mine = waiting(user)[:MOST] if view == "mine" or (view == "open" and first) else []
    if view == "mine":
        return Page(_rows(mine), [], "", "")
    rows = seen(user).only(*SHOWN)
    if view == "ended":
        cut = keyset.cut(rows.exclude(state__in=ASKS), "-opened_at", "-id", after=after, before=before)
    else:
        open_rows = rows.filter(state__in=ASKS).annotate(
            order_at=Coalesce("due_at", Value(FAR, output_field=DateTimeField()))
        )
        others = open_rows.exclude(pk__in=[row.pk for row in waiting(user)[:MOST]])
        cut = keyset.cut(others, "order_at", "id", after=after, before=before)
    found = _rows([*mine, *cut.rows])
    return Page(found[: len(mine)], found[len(mine) :], cut.newer, cut.older)


def _rows(rows: Sequence[DecisionRequest]) -> list[Row]:
    names = asked_now([row.pk for row in rows if row.is_asked])
    ends = _decided([row.pk for row in rows if row.state == "decided"])
    found = []
    for row in rows:
        name, choice = ends.get(row.pk, ("", ""))
        people = [name] if name else names.get(row.pk, ())
        found.append(Row(row, TONES.get(row.state, ""), word(row), people, choice))
    return found


def _decided(decisions: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Who decided last, and the title of what they chose, by decision; one query."""
    if not decisions:
        return {}
    records = DecisionRecord.objects.filter(request__in=decisions, by__isnull=False).order_by("number")
    fields = ("request_id", "by__name", "choice", "request__choices")
    found = {}
    for key, name, choice, choices in records.values_list(*fields):
        titles = {each["key"]: each["title"] for each in choices}
        found[key] = (name, titles.get(choice, choice))
    return found


def asked_now(decisions: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The names of those who were asked last, by decision; one query."""
    ids = list(decisions)
    if not ids:
        return {}
    events = EscalationEvent.objects.filter(
        run__decision__in=ids, outcome="told", run__generation=F("generation")
    ).exclude(kind="news")
    last: dict[UUID, int] = {}
    found: dict[UUID, list[str]] = defaultdict(list)
    fields = ("run__decision_id", "position", "user__name")
    for key, position, name in events.order_by("id").values_list(*fields):
        if last.get(key) != position:
            last[key], found[key] = position, []
        if name not in found[key]:
            found[key].append(name)
    return found


@dataclass(frozen=True)
class Card:
    """The decisions of an incident, open ones first; `may_ask`: the reader can ask for another one."""

    rows: list[Row]
    is_more: bool
    may_ask: bool


def card(incident: Incident, user: User, *, at: datetime) -> Card:
    """Two queries; who sees the incident sees its decisions."""
    rows = DecisionRequest.objects.filter(incident=incident).only(*SHOWN).order_by("-opened_at", "-id")
    found = list(rows[: OF_INCIDENT + 1])
    found.sort(key=lambda row: not row.is_asked)  # the newest first among equals
    may_ask = incident.is_open and bool(judge.can(user, "decide", incident))
    return Card(_rows(found[:OF_INCIDENT]), len(found) > OF_INCIDENT, may_ask)


def home(user: User, *, at: datetime) -> list[Item]:
    """A card for each decision that waits for `user`."""
    return [_item(row, user) for row in waiting(user)[:MOST]]


def _item(row: DecisionRequest, user: User) -> Item:
    if row.state == "waiting":
        title, button = _("Say what is missing: %(question)s"), _("Give the data")
        reason = _("The clock stands still until you say it.")
    else:
        title, button = _("Decide: %(question)s"), _("Decide")
        reason = _("It waits for you. If nobody decides by then, the next people are asked.")
    if row.delay_costs:
        reason = _("To wait costs: %(costs)s") % {"costs": row.delay_costs}
    return Item(
        title=title % {"question": row.question},
        reason=reason,
        url=row.get_absolute_url(),
        button=button,
        due_at=row.due_at,
        severity=row.severity,
        start=row.opened_at if row.due_at else None,
    )


def register() -> None:
    registry.home_cards.add("incidents.decide", home)
    registry.nav_counts.add("decisions.incidents", number)
    registry.nav_counts.add("now.decisions", number)
