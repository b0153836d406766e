"""What those say who reported an incident or are affected by it, through their tracking page (D35, D98).

Nobody signs in there: whoever holds the link speaks for the person. Words and files are therefore written as of
the "tracking page", with the name; answers to "Does it work again for you?" as of the person who was asked. The
same sent twice is the same.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from incidents.models import Evidence, Incident, TimelineEntry
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.reads import learned
from incidents.services import (
    cases,
    evidence,
    incidents,
    messages,
    participants,
    reasons,
    timeline,
    tracking,
    triage,
)
from portal import audit, limits, timers
from portal.errors import DomainError
from portal.models import User
from portal.models.timers import Timer

AGAIN = timedelta(minutes=10)  # the same words by the same person within it were sent twice
FILES = 5 * limits.FILES  # of one incident through links
SAID = ("note", "worse", "works_again")
HOUR = timedelta(hours=1)
EVERY = list(IncidentState.values)


class NotTaken(DomainError):
    """What was sent cannot be taken; the sentence says why."""


def _holding(incident: Incident, states: Sequence[str], reason: str, at: datetime) -> AbstractContextManager[Any]:
    return incidents.holding(incident, by=None, may="note", states=states, reason=reason, at=at, label=tracking.LABEL)


def _who(person: User | None) -> dict[str, str]:
    return {"name": str(person or ""), "person": str(person.pk) if person else ""}


def _is_repeated(held: Any, verb: str, text: str, person: User | None) -> bool:
    """Whether `person` has sent just this a moment ago."""
    mine = {"verb": verb, "at__gt": held.at - AGAIN, "data__person": _who(person)["person"]}
    rows = TimelineEntry.objects.filter(incident=held.incident, **mine).select_related("text_row")
    last = rows.order_by("-id").first()
    return last is not None and (last.text_row.text if hasattr(last, "text_row") else "") == text


def _say(held: Any, verb: str, text: str, person: User | None) -> int | None:
    """Log what `person` says; None when it was said a moment ago. Raises NotTaken: whoever finds a link is not
    endless, and some of it calls people."""
    if _is_repeated(held, verb, text, person):
        return None
    mine = {"by": None, "verb__in": SAID, "at__gt": held.at - HOUR, "data__person": _who(person)["person"]}
    if TimelineEntry.objects.filter(incident=held.incident, **mine).count() >= limits.LINK_NOTES:
        raise NotTaken(
            _("You have written %(count)d times within an hour. Please wait a while, or call the team.")
            % {"count": limits.LINK_NOTES}
        )
    entry_id: int = held.log(verb, text, **_who(person))
    return entry_id


def add(
    *, incident: Incident, person: User | None, text: str, files: Sequence[evidence.Kept] = (), at: datetime
) -> None:
    """`person` adds words, files or both. Raises NotTaken, NotPossible, evidence.NotTaken."""
    text = text.strip()
    if not text and not files:
        raise NotTaken(_("Write what you want to add, or choose a file."))
    if len(text) > limits.TEXT_LENGTH:
        raise NotTaken(_("Use at most %(count)d characters.") % {"count": limits.TEXT_LENGTH})
    with _holding(incident, EVERY, "note", at) as held:
        if text:
            _say(held, "note", text, person)
        if files:
            _add_files(held.incident, person, files, at)


def _add_files(incident: Incident, person: User | None, files: Sequence[evidence.Kept], at: datetime) -> None:
    """Files of somebody who did not sign in: no programs, and not without end."""
    for item in files:
        evidence.refuse_program(item)
    if Evidence.objects.filter(incident=incident, added_by=None).count() + len(files) > FILES:
        raise NotTaken(_("There are many files here already. Ask the person who works on it how to send more."))
    evidence.add(incident=incident, files=files, by=None, at=at, said=_who(person))


def got_worse(*, incident: Incident, person: User | None, answers: Mapping[str, str], text: str, at: datetime) -> None:
    """`person` answers the impact questions again: it is scored anew, and the people at work are told at once.

    Raises NotTaken, NotPossible, triage.CannotScore.
    """
    text = text.strip()
    if not text:
        raise NotTaken(_("Say what got worse."))
    with _holding(incident, OPEN_STATES, "it got worse", at) as held:
        if held.incident.kind == Incident.Kind.NEAR_MISS:
            raise NotTaken(_("This is a near miss. Say first that it happened after all."))
        entry_id = _say(held, "worse", text, person)
        if entry_id is None:
            return
        scored = triage.rescore(
            incident=held.incident, by=None, reason=text, at=at, answers=answers, label=tracking.LABEL
        )
        key = f"incident:{incident.pk}:worse:{entry_id}"
        to = participants.followers(incident)
        messages.tell("incident.worse", scored.incident, to, key, at=at, name=str(person or ""), reason=text)


def works_again(*, incident: Incident, person: User | None, at: datetime) -> None:
    """`person` proposes that it is over: that resolves what nobody has taken, else the people at work hear it.

    Only the reporter ends it so: what works for one affected may not work for the others. Raises NotPossible.
    """
    with audit.action(actor=None, actor_label=tracking.LABEL, reason="it works again", at=at):
        found, _run = cases.lock(incident)
        if found.state == IncidentState.RESOLVED:
            return
        is_reporter = person is not None and found.reporter_id == person.pk
        if is_reporter and found.state == IncidentState.REPORTED and found.lead_id is None:
            _resolve(found, person, at)
            return
        with _holding(found, OPEN_STATES, "it works again", at) as held:
            entry_id = _say(held, "works_again", "", person)
            if entry_id is None:
                return
            key = f"incident:{found.pk}:works_again:{entry_id}"
            why = reasons.SAID_TO_WORK % {"name": person or reasons.THE_REPORTER}
            messages.tell("incident.news", held.incident, participants.followers(found), key, at=at, why=why)


def _resolve(incident: Incident, person: User | None, at: datetime) -> None:
    words = reasons.SAID_TO_WORK % {"name": person}
    if incident.kind == Incident.Kind.NEAR_MISS:
        raise NotTaken(_("This is a near miss: nothing has stopped, so nothing has to work again."))
    found = incidents.resolve(
        incident=incident, resolution=words, checked=words, by=None, at=at, label=tracking.LABEL, speaker=person
    )
    timeline.add(found, verb="confirmed", by=None, at=at, data=_who(person), is_public=True)


def confirm(*, incident: Incident, person: User, at: datetime) -> None:
    """It works again for `person`: the reporter closes it so, of others it is counted. Raises NotPossible, Refused."""
    with audit.action(actor=person, reason="it works again", at=at) as action:
        found, _run = cases.lock(incident)
        if found.state == IncidentState.CLOSED or (
            found.state == IncidentState.RESOLVED and has_confirmed(found, person) and found.reporter_id != person.pk
        ):
            return
        if found.state != IncidentState.RESOLVED:
            raise incidents.NotPossible(_("We still work on it, so there is nothing to confirm yet."))
        if not has_confirmed(found, person):
            timeline.add(found, verb="confirmed", by=person, at=at, data=_who(person), is_public=True)
            action.record(verb="incident.confirmed", target=found)
        if found.reporter_id != person.pk:
            return
        if learned.is_owed(found):
            timers.cancel(subject=found, at=at, reason="confirmed", kinds=[incidents.CLOSE, incidents.REMIND])
        else:
            incidents.close(incident=found, by=person, at=at)


def has_confirmed(incident: Incident, person: User) -> bool:
    """Whether `person` has said since it was resolved that it works again for them."""
    return str(person.pk) in confirmed_by(incident)


def confirmed_by(incident: Incident) -> set[str]:
    """Ids of everybody who has said since it was resolved that it works again for them."""
    if incident.resolved_at is None:
        return set()
    rows = TimelineEntry.objects.filter(incident=incident, verb="confirmed", at__gte=incident.resolved_at)
    return {data.get("person", "") for data in rows.values_list("data", flat=True)}


def not_yet(*, incident: Incident, person: User, reason: str, at: datetime) -> None:
    """It does not work for `person` after all: people are called again, and everybody who was told hears why.

    Sent twice, or after somebody else said so, the words are kept and nobody is called anew. Raises NotPossible.
    """
    with audit.action(actor=person, reason=reason or "not yet", at=at):
        found, _run = cases.lock(incident)
        if found.state in incidents.REOPENABLE:
            incidents.reopen(incident=found, reason=reason, by=person, at=at)
            return
        last = TimelineEntry.objects.filter(incident=found, verb="reopened", by=person, at__gt=at - AGAIN)
        said = [row.text_row.text for row in last.select_related("text_row") if hasattr(row, "text_row")]
        if reason.strip() not in said:
            add(incident=found, person=person, text=reason, at=at)


def happened(*, incident: Incident, person: User, text: str, at: datetime) -> None:
    """The near miss that `person` reported has happened after all. Raises NotPossible, Refused."""
    with audit.action(actor=person, reason="it happened", at=at):
        found, _run = cases.lock(incident)
        if found.kind == Incident.Kind.NEAR_MISS:
            incidents.happened(incident=found, reason=text, by=person, at=at)


def fire_remind(rows: list[Timer], *, at: datetime) -> set[int]:
    """Handler of ``incident.remind``: a day before it closes, ask those once more who have not answered."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    for timer in rows:
        found, _run = held.get(timer.subject_id, (None, None))
        closes_at = parse_datetime(timer.data.get("closes_at", "")) or at
        if found is None or found.state != IncidentState.RESOLVED or closes_at <= at:
            continue
        done = confirmed_by(found)
        asked = [found.reporter] if found.reporter else []
        asked += [user for user in participants.affected(found) if user not in asked]
        asked = [user for user in asked if user.is_active and str(user.pk) not in done]
        if not asked:
            continue
        timeline.add(found, verb="reminded", by=None, at=at, data={"people": [str(user) for user in asked]})
        action = audit.current()
        if action is not None:
            action.record(verb="incident.reminded", target=found, data={"people": len(asked)})
        key = f"incident:{found.pk}:remind:{timer.pk}"
        messages.tell_followers(found, asked, "closing", key, at=at, closes_at=closes_at)
    return {timer.pk for timer in rows if timer.subject_id not in held}
