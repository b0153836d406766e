"""Everything that the page of one incident shows, in a constant number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Dependency, Version
from governance.reads import ownership
from incidents.models import EscalationRun, Incident
from incidents.models.escalation import RunState
from incidents.models.incidents import IncidentState
from incidents.reads import told as told_reads
from portal import access
from portal.models import Timer, User

TRIAGE, DECISION = "triage.timebox", "decision.timebox"
TONES = {"reported": "warn", "investigating": "info", "contained": "info", "monitoring": "ok", "resolved": "ok"}


@dataclass(frozen=True)
class Ask:
    """The one thing that the page asks of its reader. `url` empty: nothing to press."""

    title: str
    why: str
    url: str = ""
    button: str = ""
    method: str = ""
    due: datetime | None = None
    start: datetime | None = None
    tone: str = ""
    key: str = ""


@dataclass(frozen=True)
class Clock:
    """One of the four clocks: either runs (`running`), counts down (`due`), or stands at `value`."""

    label: str
    running: datetime | None = None
    due: datetime | None = None
    start: datetime | None = None
    value: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Shown:
    """The incident page for one reader."""

    incident: Incident
    run: EscalationRun | None
    tone: str
    steps: list[dict[str, Any]]
    ask: Ask
    clocks: list[Clock]
    told: list[told_reads.Told]
    coming: list[told_reads.Next]
    responsible: list[Any]
    downstream: list[Dependency]
    pins: list[Version]
    cursor: str


def get_run(incident: Incident) -> EscalationRun | None:
    return EscalationRun.objects.select_related("acknowledged_by").filter(incident=incident).first()


def show(incident: Incident, user: User, *, at: datetime) -> Shown:
    """The page of `incident` for `user` at `at`."""
    run = get_run(incident)
    subjects = [incident.pk] + ([run.pk] if run else [])
    armed = {timer.kind: timer for timer in Timer.objects.filter(subject_id__in=subjects, state="armed")}
    coming = told_reads.coming(incident, run, at=at)
    pins = Version.objects.filter(pk__in=_pinned(incident, run)).select_related("document").order_by("document__kind")
    return Shown(
        incident=incident,
        run=run,
        tone=TONES.get(incident.state, ""),
        steps=steps(incident),
        ask=ask(incident, run, user, armed, coming),
        clocks=clocks(incident, run, armed, coming),
        told=told_reads.told(incident, run),
        coming=coming,
        responsible=ownership.responsible(incident.workflow, incident.severity, at=at, stage=stage(incident)),
        downstream=_downstream(incident),
        pins=list(pins),
        cursor=told_reads.cursor(incident, run),
    )


def _pinned(incident: Incident, run: EscalationRun | None) -> list[Any]:
    found: list[Any] = [incident.rubric_id] if incident.rubric_id else []
    return found + ([run.policy_id, *run.matrices] if run else [])


def _downstream(incident: Incident) -> list[Dependency]:
    if incident.workflow_id is None:
        return []
    rows = Dependency.objects.filter(Q(upstream=incident.workflow_id)).select_related("downstream__platform")
    return list(rows.order_by("downstream__name")[:20])


def stage(incident: Incident) -> str:
    """The stage of the response that `incident` is in (D1, DESIGN section 6)."""
    if incident.state == IncidentState.INVESTIGATING:
        return "contain" if incident.triaged_at else "triage"
    stages = {"reported": "detect", "contained": "remediate", "monitoring": "verify"}
    return stages.get(incident.state, "review")


def stage_words(incident: Incident) -> str:
    words = {
        "detect": _("noticing"),
        "triage": _("the first look"),
        "contain": _("stopping the damage"),
        "remediate": _("the repair"),
        "verify": _("the check"),
        "review": _("the review"),
    }
    return words[stage(incident)]


def steps(incident: Incident) -> list[dict[str, Any]]:
    """The life of the incident for the stepper."""
    order = [value for value in IncidentState.values if value not in ("declined", "duplicate")]
    times = {
        "reported": incident.reported_at,
        "investigating": incident.acknowledged_at,
        "contained": incident.contained_at,
        "resolved": incident.resolved_at,
        "closed": incident.closed_at,
    }
    people = {"reported": str(incident.reporter or ""), "investigating": str(incident.lead or "")}
    now = order.index(incident.state) if incident.state in order else -1
    found = []
    for number, value in enumerate(order):
        reached = number <= now and (times.get(value) is not None or number == now)
        mark = "now" if number == now else "done" if reached else ""
        note = people.get(value, "") if reached else ""
        found.append({"word": IncidentState(value).label, "note": note, "state": mark, "at": times.get(value)})
    return found


def act(incident: Incident, action: str) -> str:
    return reverse("incidents:act", args=[incident.reference, action])


def ask(
    incident: Incident,
    run: EscalationRun | None,
    user: User,
    armed: dict[str, Timer],
    coming: list[told_reads.Next],
) -> Ask:
    """The one next action for `user`."""
    nothing = _("You don’t need to do anything right now.")
    if not incident.is_open:
        return Ask(str(IncidentState(incident.state).label), incident.resolution or nothing, tone="ok")
    if run is not None and run.state not in (RunState.ACKNOWLEDGED, RunState.STOPPED):
        may = access.can(user, "acknowledge", incident)
        why = _consequence(coming)
        due, start = (coming[0].at, run.generation_at) if coming else (None, None)
        if not may.allowed:
            return Ask(_("Nobody has answered yet"), f"{why} {may.reason}".strip(), due=due, start=start)
        url = act(incident, "acknowledge")
        return Ask(_("Answer: can you take this?"), why, url, _("I take it"), "post", due, start, key="a")
    may = access.can(user, "plan", incident)
    if not may.allowed:
        return Ask(nothing, may.reason or "")
    return _work(incident, armed)


def _consequence(coming: list[told_reads.Next]) -> str:
    if not coming or not coming[0].names:
        return _("Everybody who could be told was told.")
    return _("If nobody answers, %(names)s is told.") % {"names": ", ".join(coming[0].names)}


def _work(incident: Incident, armed: dict[str, Timer]) -> Ask:
    """What the people at work owe next: the rating, the plan, containment, a fix, the end."""
    lead = _("%(name)s leads.") % {"name": incident.lead} if incident.lead else ""
    if incident.triaged_at is None and TRIAGE in armed:
        timer, why = armed[TRIAGE], _("If it is late, the next level is told.")
        return Ask(
            _("Confirm how severe it is"), f"{lead} {why}".strip(), act(incident, "triage"), _("Confirm severity"), "",
            timer.due_at, incident.reported_at, key="d",
        )  # fmt: skip
    if incident.decided_at is None and DECISION in armed:
        timer, why = armed[DECISION], _("One sentence is enough. If it is late, the next level is told.")
        return Ask(
            _("Say what will be done"), f"{lead} {why}".strip(), act(incident, "plan"), _("Write the plan"), "",
            timer.due_at, incident.reported_at, key="d",
        )  # fmt: skip
    match incident.state:
        case IncidentState.CONTAINED:
            return Ask(_("Repair it, then watch it"), lead, act(incident, "monitor"), _("A fix is in place"))
        case IncidentState.MONITORING:
            return Ask(_("Check that it works, then resolve"), lead, act(incident, "resolve"), _("Resolve"))
    return Ask(_("Stop it from getting worse"), incident.plan or lead, act(incident, "contain"), _("It is contained"))


def clocks(
    incident: Incident, run: EscalationRun | None, armed: dict[str, Timer], coming: list[told_reads.Next]
) -> list[Clock]:
    """Running, first look, decision, escalation."""
    found = [Clock(_("Running for"), running=incident.reported_at)]
    if not incident.is_open:
        ended = incident.resolved_at or incident.closed_at or incident.reported_at
        minutes = max(0, round((ended - incident.reported_at).total_seconds() / 60))
        found = [Clock(_("Took"), value=_("%(n)d min") % {"n": minutes}, tone="ok")]
    found.append(_timebox(_("First look"), incident.triaged_at, armed.get(TRIAGE), incident))
    found.append(_timebox(_("Decision"), incident.decided_at, armed.get(DECISION), incident))
    if run is None:
        found.append(Clock(_("Escalation"), value=_("None"), note=_("a near miss calls nobody")))
    elif run.state == RunState.ACKNOWLEDGED:
        note = _("%(name)s answered") % {"name": run.acknowledged_by}
        found.append(Clock(_("Escalation"), value=_("Stopped"), note=note, tone="ok"))
    elif coming:
        names = ", ".join(coming[0].names) or coming[0].title
        found.append(Clock(_("Next call"), due=coming[0].at, start=run.generation_at, note=names))
    else:
        found.append(Clock(_("Escalation"), value=str(RunState(run.state).label).capitalize()))
    return found


def _timebox(label: str, done: datetime | None, timer: Timer | None, incident: Incident) -> Clock:
    if done is not None:
        minutes = max(0, round((done - incident.reported_at).total_seconds() / 60))
        return Clock(label, value=_("%(n)d min") % {"n": minutes}, note=_("done"), tone="ok")
    if timer is None:
        late = incident.is_open and incident.kind != Incident.Kind.NEAR_MISS
        return Clock(label, value=_("Late") if late else "–", note=_("the next level was told") if late else "", tone="bad" if late else "")
    return Clock(label, due=timer.due_at, start=incident.reported_at, note=_("then the next level is told"))
