"""Everything that the page of one incident shows, in a constant number of queries."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import Version
from governance.reads import ownership
from governance.rules import ownership as ownership_rules
from incidents import access
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.escalation import RunState
from incidents.models.incidents import IncidentState
from incidents.reads import asks, dependency_map
from incidents.reads import clocks as clock_reads
from incidents.reads import decisions as decision_reads
from incidents.reads import pins as pin_reads
from incidents.reads import rating as rating_reads
from incidents.reads import roles as role_reads
from incidents.reads import steps as step_reads
from incidents.reads import told as told_reads
from incidents.reads.asks import Ask
from incidents.reads.clocks import Clock, moment
from portal.models import AuditEntry, Timer, User
from portal.models.timers import TimerState

TONES = {"reported": "warn", "investigating": "info", "contained": "info", "monitoring": "ok", "resolved": "ok"}
STEPS = ("reported", "investigating", "contained", "monitoring", "resolved", "closed")


@dataclass(frozen=True)
class Shown:
    """The incident page for one reader; `may` are the actions of ``access`` that the reader has."""

    incident: Incident
    run: EscalationRun | None
    may: Set[str]
    tone: str
    steps: list[dict[str, str]]
    ask: Ask
    clocks: list[Clock]
    told: list[told_reads.Told]
    left_out: list[EscalationEvent]
    coming: list[told_reads.Next]
    responsible: list[ownership_rules.Resolution]
    hanging: dependency_map.Hanging
    pins: list[Version]
    rating: rating_reads.Rating
    changes: list[rating_reads.Change]
    course: step_reads.Course
    roles: role_reads.Card
    cursor: str


def get(user: User, reference: str) -> Incident:
    """The incident called `reference` with everything that its page names. Raises Incident.DoesNotExist."""
    rows = Incident.objects.select_related(
        "workflow__team", "workflow__platform", "team", "reporter", "lead", "run__acknowledged_by"
    )
    return access.get(user, reference, rows)


def get_run(incident: Incident) -> EscalationRun | None:
    """The run of `incident`; no query where ``get`` has read it."""
    if "run" in incident._state.fields_cache:
        return getattr(incident, "run", None)
    return EscalationRun.objects.select_related("acknowledged_by").filter(incident=incident).first()


def show(incident: Incident, user: User, *, at: datetime, newest: int | None = None) -> Shown:
    """The page of `incident` for `user` at `at`; `newest` is the id of the latest timeline entry, where it is known."""
    run, may = get_run(incident), access.allowed(user, incident)
    subjects = [incident.pk] + ([run.pk] if run else [])
    rows = Timer.objects.filter(subject_id__in=subjects, state=TimerState.ARMED)
    armed = {timer.kind: timer for timer in rows}
    steers = told_reads.steering(incident, run, at=at) if run else None
    events, calls = told_reads.events(run), told_reads.calls(incident) if run else []
    coming = told_reads.coming(run, steers, armed, events, at=at)
    course, roles = step_reads.course(incident), role_reads.card(incident, user, at=at)
    waiting = [row for row in decision_reads.waiting(user) if row.incident_id == incident.pk]
    return Shown(
        incident=incident,
        run=run,
        may=may,
        tone=TONES.get(incident.state, ""),
        steps=steps(incident, run, at),
        ask=asks.ask(asks.Standing(incident, run, user, may, armed, steers, coming, course, roles.lines, waiting, at)),
        clocks=clock_reads.clocks(incident, run, steers, armed, coming, at=at),
        told=told_reads.told(run, steers, events, calls),
        left_out=told_reads.left_out(events),
        coming=coming,
        responsible=responsible(incident, steers, at=at),
        hanging=dependency_map.downstream(incident, user),
        pins=_pins(incident, run),
        rating=rating_reads.rating(incident, run, steers),
        changes=rating_reads.changes(incident),
        course=course,
        roles=roles,
        cursor=told_reads.cursor(incident, run, calls=calls, newest=newest),
    )


def responsible(
    incident: Incident, steers: told_reads.Steering | None, *, at: datetime
) -> list[ownership_rules.Resolution]:
    """Who answers for the present stage, by the pinned matrices (a near miss: by those in force)."""
    now = stage(incident)
    if steers is None:
        return ownership.responsible(incident.workflow, incident.severity, at=at, stage=now)
    return ownership_rules.responsible_for_stage(
        steers.matrices, steers.workflow, now, incident.severity, steers.folk, at
    )


def _pins(incident: Incident, run: EscalationRun | None) -> list[Version]:
    """The versions of the rules that steer this incident."""
    rows = (
        Version.objects.filter(pk__in=pin_reads.pinned_ids(incident, run)).select_related("document").defer("content")
    )
    return list(rows.order_by("document__kind", "pk"))


def stage(incident: Incident) -> str:
    """The stage of the response that `incident` is in (D1, DESIGN section 6)."""
    if incident.state == IncidentState.INVESTIGATING:
        return "contain" if incident.triaged_at else "triage"
    return {"reported": "detect", "contained": "remediate", "monitoring": "verify"}.get(incident.state, "review")


def stage_words(incident: Incident) -> str:
    return {
        "detect": _("Who looks first"),
        "triage": _("Who judges how severe it is"),
        "contain": _("Who stops the damage"),
        "remediate": _("Who repairs it"),
        "verify": _("Who checks that it works"),
        "review": _("Who learns from it"),
    }[stage(incident)]


def steps(incident: Incident, run: EscalationRun | None, at: datetime) -> list[dict[str, str]]:
    """The life of the incident for the stepper; a declined one has ended after its first step.

    Beside a time stands who did it then: whoever answered first, also while somebody else leads now. Where the run
    knows only a later answer, the time stands alone.
    """
    order = list(STEPS)
    if incident.state not in order:
        order = ["reported", incident.state]
    times = {
        "reported": incident.reported_at,
        "investigating": incident.acknowledged_at,
        "contained": incident.contained_at,
        "resolved": incident.resolved_at,
        "closed": incident.closed_at,
        "declined": incident.closed_at,
    }
    people = {"reported": incident.reporter}
    if run is not None and run.acknowledged_at == incident.acknowledged_at:
        people["investigating"] = run.acknowledged_by
    now, found = order.index(incident.state), []
    for number, value in enumerate(order):
        since = times.get(value)
        mark = "now" if number == now else "done" if number < now and since else ""
        words = [moment(since, at) if since else "", str(people.get(value) or "")]
        note = " ".join(word for word in words if word) if mark else ""
        found.append({"word": str(IncidentState(value).label), "note": note, "state": mark})
    return found


CLOSING = ("incident.acknowledged", "incident.declined", "incident.merged", "incident.resolved", "incident.closed")


def closing_entry(incident: Incident) -> int | None:
    """The entry of the ledger by which nobody is called about `incident` any more; None while people are."""
    run = get_run(incident)
    if run is None or run.state not in (RunState.ACKNOWLEDGED, RunState.STOPPED):
        return None
    rows = AuditEntry.objects.filter(target_type=incident._meta.label_lower, target_id=str(incident.pk))
    return rows.filter(verb__in=CLOSING).order_by("-id").values_list("pk", flat=True).first()
