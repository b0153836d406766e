"""What people are told about incidents: the message events, and the facts that their words are made of (D31).

Fields whose name ends in ``_at`` are ISO 8601 and become times in the reader's zone. Each field has a data
class; the incident's own class raises all of them but the public ones.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from governance.models import Version
from governance.reads import documents
from incidents.models import EscalationRun, Incident, Participant
from incidents.models.escalation import RunState
from incidents.models.incidents import Severity
from incidents.reads import guidance
from incidents.services import participants, tracking
from portal import outbox, prepared, registry
from portal.models import Message, User
from portal.models.people import DataClass, Lane

PUBLIC, INTERNAL, CONFIDENTIAL = DataClass.PUBLIC, DataClass.INTERNAL, DataClass.CONFIDENTIAL
FACTS: dict[str, str] = {
    "reference": PUBLIC,
    "severity": PUBLIC,
    "url": PUBLIC,
    "answer_by_at": PUBLIC,
    "state": PUBLIC,
    "since_at": PUBLIC,
    "happened_at": PUBLIC,
    "again": PUBLIC,
    "kind": PUBLIC,
    "which": PUBLIC,
    "minutes": PUBLIC,
    "hours": PUBLIC,
    "closes_at": PUBLIC,
    "expires_at": PUBLIC,
    "other": PUBLIC,
    "meeting": PUBLIC,
    "own": PUBLIC,
    "due_at": PUBLIC,
    "audience": INTERNAL,
    "agenda": INTERNAL,
    "leader": INTERNAL,
    "bridge": INTERNAL,
    "meanwhile": INTERNAL,
    "overdue": PUBLIC,
    "title": INTERNAL,
    "workflow": INTERNAL,
    "team": INTERNAL,
    "impact": INTERNAL,
    "lead": INTERNAL,
    "name": INTERNAL,
    "role": INTERNAL,
    "holder": INTERNAL,
    "answered_by": INTERNAL,
    "plan": INTERNAL,
    "why": INTERNAL,
    "level": INTERNAL,
    "next": INTERNAL,
    "next_at": INTERNAL,
    "description": CONFIDENTIAL,
    "who_is_hurt": CONFIDENTIAL,
    "reason": CONFIDENTIAL,
    "captured": CONFIDENTIAL,
    "scope": CONFIDENTIAL,
    "aim": CONFIDENTIAL,
    "handover": CONFIDENTIAL,
    "review": PUBLIC,
    "action": PUBLIC,
    "effect": PUBLIC,
    "what": CONFIDENTIAL,
    "questions": CONFIDENTIAL,
}
FACTS |= {f"{part}_{name}": name for part in ("subject", "words", "technical") for name in DataClass.values}
OWN_WORDS = ("inbox", "email", "chat", "sms")
"""Channels for which news may have words of its own: ``email_public``, ``email_subject_public``."""
FACTS |= {f"{part}_{name}": name for part in OWN_WORDS for name in DataClass.values}
FACTS |= {f"{part}_subject_{name}": name for part in ("inbox", "email") for name in DataClass.values}
LANES = {
    "incident.level": Lane.URGENT,
    "incident.reassigned": Lane.URGENT,
    "incident.timebox": Lane.URGENT,
    "incident.trigger": Lane.URGENT,
    "incident.specialists": Lane.URGENT,
    "incident.nobody_reached": Lane.URGENT,
    "incident.gap": Lane.URGENT,
    "incident.acknowledged": Lane.ROUTINE,
    "incident.unacknowledged": Lane.ROUTINE,
    "incident.resolved": Lane.ROUTINE,
    "incident.reopened": Lane.URGENT,
    "incident.declined": Lane.ROUTINE,
    "incident.invited": Lane.URGENT,
    "incident.authority": Lane.URGENT,
    "incident.scope": Lane.ROUTINE,
    "incident.step": Lane.ROUTINE,
    "incident.step_freed": Lane.ROUTINE,
    "incident.scope_objected": Lane.ROUTINE,
    "incident.remedy_soon": Lane.ROUTINE,
    "incident.remedy_over": Lane.URGENT,
    "incident.worse": Lane.URGENT,
    "incident.affected": Lane.ROUTINE,
    "incident.merged": Lane.ROUTINE,
    "incident.news": Lane.ROUTINE,
    "incident.meeting": Lane.ROUTINE,
    "incident.leadership": Lane.URGENT,
    "incident.leadership_missing": Lane.URGENT,
    "incident.update": Lane.ROUTINE,
    "incident.update_due": Lane.ROUTINE,
    "incident.update_overdue": Lane.URGENT,
    "incident.update_review": Lane.URGENT,
    "incident.promise_missed": Lane.ROUTINE,
    "incident.review": Lane.ROUTINE,
    "incident.action": Lane.ROUTINE,
    "incident.came_back": Lane.ROUTINE,
    "role.assigned": Lane.URGENT,
    "role.handed_over": Lane.URGENT,
    "role.asked": Lane.URGENT,
    "role.silent": Lane.URGENT,
    "role.rotate": Lane.ROUTINE,
    "role.relieved": Lane.ROUTINE,
    "report.news": Lane.ROUTINE,
}
ASKING = ("incident.level", "incident.reassigned", "incident.timebox", "incident.nobody_reached")  # for an answer
INVITED = "incident.invited"  # asks one person, whoever else has answered
SAID_AT_ONCE = (Severity.SEV1, Severity.SEV2)
REFERENCE = "INC-0-0"  # stands for one in a path
WAITING = ("answered", "reopened")  # news after which somebody still waits
TEXT_LENGTH = 600  # of free text in a message; the rest is behind the link


def register() -> None:
    """Name the events to the outbox."""
    for name, lane in LANES.items():
        kind = outbox.EventType(name=name, lane=lane, data_classes=FACTS, wants_answer=name in (*ASKING, INVITED))
        registry.event_types.add(name, kind)
    registry.answered.add(Incident._meta.label_lower, answered)


_runs = prepared.Question(
    lambda: EscalationRun.objects.filter(
        incident_id__any=prepared.Given("incidents", EscalationRun, "incident", many=True)
    ).select_related("incident", "acknowledged_by")
)


def answered(calls: Sequence[Message]) -> dict[UUID, str]:
    """Those of `calls` (messages that ask for an answer about an incident) that somebody has answered, and how."""
    runs = {run.incident_id: run for run in _runs(incidents={call.subject_id for call in calls})}
    found = {}
    for call in calls:
        run = runs.get(call.subject_id)
        if run is not None and (why := _answer(call, run)):
            found[call.pk] = why
    return found


def _answer(call: Message, run: EscalationRun) -> str:
    """Why nobody waits for an answer to `call` any more; empty when somebody does.

    Whoever is called after the answer (it got no further) is asked something new.
    """
    if run.state == RunState.STOPPED:
        return "the incident is over"
    if call.event == INVITED:
        return "has joined" if _has_joined(call) else ""
    if call.event == "incident.timebox" and run.incident is not None:
        which = next((context["which"] for context in call.context.values() if "which" in context), "")
        done = {"triage": run.incident.triaged_at, "decision": run.incident.decided_at}.get(which)
        return "it was done" if done is not None else ""
    is_older = run.acknowledged_at is not None and call.created_at < run.acknowledged_at
    if run.state == RunState.ACKNOWLEDGED and is_older:
        return f"{run.acknowledged_by} has answered"
    return ""


def _has_joined(call: Message) -> bool:
    taking_part = Participant.objects.filter(incident=call.subject_id, user=call.recipient_id)
    return taking_part.filter(role=Participant.Role.JOINED).exists()


def nobody_is_asked(incident: Incident, reason: str, *, is_over: bool = False) -> None:
    """Calls about `incident` that have not left yet are not needed any more (I6).

    Somebody's answer does nothing that a timebox was missed for, so that is still told unless the incident `is_over`.
    """
    events = [event for event in ASKING if is_over or event != "incident.timebox"]
    outbox.answered(subject=incident, events=events, reason=reason)


def facts(incident: Incident, **more: Any) -> dict[str, Any]:
    """The context of a message about `incident`: what, impact, since when, who leads, the exact place."""
    found = {
        "reference": incident.reference,
        "severity": incident.severity,
        "url": address(incident),
        "since_at": iso(incident.started_at),
        "title": incident.title,
        "workflow": incident.workflow.name if incident.workflow else "",
        "team": incident.team.name,
        "impact": impact(incident),
        "lead": str(incident.lead) if incident.lead else "",
        "plan": incident.plan,
        "kind": incident.kind,
        "description": incident.description[:TEXT_LENGTH],
        "who_is_hurt": incident.who_is_hurt[:TEXT_LENGTH],
    }
    return found | {name: iso(value) if isinstance(value, datetime) else value for name, value in more.items()}


def impact(incident: Incident) -> list[str]:
    """What the answers said yes to, in the words of the rubric that scored them."""
    titles = _titles(incident.rubric_id) if incident.rubric_id else {}
    return [titles.get(key, key) for key, answer in incident.answers.items() if answer == "yes"]


@lru_cache(maxsize=256)
def _titles(rubric: UUID) -> dict[str, str]:
    """Title of each dimension of a rubric version; frozen, so it is read once in a process."""
    version = Version.objects.select_related("document").get(pk=rubric)
    return {dimension.key: dimension.title for dimension in documents.of(version).content.dimensions}


def lane_of(incident: Incident) -> Lane:
    """How fast people hear of work that waits for them."""
    return Lane.URGENT if incident.severity in SAID_AT_ONCE else Lane.ROUTINE


def note(
    event: str, incident: Incident, to: Iterable[User], key: str, *, actions: Iterable[dict[str, Any]] = (), **more: Any
) -> outbox.Note:
    """A message about `incident`, not yet written. `actions` are one-time links, `more` further facts."""
    context = facts(incident, **more)
    if links := list(actions):
        context[outbox.ACTIONS] = links
    return outbox.Note(
        event=event,
        subject=incident,
        to=to,
        key=key,
        context=context,
        thread=thread(incident),
        data_class=incident.data_class,
    )


def tell(event: str, incident: Incident, to: Iterable[User], key: str, *, at: datetime, **more: Any) -> None:
    """Write one message about `incident` to each of `to`."""
    outbox.enqueue_many([note(event, incident, to, key, **more)], at=at)


def tell_reporter(incident: Incident, state: str, key: str, *, by: User | None, at: datetime, **more: Any) -> None:
    """Tell whoever reported it or is affected, in plain words with their own link; not about their own move."""
    people = [] if incident.reporter is None else [incident.reporter]
    people += [user for user in participants.affected(incident) if user not in people]
    tell_followers(incident, [user for user in people if user != by], state, key, at=at, **more)


def tell_followers(
    incident: Incident, people: Iterable[User], state: str, key: str, *, at: datetime, **more: Any
) -> None:
    """Tell `people`, who reported `incident` or are affected, each with the link that is theirs."""
    if state in WAITING and "meanwhile" not in more:
        more["meanwhile"] = guidance.sentence(incident)
    notes = [
        note("report.news", incident, [user], key, state=state, url=tracking.address(incident, user), **more)
        for user in people
    ]
    if notes:
        outbox.enqueue_many(notes, at=at)


def answer_link(run: EscalationRun) -> list[dict[str, Any]]:
    """The one-time link that takes the incident, good for this generation of the run."""
    return [{"purpose": "acknowledge", "generation": run.generation}]


def address(incident: Incident) -> str:
    return settings.SITE_URL + _page().replace(REFERENCE, incident.reference)


@cache
def _page() -> str:
    """The path of an incident's page, with REFERENCE where the reference goes; looked up once, not per message."""
    return reverse("incidents:incident", args=[REFERENCE])


def status_address() -> str:
    """Where everybody reads what was told to them, who cannot open the incident itself."""
    return settings.SITE_URL + reverse("incidents:status")


def thread(incident: Incident) -> str:
    return f"incident:{incident.pk}"


def iso(moment: datetime) -> str:
    return moment.isoformat()
