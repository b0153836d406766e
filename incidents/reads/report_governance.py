"""The report about governance in words, for whoever opens it: what was kept, with names and titles as they are now.

What is about an incident that the reader may not open says its reference, and not what it is about, when the incident
is confidential; what everybody inside may know stands there for all who may read the report.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from governance.models import ChangeRequest
from governance.models.changes import Retrospective
from incidents.models import ActionItem, DecisionRequest, GovernanceReport, Incident, Override, Postmortem
from incidents.models.decisions import DecisionState
from incidents.reads import overrides, report_thanks
from incidents.reads.report_incident import marked
from portal.models import User
from portal.models.people import DataClass
from portal.papers import Block, Facts, Paper, Table, Text, Value
from portal.papers import Section as Part

PLAIN = (DataClass.PUBLIC, DataClass.INTERNAL)
HIDDEN = "–"


@dataclass
class Named:
    """Names and titles that the rows of one report need, by id; a constant number of queries."""

    people: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    reviews: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, tuple[str, str]] = field(default_factory=dict)
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)


def title(report: GovernanceReport) -> str:
    """e.g. "Governance in October 2026"."""
    if report.period == GovernanceReport.Period.MONTH:
        return _("Governance in %(month)s") % {"month": date_format(report.begins_on, "F Y")}
    quarter = (report.begins_on.month + 2) // 3
    return _("Governance in quarter %(quarter)d of %(year)d") % {"quarter": quarter, "year": report.begins_on.year}


def paper(report: GovernanceReport, user: User) -> Paper:
    """What `report` says to `user`."""
    content = report.content
    named = _named(content, user)
    parts = [
        Part("figures", _("Incidents in numbers"), tuple(_figures(content))),
        Part("decisions", _("Decisions"), _decisions(content["decisions"], named)),
        Part("overrides", _("Rules that were set aside"), _overrides(content["overrides"], named)),
        Part("emergencies", _("Emergency changes"), _emergencies(content["emergencies"], named)),
        Part("reviews", _("Reviews"), _reviews(content["reviews"], named)),
        Part("actions", _("Actions"), _actions(content["actions"], named)),
        Part("effects", _("What was proved to help"), _effects(content, named)),
        Part("thanks", _("Thank you"), (_thanks(content["thanks"]),)),
        Part("long-term", _("What takes longer, and how much work it is"), (_long_term(content["actions"], named),)),
    ]
    last = date.fromordinal(report.ends_on.toordinal() - 1)
    lead = _("From %(begin)s to %(end)s, as it was known when this report was made.")
    return Paper(
        kind="governance-report",
        reference=report.reference,
        title=title(report),
        lead=lead % {"begin": _day(report.begins_on), "end": _day(last)},
        data_class=DataClass.CONFIDENTIAL,
        marked=marked(DataClass.CONFIDENTIAL),
        made_at=report.made_at,
        author=str(settings.SITE_NAME),
        language=get_language() or settings.LANGUAGE_CODE,
        sections=tuple(parts),
    )


def _day(day: date) -> str:
    return date_format(day, pgettext("date format", "j M Y"))


def _named(content: dict[str, Any], user: User) -> Named:
    """What `user` may know of; five queries."""
    actions = [*content["actions"]["long_term"], *content["actions"]["late"]]
    ids = {row["id"] for row in actions} | {row["action_id"] for row in content["effects"]["rows"]}
    people = {row["owner_id"] for row in [*actions, *content["reviews"]["rows"]]}
    people |= {row["by_id"] for row in content["overrides"]["rows"]}
    seen = _seen(user)
    held = Override.objects.filter(pk__in=[row["id"] for row in content["overrides"]["rows"]])
    changes = ChangeRequest.objects.filter(pk__in=[row["id"] for row in content["emergencies"]["rows"]])
    reviews = Postmortem.objects.filter(pk__in=[row["id"] for row in content["reviews"]["rows"]], incident__in=seen)
    asked = DecisionRequest.objects.filter(pk__in=[row["id"] for row in content["decisions"]["rows"]])
    asked = asked.filter(Q(incident=None) | Q(incident__in=seen), data_class__in=PLAIN)
    return Named(
        people={str(row.pk): str(row) for row in User.objects.filter(pk__in=people - {None})},
        actions=_by_id(ActionItem.objects.filter(pk__in=ids, incident__in=seen), "title"),
        reviews=_by_id(reviews, "incident__title"),
        decisions=_by_id(asked, "question"),
        overrides={str(row.pk): (overrides.holds(row.value), row.why) for row in held},
        changes={str(row.pk): (row.document.title, row.reason) for row in changes.select_related("document")},
    )


def _seen(user: User) -> Any:
    """Incidents whose title `user` may read here."""
    plain = Q(is_restricted=False, data_class__in=PLAIN)
    return Incident.objects.filter(plain | Q(pk__in=Incident.objects.visible_to(user).values("pk"))).values("pk")


def _by_id(rows: Any, name: str) -> dict[str, str]:
    return {str(key): value for key, value in rows.values_list("pk", name)}


# Numbers


def _figures(content: dict[str, Any]) -> Iterable[Block]:
    now, before = content["incidents"], content["before"]
    rows: list[tuple[Value, ...]] = [(_("Incidents"), now["count"]["base"], before["count"]["base"], "")]
    rows += [(key.upper(), count, "", "") for key, count in content["severities"].items() if count]
    rows += [(_("Near misses"), content["near_misses"], "", ""), (_("Drills"), content["drills"], "", "")]
    for name, word in _times().items():
        rows.append((word, _minutes(now[name]["usual"]), _minutes(before[name]["usual"]), now[name]["base"]))
    for name, word in _counted().items():
        rows.append((word, now[name]["total"], before[name]["total"], now[name]["base"]))
    rows.append((_("Causes seen again"), content["came_back"], "", ""))
    head = (_("What"), _("In this period"), _("In the one before"), _("Out of"))
    if content["weeks"]:
        weeks = _("Figures are of the weeks that begin in the period. A usual time: half of them are not longer.")
        yield Text(weeks, is_quiet=True)
    yield Table("", head, tuple(rows))


def _times() -> dict[str, str]:
    return {
        "detect": _("Usual time until it was reported"),
        "answer": _("Usual time until somebody answered"),
        "decide": _("Usual time until it was said what will be done"),
        "contain": _("Usual time until it could not get worse"),
        "resolve": _("Usual time until it worked again"),
    }


def _counted() -> dict[str, str]:
    return {
        "late": _("News that came late"),
        "nobody": _("Incidents where nobody was reached at first"),
        "reopened": _("Opened again"),
        "came_back": _("Incidents with a cause seen before"),
        "emergencies": _("Emergency changes for incidents"),
    }


def _minutes(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


# What was done


def _time(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def _decisions(found: dict[str, Any], named: Named) -> tuple[Block, ...]:
    facts = (
        (_("Asked for"), found["count"]["base"]),
        (_("Ended in the period"), found["ended"]),
        (_("Of high risk"), found["risky"]),
        (_("Not decided"), found["undecided"]["total"]),
        (_("Usual time until a decision is taken"), _minutes(found["turnaround"]["usual"])),
    )
    head = (_("Decision"), _("What was asked"), _("Outcome"), _("Took"))
    states = dict(DecisionState.choices)
    rows = tuple(
        (
            row["reference"],
            named.decisions.get(row["id"], HIDDEN),
            str(states.get(row["state"], row["state"])),
            _took(row),
        )
        for row in found["rows"]
    )
    return Facts(facts), Table("", head, rows, _("No decision ended in this period."))


def _took(row: dict[str, Any]) -> str:
    opened, ended, due = _time(row["opened_at"]), _time(row["ended_at"]), _time(row["due_at"])
    if opened is None or ended is None:
        return ""
    text = _minutes((ended - opened).total_seconds())
    return _("%(duration)s, late") % {"duration": text} if due is not None and ended > due else text


def _overrides(found: dict[str, Any], named: Named) -> tuple[Block, ...]:
    head = (_("What holds instead"), _("Why"), _("By"), _("Since"), _("Until"))
    rows = tuple(
        (
            *named.overrides.get(row["id"], (HIDDEN, HIDDEN)),
            named.people.get(row["by_id"], HIDDEN),
            _time(row["since"]),
            _time(row["ended_at"] or row["until"]),
        )
        for row in found["rows"]
    )
    return (Table("", head, rows, _("No rule was set aside.")),)


def _emergencies(found: dict[str, Any], named: Named) -> tuple[Block, ...]:
    head = (_("Change"), _("Document"), _("Published"), _("Looked at afterwards"))
    judged = dict(Retrospective.choices)
    rows = tuple(
        (
            row["reference"],
            named.changes.get(row["id"], (HIDDEN, ""))[0],
            _time(row["published_at"]),
            str(judged.get(row["retrospective"], row["retrospective"])),
        )
        for row in found["rows"]
    )
    return (Table("", head, rows, _("Nobody changed a rule without an approval first.")),)


def _reviews(found: dict[str, Any], named: Named) -> tuple[Block, ...]:
    facts = (
        (_("Opened"), found["opened"]),
        (_("Published"), found["published"]),
        (_("Open at the end"), found["open"]),
        (_("Overdue"), found["overdue"]),
    )
    head = (_("Review"), _("Incident"), _("Written by"), _("Due"))
    rows = tuple(
        (
            row["reference"],
            named.reviews.get(row["id"], HIDDEN),
            named.people.get(row["owner_id"] or "", HIDDEN),
            _time(row["due_at"]),
        )
        for row in found["rows"]
    )
    return Facts(facts), Table(_("Still open"), head, rows, _("Nothing is open."))


def _actions(found: dict[str, Any], named: Named) -> tuple[Block, ...]:
    facts = (
        (_("Planned"), found["planned"]),
        (_("Done"), found["done"]),
        (_("Dropped"), found["dropped"]),
        (_("Open at the end"), found["open"]),
        (_("Overdue"), found["overdue"]),
    )
    head = (_("Action"), _("What"), _("Who"), _("Until"))
    return Facts(facts), Table(
        _("Overdue"),
        head,
        tuple(
            (
                row["reference"],
                named.actions.get(row["id"], HIDDEN),
                named.people.get(row["owner_id"], HIDDEN),
                _time(row["due_at"]),
            )
            for row in found["late"]
        ),
        _("Nothing is overdue."),
    )


def _effects(content: dict[str, Any], named: Named) -> tuple[Block, ...]:
    found = content["effects"]
    facts = (
        (_("Looked at"), found["checked"]),
        (_("It helps"), found["helped"]),
        (_("It does not help"), found["not_helped"]),
    )
    rows = tuple((row["action__reference"], named.actions.get(row["action_id"], HIDDEN)) for row in found["rows"])
    return Facts(facts), Table("", (_("Action"), _("What")), rows, _("Nothing was proved in this period."))


def _thanks(counts: dict[str, dict[str, int]]) -> Table:
    return thanks_table(report_thanks.thanks({UUID(key): each for key, each in counts.items()}))


def thanks_table(rows: list[report_thanks.Thanks]) -> Table:
    """Per team, what it is thanked for."""
    head = (_("Team"), _("Near misses"), _("Risks found"), _("Promises kept"), _("Proofs"))
    lines: tuple[tuple[Value, ...], ...] = tuple(
        (row.team.name, *(row.counts[kind] for kind in report_thanks.KINDS)) for row in rows
    )
    return Table("", head, lines, _("Nothing was counted in this period yet."))


def _long_term(found: dict[str, Any], named: Named) -> Table:
    words: dict[int, str] = {1: _("little"), 2: _("some"), 3: _("much")}
    head = (_("Action"), _("What"), _("Effort"), _("Impact"), _("Who"), _("Until"))
    rows = tuple(
        (
            row["reference"],
            named.actions.get(row["id"], HIDDEN),
            words[row["effort"]],
            words[row["impact"]],
            named.people.get(row["owner_id"], HIDDEN),
            _time(row["due_at"]),
        )
        for row in found["long_term"]
    )
    return Table("", head, rows, _("Nothing is open that takes longer."))
