"""What the tracking page tells those who reported an incident or are affected, in their words."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.reads.sentences import after, said
from incidents.models import Incident, TimelineEntry
from incidents.models.incidents import IncidentState
from portal.models import Timer, User
from portal.models.timers import TimerState

NEWS = 100


@dataclass(frozen=True)
class Stage:
    """One of the five plain steps, when it was reached; `state` is done, now or empty."""

    word: str
    at: datetime | None
    note: str
    state: str


@dataclass(frozen=True)
class Tracked:
    """The tracking page: one sentence on the state, the steps, the news."""

    headline: str
    sentence: str
    needs_nothing: bool
    stages: list[Stage]
    news: list["News"]


@dataclass(frozen=True)
class News:
    at: datetime
    kind: str
    text: str
    detail: str = field(default="")


def tracked(incident: Incident, person: User | None = None) -> Tracked:
    """Everything that the tracking page of `incident` says to `person`; one query.

    What others wrote on their pages is for the team: of it only the fact is told.
    """
    headline, sentence, nothing = _state_in_words(incident)
    rows = incident.timeline.filter(is_public=True).select_related("by", "text_row").order_by("-id")[:NEWS]
    news = [_news(row, incident, person) for row in _once(list(rows))]
    return Tracked(headline, sentence, nothing, _stages(incident), news)


def _once(rows: list[TimelineEntry]) -> list[TimelineEntry]:
    """`rows`, newest first, without the answers of whoever is on it already: a call that went out again is no news."""
    kept, on_it = [], ""
    for row in reversed(rows):
        if row.verb == "acknowledged":
            name, on_it = on_it, str(row.data.get("name", ""))
            if name and name == on_it:
                continue
        elif row.verb in LET_GO:
            on_it = ""
        kept.append(row)
    return kept[::-1]


def closes_at(incident: Incident) -> datetime | None:
    """When a resolved incident closes unless somebody says that it does not work."""
    promised = Timer.objects.filter(subject_id=incident.pk, kind="incident.close", state=TimerState.ARMED)
    return promised.values_list("due_at", flat=True).first()


def _state_in_words(incident: Incident) -> tuple[str, str, bool]:
    lead = str(incident.lead) if incident.lead else ""
    match incident.state:
        case IncidentState.REPORTED if incident.kind == Incident.Kind.NEAR_MISS:
            return _("Thank you, we have written it down"), _("Near misses help us to prevent the next outage."), True
        case IncidentState.REPORTED:
            return (
                _("We have it and are calling the people who can help"),
                _("You will hear from us as soon as somebody has it."),
                True,
            )
        case IncidentState.INVESTIGATING if not lead:
            return (
                _("We are calling the people who can help"),
                _("You will hear from us as soon as somebody has it."),
                True,
            )
        case IncidentState.INVESTIGATING:
            who = _("%(name)s is looking into it.") % {"name": lead}
            return _("Someone is on it"), f"{who} {_plan(incident)}".strip(), True
        case IncidentState.CONTAINED:
            who = _("%(name)s leads.") % {"name": lead} if lead else ""
            plan = _plan(incident) or _("We are working on the repair.")
            return _("It cannot get worse now"), f"{who} {plan}".strip(), True
        case IncidentState.MONITORING:
            return _("It should work again"), _("We keep watching it before we call it fixed."), True
        case IncidentState.RESOLVED:
            return _("It works again"), said(incident.resolution), False
        case IncidentState.CLOSED:
            return _("It works again, and this report is closed"), said(incident.resolution), True
        case IncidentState.DECLINED:
            return _("We looked at it and found no incident"), _("The reason is in the news below."), False
    return _("We know about this already"), _("It is followed up under an earlier report."), True


def _plan(incident: Incident) -> str:
    """What was typed as a plan is often an order to colleagues, and nothing that the reader shall do."""
    return _("The plan: %(plan)s") % {"plan": _ended(incident.plan)} if incident.plan else ""


def _ended(typed: str) -> str:
    """`typed` with the full stop that people leave out, since another sentence follows it."""
    return f"{typed}." if typed[-1:].isalnum() else typed


def _stages(incident: Incident) -> list[Stage]:
    reached = {
        IncidentState.REPORTED: 0,
        IncidentState.INVESTIGATING: 1,
        IncidentState.CONTAINED: 2,
        IncidentState.MONITORING: 2,
        IncidentState.RESOLVED: 3,
        IncidentState.CLOSED: 4,
    }.get(IncidentState(incident.state), 0)
    words = [_("Received"), _("Someone is on it"), _("Under control"), _("Fixed"), _("You confirm")]
    times = [
        incident.reported_at,
        incident.acknowledged_at,
        incident.contained_at,
        incident.resolved_at,
        incident.closed_at,
    ]
    notes = ["", _after(incident.acknowledged_at, incident.reported_at), "", "", ""]
    return [
        Stage(word, at, note, "now" if number == reached else "done" if number < reached else "")
        for number, (word, at, note) in enumerate(zip(words, times, notes, strict=True))
    ]


def _after(later: datetime | None, first: datetime) -> str:
    if later is None:
        return ""
    minutes = max(1, round((later - first) / timedelta(minutes=1)))
    return after(minutes)


def _news(row: TimelineEntry, incident: Incident, person: User | None) -> News:
    data: dict[str, Any] = row.data
    name = data.get("name") or (str(row.by) if row.by else "")
    typed = row.text_row.text if hasattr(row, "text_row") else ""
    author = data.get("person", "")
    if not author and row.verb == "note" and row.by_id is not None and row.by_id == incident.reporter_id:
        author = str(row.by_id)
    is_mine = bool(author) and person is not None and author == str(person.pk)
    if author and row.verb in THEIRS:
        kind, own, of_another = THEIRS[row.verb]
        return News(row.at, kind, _(own), typed or _file(data)) if is_mine else News(row.at, kind, _(of_another), "")
    sentences = {
        "reported": ("", _reported(incident, person)),
        "acknowledged": ("done", _("%(name)s started to look.") % {"name": name}),
        "unacknowledged": ("", _("We are looking for somebody else to take it over.")),
        "reassigned": ("", _("%(name)s takes it over.") % {"name": data.get("to", "")}),
        "severity": ("decision", _("We looked again at how serious it is.")),
        "plan": ("decision", _("What we do now")),
        "contained": ("done", _("It cannot get worse now.")),
        "monitoring": ("done", _("It should work again; we keep watching.")),
        "resolved": ("done", _("It works again.")),
        "reopened": ("bad", _("It does not work yet after all; we are back on it.")),
        "declined": ("", _("We found no incident.")),
        "closed": ("done", _("This report was closed.")),
        "workflow": ("", _("We found out which process it is.")),
        "happened": ("bad", _("What nearly happened has happened; people are called.")),
        "merged": ("", _("We know about it already; it is followed up together with an earlier report.")),
    }
    kind, sentence = sentences.get(row.verb, ("", _("News") if name == "" else _("%(name)s wrote") % {"name": name}))
    return News(row.at, kind, sentence, typed)


def _reported(incident: Incident, person: User | None) -> str:
    """Who told us first, said to `person` (None: whoever holds the link of what a machine reported)."""
    if incident.reporter_id == (person.pk if person is not None else None):
        return _("You told us.")
    return _("Somebody told us.") if incident.reporter_id else _("We noticed it ourselves.")


def _file(data: dict[str, Any]) -> str:
    return str(data["name"]) if "size" in data else ""


LET_GO = ("unacknowledged", "reassigned", "reopened", "happened")  # after these an answer is news again
# kind, and what is said to whoever wrote it and to everybody else on their pages
THEIRS = {
    "note": ("", gettext_noop("You wrote"), gettext_noop("Somebody who is affected told us more.")),
    "evidence": ("", gettext_noop("You sent a file"), gettext_noop("Somebody who is affected sent a file.")),
    "affected": ("", gettext_noop("You are affected too"), gettext_noop("Somebody else is affected too.")),
    "worse": ("bad", gettext_noop("You said that it got worse"), gettext_noop("We heard that it got worse.")),
    "works_again": ("", gettext_noop("You said that it works again"), gettext_noop("We heard that it works again.")),
    "confirmed": (
        "done",
        gettext_noop("You confirmed that it works"),
        gettext_noop("It works again for somebody else."),
    ),
}
