"""The one thing that the page of an incident asks of its reader, the most urgent first."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from governance.documents.base import Holder
from governance.documents.playbook import Step
from governance.rules import cadence, incident_roles, ownership
from incidents.access import risk_of
from incidents.models import DecisionRequest, EscalationRun, Incident, Postmortem
from incidents.models.escalation import RunState
from incidents.models.incidents import IncidentState
from incidents.reads import audiences, gate_people, scopes, updates
from incidents.reads import roles as role_reads
from incidents.reads import steps as step_reads
from incidents.reads import told as told_reads
from incidents.reads.clocks import DECISION, TRIAGE, UPDATE, moment
from portal.access import can
from portal.models import Timer, User

CLOSE = "incident.close"
SOON = timedelta(minutes=15)
"""So long before an update is due its writer is asked for it."""


@dataclass(frozen=True)
class Ask:
    """The one thing that the page asks of its reader. `url` empty: nothing to press; `method` "post" acts at once.

    `key` are the letters that lead to it, separated by blanks.
    """

    title: str
    why: str
    url: str = ""
    button: str = ""
    method: str = ""
    due: datetime | None = None
    start: datetime | None = None
    tone: str = ""
    key: str = "a"
    grace: timedelta | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of the incident at `at` when the page asks; `waiting` are the decisions that wait for the reader,
    the soonest first."""

    incident: Incident
    run: EscalationRun | None
    user: User
    may: Set[str]
    armed: dict[str, Timer]
    steers: told_reads.Steering | None
    coming: Sequence[told_reads.Next]
    course: step_reads.Course
    roles: Sequence[role_reads.Line]
    waiting: Sequence[DecisionRequest]
    at: datetime


def act(incident: Incident, action: str) -> str:
    return reverse("incidents:act", args=[incident.reference, action])


def ask(now: Standing) -> Ask:
    """The one next action for the reader: to answer, to decide, to write, to judge, to stop it, to go on, to end it."""
    if not now.incident.is_open:
        return _decide(now) or _ended(now)
    if now.run is None:
        return _decide(now) or _near_miss(now)
    if now.run.state != RunState.ACKNOWLEDGED and not (now.run.state == RunState.PAUSED and now.incident.lead_id):
        answer = _answer(now, now.run)
        return answer if answer.url else _decide(now) or answer
    owed = _decide(now) or _scope(now) or _turn(now) or _tell(now)
    return owed or (_work(now) if "plan" in now.may else _follow(now))


def _decide(now: Standing) -> Ask | None:
    """A decision that waits for the reader, or that waits for what the reader has to say."""
    row = next(iter(now.waiting), None)
    if row is None:
        return None
    if row.state == "waiting":
        title, button = _("Say what is missing: %(question)s"), _("Give the data")
        why = _("The clock stands still until you say it.")
    else:
        title, button = _("Decide: %(question)s"), _("Decide")
        why = _("It waits for you. If nobody decides by then, the next people are asked.")
    if row.delay_costs:
        why = _("To wait costs: %(costs)s") % {"costs": row.delay_costs}
    start = row.opened_at if row.due_at else None
    question = {"question": row.question}
    return Ask(title % question, why, row.get_absolute_url(), button, due=row.due_at, start=start, key="a d")


def _scope(now: Standing) -> Ask | None:
    """Scope and aim that wait for the word of the reader's function."""
    if now.course.scope not in ("open", "objected") or not scopes.of(now.incident, now.user).is_asked:
        return None
    why = _("Nothing is repaired before product, engineering, operations and support have agreed.")
    return Ask(_("Agree to scope and aim, or object"), why, f"{_playbook(now)}#scope", _("Read it"), tone="warn")


def _turn(now: Standing) -> Ask | None:
    """The step whose turn it is, when the reader has it, or answers for it and nobody has it."""
    line, rules = now.course.now, now.steers
    if line is None or line.locked or line.step.does == "gate" or "step" not in now.may:
        return None
    if line.owner is None and rules is not None and line.step.responsibility:
        answer = ownership.resolve(
            rules.matrices, rules.workflow, line.step.responsibility, now.incident.severity, rules.folk, now.at
        )
        if now.user.pk in {one.person for group in answer.groups[:1] for one in group.people}:
            return _step(now)
    return _step(now) if line.owner is not None and line.owner.pk == now.user.pk else None


def _tell(now: Standing) -> Ask | None:
    """News that is due soon or late, when the reader is the one who writes it."""
    timer = now.armed.get(UPDATE)
    if timer is None or "update" not in now.may:
        return None
    moments = {key: parse_datetime(mark["due"]) for key, mark in timer.data.get("marks", {}).items()}
    soon = sorted((due, key) for key, due in moments.items() if due is not None and due - SOON <= now.at)
    plan = audiences.plan_of(now.incident) if soon else None
    if plan is None:
        return None
    known = plan.content.audience_by_key
    mine = [(due, known[key]) for due, key in soon if key in known and _writes(now, known[key].issuer)]
    if not mine:
        return None
    due, audience = mine[0]
    title = _("Write the %(time)s update") % {"time": moment(due, now.at)}
    why = _("%(audience)s wait for it.") % {"audience": ", ".join(item.title for _due, item in mine)}
    why += " " + updates.otherwise(due, at=now.at)
    url = f"{reverse('incidents:update-new', args=[now.incident.reference])}?{urlencode({'audience': audience.key})}"
    return Ask(title, why, url, _("Write update"), due=due, start=due - 2 * SOON, key="a u", grace=cadence.LEAST_GRACE)


def _writes(now: Standing, issuer: Holder | None) -> bool:
    """Whether the reader is the first of those who write (``issuers.issuer``), by what was read already."""
    return _first_writer(now, issuer) == now.user.pk


def _first_writer(now: Standing, issuer: Holder | None) -> UUID | None:
    if issuer is None or now.steers is None:
        return now.incident.lead_id
    if issuer.role is not None:
        role = issuer.role.replace("_", "-")
        held = next((line.held.user_id for line in now.roles if line.key == role and line.held), None)
        if held is None and role == incident_roles.COMMANDER:
            held = now.incident.lead_id
        if held is not None:
            return held
    rules = now.steers
    told = ownership.expand(rules.matrices, rules.workflow, issuer.kind, issuer.ref, rules.folk, now.at)[0]
    return told[0].person if told else now.incident.lead_id


def _ended(now: Standing) -> Ask:
    incident, at = now.incident, now.at
    if (review := _review(now)) is not None:
        return review
    if incident.state == IncidentState.RESOLVED and incident.reporter_id == now.user.pk and "close" in now.may:
        closes = now.armed.get(CLOSE)
        why = _("It closes by itself %(time)s.") % {"time": moment(closes.due_at, at)} if closes else ""
        why = _("%(why)s If it does not work, open it again under “More”.") % {"why": why}
        return Ask(_("Does it work again for you?"), why.strip(), act(incident, "close"), _("It works, close it"))
    why = incident.resolution if incident.state != IncidentState.DECLINED else ""
    return Ask(_("You don’t need to do anything right now."), why, tone="ok")


def _review(now: Standing) -> Ask | None:
    """While a review is being written nothing closes: its writer writes, others know why."""
    review = (
        Postmortem.objects.filter(incident=now.incident, state=Postmortem.State.OPEN).select_related("owner").first()
    )
    if review is None:
        return None
    if review.owner_id == now.user.pk:
        why = _("It closes when the review is published.") if review.is_demanded else _("You wanted to write one.")
        url, due, start = review.get_absolute_url(), review.due_at, review.opened_at
        return Ask(_("Write down what we learn from it"), why, url, _("Write the review"), due=due, start=start)
    if not review.is_demanded or now.incident.state != IncidentState.RESOLVED:
        return None
    why = _("It closes when the review is published.")
    who = (
        _("%(name)s writes the review.") % {"name": review.owner}
        if review.owner
        else _("Nobody writes the review yet.")
    )
    return Ask(_("It works again, and waits for its review"), f"{who} {why}", tone="ok" if review.owner else "bad")


def _near_miss(now: Standing) -> Ask:
    why = _("Nobody was called, because nothing stopped.")
    if "resolve" not in now.may:
        return Ask(_("You don’t need to do anything right now."), why, tone="ok")
    return Ask(_("Look at this near miss"), why, act(now.incident, "resolve"), _("Say what came of it"))


def _answer(now: Standing, run: EscalationRun) -> Ask:
    """Nobody has it yet."""
    incident = now.incident
    first = next((item for item in now.coming if item.kind != "news"), None)
    due, start = (first.at, run.generation_at) if first else (None, None)
    tone = "" if due else "bad"
    names = ", ".join(first.names) if first else ""
    why = _("If nobody answers, these people are called next: %(names)s.") % {"names": names} if names else ""
    why = why or _("Everybody who could be called was called.")
    if incident.lead:
        why = (
            _("%(name)s leads, but nothing has moved, so people are called again.") % {"name": incident.lead}
            + f" {why}"
        )
    if "acknowledge" not in now.may:
        reason = can(now.user, "acknowledge", incident).reason
        return Ask(_("Nobody has answered yet"), f"{why} {reason}".strip(), due=due, start=start, tone=tone)
    url = act(incident, "acknowledge")
    return Ask(_("Answer: can you take this?"), why, url, _("I take it"), "post", due, start, tone)


def _follow(now: Standing) -> Ask:
    name = {"name": now.incident.lead}
    why = _("%(name)s leads. You can add what you know.") % name if now.incident.lead else ""
    return Ask(_("You don’t need to do anything right now."), why, tone="ok")


def _work(now: Standing) -> Ask:
    """What the people at work owe next: the rating, the plan, containment, the playbook, a role, the end."""
    incident, armed = now.incident, now.armed
    lead = _("You lead.") if incident.lead_id == now.user.pk else ""
    if incident.lead and not lead:
        lead = _("%(name)s leads.") % {"name": incident.lead}
    soon, late = _("If it is late, the next level is told."), _("It is late; the next level was told.")
    fresh = incident.state == IncidentState.INVESTIGATING
    if incident.triaged_at is None and (TRIAGE in armed or fresh):
        title, button, action, timer = _("Confirm how severe it is"), _("Confirm severity"), "triage", armed.get(TRIAGE)
    elif incident.decided_at is None and (DECISION in armed or fresh):
        title, button, action, timer = _("Say what will be done"), _("Write the plan"), "plan", armed.get(DECISION)
    else:
        return _progress(now, lead)
    why = f"{lead} {soon if timer else late}"
    due, start = (timer.due_at, incident.reported_at) if timer else (None, None)
    tone = "" if timer else "bad"
    return Ask(title, why.strip(), act(incident, action), button, "", due, start, tone, "a d")


def _progress(now: Standing, lead: str) -> Ask:
    incident = now.incident
    plan = f"{lead} {incident.plan}".strip()
    if incident.state == IncidentState.INVESTIGATING:
        return _contain(now, plan)
    going_on = _step(now) or _role(now)
    if going_on is not None:
        return going_on
    if incident.state == IncidentState.CONTAINED:
        return Ask(_("Repair it, then watch it"), plan, act(incident, "monitor"), _("A fix is in place"))
    return Ask(_("Check that it works, then resolve"), plan, act(incident, "resolve"), _("Resolve"))


def _contain(now: Standing, plan: str) -> Ask:
    """By the step of the playbook that stops it, where there is one, else by the plain form."""
    steps = [line for line in now.course.lines if line.may_end and line.step.does == "containment"]
    if steps and "step" in now.may:
        why = _("The playbook says how: %(step)s.") % {"step": steps[0].step.title.rstrip(".")}
        place = "now" if steps[0].state == "now" else f"step-{steps[0].number}"
        url = f"{_playbook(now)}?{urlencode({'step': steps[0].step.key})}#{place}"
        return Ask(_("Stop it from getting worse"), why, url, _("Go to this step"))
    return Ask(_("Stop it from getting worse"), plan, act(now.incident, "contain"), _("It is contained"))


def _playbook(now: Standing) -> str:
    return reverse("incidents:playbook", args=[now.incident.reference])


def _step(now: Standing) -> Ask | None:
    """The step whose turn it is, unless somebody else has it."""
    course = now.course
    if course.playbook is None or "step" not in now.may:
        return None
    if course.scenario is None:
        if not course.playbook.scenarios:
            return None
        why = _("Then the playbook says which step comes next.")
        return Ask(_("Choose what it looks like"), why, _playbook(now), _("Choose"))
    line = course.now
    if line is None or (line.owner is not None and line.owner.pk != now.user.pk):
        return None
    title = _("Next step: %(step)s") % {"step": line.step.title}
    if line.locked:
        return Ask(title, line.locked, f"{_playbook(now)}#scope", _("Go to the scope"), tone="warn")
    if line.step.does == "gate":
        return Ask(title, _deciders(now, line.step), f"{_playbook(now)}#now", _("Go to this step"))
    why = _("You have this step.") if line.owner else line.whose or _("Nobody has it yet.")
    return Ask(title, why, f"{_playbook(now)}#now", _("Go to this step"))


def _deciders(now: Standing, gate: Step) -> str:
    """Who may decide at `gate`; to whoever leads without the limits of the role what they can do about it."""
    rules = now.steers
    if rules is None:
        return _("Somebody has to decide here.")
    ground = gate_people.Ground(
        matrices=rules.matrices,
        workflow=rules.workflow,
        severity=now.incident.severity,
        risk=risk_of(now.incident),
        folk=rules.folk,
        holding={line.key: line.held.user_id for line in now.roles if line.held and line.held.is_authorized},
        at=now.at,
    )
    who = {person: name for option in gate.options for person, name in gate_people.deciders(option, ground).items()}
    return gate_people.way_out(who, now.user.pk, commands=now.incident.lead_id == now.user.pk)


def _role(now: Standing) -> Ask | None:
    """A role that nobody holds and for which the matrix names the reader."""
    rules, incident = now.steers, now.incident
    if rules is None:
        return None
    for line in now.roles:
        is_held_in_turns = bool(line.role.hours or line.role.handoff)  # else it is a rank, not work in an incident
        if line.held is not None or "take" not in line.moves or not is_held_in_turns:
            continue
        named = incident_roles.named(rules.matrices, rules.workflow, line.key, incident.severity, rules.folk, now.at)
        if now.user.pk in {one.person for one in named}:
            title = _("Take the role: %(role)s") % {"role": line.title}
            url = reverse("incidents:role", args=[incident.reference, line.key, "take"])
            return Ask(title, _("Nobody holds it, and you are named for it."), url, _("I take it"), "post")
    return None
