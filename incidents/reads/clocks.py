"""The clocks of an incident: how long it runs, the first look, the decision, the next update, the escalation (D24)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.rules import cadence
from governance.rules import escalation as rules
from incidents.models import EscalationRun, Incident
from incidents.models.escalation import RunState
from incidents.reads import told as told_reads
from portal import moments
from portal.models import Timer

TRIAGE, DECISION, UPDATE = "triage.timebox", "decision.timebox", "update.due"
UPDATE_SHARE = timedelta(hours=1)
"""The bar of the next update fills in the last hour before it."""


@dataclass(frozen=True)
class Clock:
    """Either runs (`running`, up to `ended`), counts down (`due`), or stands at `value`; `unit` is what it is of.

    For `grace` after `due` it is not late yet.
    """

    label: str
    running: datetime | None = None
    ended: datetime | None = None
    due: datetime | None = None
    start: datetime | None = None
    value: str = ""
    unit: str = ""
    note: str = ""
    tone: str = ""
    grace: timedelta | None = None


def moment(at: datetime, now: datetime) -> str:
    """ "13:27" on the day of `now`, else with the date."""
    local = timezone.localtime(at)
    if local.date() == timezone.localtime(now).date():
        return f"{local:%H:%M}"
    return moments.in_words(at)


def clocks(
    incident: Incident,
    run: EscalationRun | None,
    steers: told_reads.Steering | None,
    armed: dict[str, Timer],
    coming: list[told_reads.Next],
    *,
    at: datetime,
) -> list[Clock]:
    """Running, first look, decision, next update, escalation; one query when a timebox is neither running nor kept."""
    reported = _("reported %(time)s") % {"time": moment(incident.reported_at, at)}
    ended = None if incident.is_open else incident.resolved_at or incident.closed_at or incident.reported_at
    found = [
        Clock(_("Lasted") if ended else _("Running for"), running=incident.reported_at, ended=ended, note=reported)
    ]
    if run is None or steers is None:
        return [*found, Clock(_("Escalation"), value=_("None"), note=_("a near miss calls nobody"))]
    boxes = rules.timeboxes(steers.policy, run.severity)
    passed = _passed(incident, armed)
    look = (incident.triaged_at, armed.get(TRIAGE), boxes.triage_minutes, "triage" in passed)
    decision = (incident.decided_at, armed.get(DECISION), boxes.decision_minutes, "decision" in passed)
    found += [_timebox(_("First look"), incident, *look, at), _timebox(_("Decision"), incident, *decision, at)]
    return [*found, *_update(armed.get(UPDATE), at), _escalation(incident, run, coming, at)]


def _update(timer: Timer | None, at: datetime) -> list[Clock]:
    """When somebody is told next, and how many wait for it: all to whom it is due already, else the next ones."""
    marks = timer.data.get("marks", {}).values() if timer is not None else ()
    due = sorted(found for mark in marks if (found := parse_datetime(mark["due"])) is not None)
    if not due:
        return []
    count = sum(1 for one in due if one <= max(due[0], at))
    note = ngettext("%(n)d audience waits", "%(n)d audiences wait", count) % {"n": count}
    return [Clock(_("Next update"), due=due[0], start=due[0] - UPDATE_SHARE, note=note, grace=cadence.LEAST_GRACE)]


def _passed(incident: Incident, armed: dict[str, Timer]) -> set[str]:
    """Which timeboxes ran out: "triage", "decision"."""
    if (incident.triaged_at or TRIAGE in armed) and (incident.decided_at or DECISION in armed):
        return set()
    return {data.get("which", "") for data in incident.timeline.filter(verb="timebox").values_list("data", flat=True)}


def _timebox(
    label: str, incident: Incident, done: datetime | None, timer: Timer | None, minutes: int, passed: bool, at: datetime
) -> Clock:
    unit = _("of %(count)d min") % {"count": minutes}
    if done is not None:
        kept = (done - incident.reported_at).total_seconds() <= minutes * 60
        note = (_("kept, %(time)s") if kept else _("late, %(time)s")) % {"time": moment(done, at)}
        return Clock(label, running=incident.reported_at, ended=done, unit=unit, note=note, tone="ok" if kept else "")
    if timer is not None:
        note = _("%(time)s, then the next level is told") % {"time": moment(timer.due_at, at)}
        start = min(timer.created_at, incident.reported_at)
        return Clock(label, due=timer.due_at, start=start, note=note)
    if passed:
        tone = "bad" if incident.is_open else ""
        return Clock(label, value=_("Late"), unit=unit, note=_("the next level was told"), tone=tone)
    return Clock(label, value=_("Not needed"), note=_("what was done came first"))


def _escalation(incident: Incident, run: EscalationRun, coming: list[told_reads.Next], at: datetime) -> Clock:
    label = _("Escalation")
    if run.state == RunState.STOPPED:
        answered = {"name": run.acknowledged_by} if run.acknowledged_by else None
        return Clock(label, value=_("Ended"), note=_("%(name)s answered") % answered if answered else "")
    if run.state == RunState.ACKNOWLEDGED and run.acknowledged_at:
        words = {"name": run.acknowledged_by, "level": run.level, "time": moment(run.acknowledged_at, at)}
        is_later = incident.acknowledged_at is not None and run.acknowledged_at > incident.acknowledged_at
        note = _("%(name)s has it since %(time)s") if is_later else _("%(name)s answered at level %(level)s, %(time)s")
        return Clock(label, value=_("Stopped"), note=note % words, tone="ok")
    steps = [item for item in coming if item.kind == "step"]
    if run.state == RunState.PAUSED and run.paused_until:
        note = _("put off; then %(names)s") % {"names": _listed(steps)} if steps else _("put off")
        return Clock(_("Calls go on"), due=run.paused_until, start=incident.reported_at, note=note)
    if steps:
        return Clock(_("Next call"), due=steps[0].at, start=run.generation_at, note=_listed(steps))
    again = next((item for item in coming if item.kind == "follow_up"), None)
    value = str(RunState(run.state).label).capitalize()
    note = _("called again %(time)s") % {"time": moment(again.at, at)} if again else ""
    return Clock(label, value=value, note=note, tone="bad")


def _listed(steps: list[told_reads.Next]) -> str:
    return ", ".join(steps[0].names) or steps[0].title
