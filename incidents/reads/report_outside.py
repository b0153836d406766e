"""The report for people outside: an allow-list (D102). Nothing that somebody typed is in it, but the text for it.

Every word comes from this module, from choices of models, or from ``OutsideText``; every name is a letter. What is not
named here does not leave: a new field of an incident is not in it by itself.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import ActionItem, Fact, Finding, Hypothesis, OutsideText, TimelineEntry
from incidents.reads.report_incident import Known, frame
from incidents.reads.review_facts import duration
from portal.models.people import DataClass
from portal.papers import Course, Facts, Line, Paper, Points, Table, Text
from portal.papers import Section as Part

HAPPENED = {
    "reported": gettext_lazy("It was reported"),
    "event": gettext_lazy("A machine reported it"),
    "trigger": gettext_lazy("A rule set it off"),
    "acknowledged": gettext_lazy("Somebody took it"),
    "severity": gettext_lazy("Its severity was confirmed"),
    "plan": gettext_lazy("It was decided what to do"),
    "escalated": gettext_lazy("More people were called"),
    "nobody_reached": gettext_lazy("Nobody could be reached"),
    "playbook": gettext_lazy("A playbook was chosen"),
    "scope": gettext_lazy("Scope and aim were stated"),
    "halted": gettext_lazy("Something was halted"),
    "released": gettext_lazy("Something was let run again"),
    "contained": gettext_lazy("It could not get worse"),
    "workaround": gettext_lazy("A workaround was in place"),
    "fixed": gettext_lazy("It was repaired for good"),
    "monitoring": gettext_lazy("It was watched"),
    "update": gettext_lazy("People concerned were told"),
    "decision_requested": gettext_lazy("A decision was asked for"),
    "decision_ended": gettext_lazy("A decision was taken"),
    "resolved": gettext_lazy("It worked again"),
    "reopened": gettext_lazy("It was opened again"),
    "came_back": gettext_lazy("An earlier cause was seen again"),
}
"""Verbs of the timeline that leave, and what is said of them: who and what are never part of it."""
BAD = ("nobody_reached", "reopened", "came_back")
MOST = 200
"""Lines of the course: the first and the last ones, with a line that says how many are left out between them."""


def outside(known: Known) -> Paper:
    """The report without people, customers and secrets; two queries."""
    lead = _("For people outside. Names are letters, and times count from when it was first noticed.")
    named = {"reference": _("Incident A"), "data_class": DataClass.PUBLIC, "marked": _("Anonymous")}
    named["author"] = _("Whoever ran it")
    return frame(known, "outside-report", _("What we learned from an incident"), lead, _parts(known), **named)


def _parts(known: Known) -> list[Part]:
    text = _approved(known)
    return [
        Part("words", _("In our words"), (Text(text),) if text else ()),
        Part("summary", _("At a glance"), (_summary(known),)),
        Part("timeline", _("What happened"), (Course(tuple(_course(known)), _("Nothing is written down.")),)),
        Part("decisions", _("What was decided"), (_decisions(known),)),
        Part("cause", _("Where the causes lie"), (Points(tuple(_causes(known)), _("Nothing was found yet.")),)),
        Part("actions", _("What is done about it"), (_actions(known),)),
    ]


def _approved(known: Known) -> str:
    """The text that somebody with the right has written for people outside."""
    row = OutsideText.objects.filter(postmortem=known.review).first() if known.review is not None else None
    return row.text.strip() if row is not None else ""


def _summary(known: Known) -> Facts:
    incident, began = known.incident, known.incident.started_at
    fact = Fact.objects.filter(subject_id=incident.pk).first()
    rows = [
        (_("Kind"), incident.get_kind_display()),
        (_("Severity"), incident.get_severity_display()),
        (_("State"), incident.get_state_display()),
        (_("Process"), _("Process A") if incident.workflow is not None else _("not known")),
        (_("Team"), _("Team A")),
        (_("Until it was reported"), _since(began, incident.reported_at)),
        (_("Until somebody answered"), _since(began, incident.acknowledged_at)),
        (_("Until it could not get worse"), _since(began, incident.contained_at)),
        (_("Until it worked again"), _since(began, incident.resolved_at)),
        (_("Known failure pattern"), _("yes") if any(row.module_id for row in known.findings) else _("no")),
    ]
    if fact is not None:
        rows.append((_("People called"), str(len(fact.people))))
        rows.append((_("Levels called"), str(fact.measures.get("level", 0))))
    return Facts(tuple(row for row in rows if row[1]))


def _since(began: datetime, at: datetime | None) -> str:
    return duration(began, at) if at is not None else ""


def _course(known: Known) -> Iterable[Line]:
    found = TimelineEntry.objects.filter(incident=known.incident, verb__in=HAPPENED).order_by("id")
    rows = list(found.values_list("at", "verb"))
    cut = len(rows) - MOST
    for number, (at, verb) in enumerate(rows):
        if cut > 0 and number == MOST // 2:
            yield Line(_after(known, at), _("and %(count)d more") % {"count": cut})
        if cut <= 0 or not MOST // 2 <= number < MOST // 2 + cut:
            yield Line(_after(known, at), str(HAPPENED[verb]), kind="bad" if verb in BAD else "")


def _after(known: Known, at: datetime) -> str:
    """How long after the start; what was seen before it says so."""
    if at < known.incident.started_at - timedelta(minutes=1):
        return _("%(duration)s before") % {"duration": duration(at, known.incident.started_at)}
    return _("after %(duration)s") % {"duration": duration(known.incident.started_at, at)}


def _decisions(known: Known) -> Table:
    head = (_("Decision"), _("Asked"), _("Took"), _("In time"))
    rows = tuple(
        (
            _("Decision %(number)d") % {"number": number},
            _after(known, row.asked_at),
            duration(row.asked_at, row.ended_at) if row.ended_at is not None else "",
            "" if row.ended_at is None else _("no") if row.is_late else _("yes"),
        )
        for number, row in enumerate(known.facts.decisions, start=1)
    )
    return Table("", head, rows, _("Nobody had to be asked for a decision."))


def _causes(known: Known) -> Iterable[str]:
    """Where causes and gaps lie, as choices; never what was written about them."""
    for row in known.findings:
        if row.kind == Finding.Kind.CAUSE:
            yield _("A cause that lies %(where)s") % {"where": row.get_origin_display()}
        elif row.kind == Finding.Kind.GAP:
            yield _("A gap in governance: %(area)s") % {"area": row.get_area_display()}
        else:
            kind = str(row.get_kind_display())
            yield kind[:1].upper() + kind[1:]  # nouns of German stay as they are
    if tested := [row for row in known.hypotheses if row.verdict != Hypothesis.Verdict.OPEN]:
        yield _("Suppositions that were tested: %(count)d") % {"count": len(tested)}


def _actions(known: Known) -> Table:
    head = (_("Action"), _("When"), _("Impact"), _("Effort"), _("State"), _("Effect"))
    rows = tuple(
        (
            _("Action %(number)d") % {"number": number},
            row.get_horizon_display(),
            f"{_('Impact')} {row.impact}",
            f"{_('Effort')} {row.effort}",
            row.get_state_display(),
            row.get_effect_display() if row.state == ActionItem.State.DONE else "",
        )
        for number, row in enumerate(known.actions, start=1)
    )
    return Table(_("Impact and effort: 1 is little, 3 is much."), head, rows, _("Nothing is planned."))
