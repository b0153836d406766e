"""Updates of the communication desk: written, looked over where the plan says so, and sent (D65-D72).

Whoever heard that it began hears that it is over (P10).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime

from django.utils.translation import gettext as _

from governance.documents.communication import Audience, Communication, Statement
from incidents.models import Incident, StatusUpdate, Subscription
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.reads import issuers, update_words
from incidents.services import incidents, messages, participants, update_timers
from incidents.services.update_drafts import NotSent, Words, about, audience_of, prefilled
from incidents.services.update_sending import notes, recipients
from portal import limits, outbox
from portal.models import User

State = StatusUpdate.State
WRITABLE = (*OPEN_STATES, IncidentState.RESOLVED)


def draft(
    *, incident: Incident, audience: str, event: str, words: Words | None, by: User, at: datetime
) -> StatusUpdate:
    """Keep a new update; without `words` as it is prefilled. Raises NotSent, NotPossible, Refused."""
    with incidents.holding(incident, by=by, may="update", states=WRITABLE, reason="writes news", at=at) as held:
        row = prefilled(incident=held.incident, audience=audience, event=event, by=by, at=at)
        plan, told = audience_of(held.incident, audience)
        if words is not None:
            apply(row, plan, told, words)
        row.save()
        held.action.record(verb="update.drafted", target=held.incident, data=about(row))
    return row


def save(*, update: StatusUpdate, words: Words, by: User, at: datetime) -> StatusUpdate:
    """Other words; whatever was to be looked over is a draft again. Raises NotSent, NotPossible, Refused."""
    with _held(update, by, at, "writes news") as (held, row):
        apply(row, *audience_of(held.incident, row.audience), words)
        row.state, row.by, row.written_at = State.DRAFT, by, at
        row.save()
        held.action.record(verb="update.written", target=held.incident, data=about(row))
    return row


def submit(*, update: StatusUpdate, by: User, at: datetime) -> StatusUpdate:
    """Somebody shall look it over. Raises NotSent, NotPossible, Refused."""
    with _held(update, by, at, "asks for a look") as (held, row):
        plan, told = audience_of(held.incident, row.audience)
        _refuse(row, plan, told, held.incident)
        row.state = State.IN_REVIEW
        row.save(update_fields=["state"])
        held.action.record(verb="update.submitted", target=held.incident, data=about(row))
        to = [user for user in reviewers(held.incident, plan, row, at=at) if user != by]
        participants.add_many([(held.incident.pk, user.pk, "told") for user in to], at=at)
        key = f"update:{row.pk}:review:{at.timestamp()}"
        messages.tell("incident.update_review", held.incident, to, key, at=at, audience=told.title, name=str(by))
    return row


def release(*, update: StatusUpdate, by: User, at: datetime, words: Words | None = None) -> StatusUpdate:
    """`by`, who did not write it, finds it good: it is sent.

    `words` are those that `by` saw; other words than the writer's are nobody's yet who looked them over. Raises
    NotSent, NotPossible, Refused.
    """
    with _held(update, by, at, "releases news") as (held, row):
        plan, told = audience_of(held.incident, row.audience)
        if row.state != State.IN_REVIEW:
            raise NotSent(_("Nobody has asked for a look at it yet."))
        if row.by_id == by.pk:
            raise NotSent(_("You wrote it, so somebody else has to look it over."))
        if by not in reviewers(held.incident, plan, row, at=at):
            raise NotSent(_("The plan names somebody else who looks this over."))
        if words is not None and differs(row, plan, told, words):
            raise NotSent(
                _(
                    "You have changed something, so somebody else has to look it over: choose “Ask for a look”, "
                    "or take your change back."
                )
            )
        row.reviewed_by, row.reviewed_at = by, at
        _send(held, row, plan, told)
    return row


def send(*, update: StatusUpdate, by: User, at: datetime) -> StatusUpdate:
    """It goes out now. Raises NotSent, NotPossible, Refused."""
    with _held(update, by, at, "sends news") as (held, row):
        plan, told = audience_of(held.incident, row.audience)
        if not issuers.may_issue(by, held.incident, told, at=at):
            raise NotSent(
                _("Another role tells %(audience)s. Ask whoever leads to send it.") % {"audience": told.title}
            )
        if needs_review(plan, row):
            raise NotSent(_("The plan wants somebody to look this over before it is sent."))
        _send(held, row, plan, told)
    return row


def drop(*, update: StatusUpdate, by: User, at: datetime) -> StatusUpdate:
    """It is not needed. Raises NotSent, NotPossible, Refused."""
    with _held(update, by, at, "drops a draft") as (held, row):
        row.state = State.DROPPED
        row.save(update_fields=["state"])
        held.action.record(verb="update.dropped", target=held.incident, data=about(row))
    return row


# Judging


def statement_of(plan: Communication, update: StatusUpdate) -> Statement | None:
    return next((item for item in plan.statements if item.key == update.statement), None)


def wordings(statement: Statement) -> tuple[str, str]:
    """The prepared words as they are approved: without and with what is offered for the trouble."""
    text = statement.text.strip()
    return text, f"{text}\n\n{statement.compensation.strip()}".strip()


def needs_review(plan: Communication, update: StatusUpdate) -> bool:
    """Whether the plan wants a look at it: it is made of prepared words that nobody has approved as they stand."""
    return statement_of(plan, update) is not None and not update.is_pre_approved and update.reviewed_at is None


def reviewers(incident: Incident, plan: Communication, update: StatusUpdate, *, at: datetime) -> list[User]:
    """Who may release `update`: whom its statement names, else whoever issues to the audience, and the lead."""
    statement = statement_of(plan, update)
    if statement is not None and statement.released_by is not None:
        named = issuers.of(incident, statement.released_by, at=at)
        return list(User.objects.active().filter(pk__in=named).order_by("name", "pk"))
    audience = plan.audience_by_key.get(update.audience)
    first = issuers.issuer(incident, audience, at=at) if audience is not None else None
    return [user for user in {first, incident.lead} if user is not None]


@contextmanager
def _held(update: StatusUpdate, by: User, at: datetime, reason: str) -> Iterator[tuple[incidents.Held, StatusUpdate]]:
    """The incident and the update locked, in that order; refuses what was sent or dropped."""
    holding = incidents.holding(update.incident, by=by, may="update", states=WRITABLE, reason=reason, at=at)
    with holding as held:
        row = StatusUpdate.objects.select_for_update(no_key=True).get(pk=update.pk)
        if row.state not in (State.DRAFT, State.IN_REVIEW):
            raise NotSent(_("This was sent or dropped already; write a new one."))
        row.incident = held.incident
        yield held, row


def apply(row: StatusUpdate, plan: Communication, told: Audience, words: Words) -> None:
    """Put `words` into `row`, which is not stored by it. Raises NotSent."""
    for text in (words.business, words.technical, *words.answers.values()):
        if len(text) > limits.TEXT_LENGTH:
            raise NotSent(_("Use at most %(count)d characters.") % {"count": limits.TEXT_LENGTH})
    statement = next((item for item in plan.statements if item.key == words.statement), None)
    if words.statement and (statement is None or statement.audience != told.key):
        raise NotSent(_("There are no such prepared words for %(audience)s.") % {"audience": told.title})
    kept = {name: str(words.answers.get(name) or "").strip() for name in update_words.TYPED}
    row.subject, row.answers = words.subject.strip()[: limits.TITLE_LENGTH], kept
    row.business = words.business.strip()
    row.technical = words.technical.strip() if told.detail == "technical" else ""
    row.statement = words.statement
    row.is_pre_approved = (
        statement is not None and statement.release == "pre_approved" and row.business in wordings(statement)
    )
    row.expected_at, row.next_at = words.expected_at, words.next_at
    row.reviewed_by, row.reviewed_at = None, None


def differs(row: StatusUpdate, plan: Communication, told: Audience, words: Words) -> bool:
    """Whether `words` would say anything else than `row` says. Raises NotSent."""
    other = copy(row)
    apply(other, plan, told, words)
    return _said(other) != _said(row)


def _said(row: StatusUpdate) -> list[object]:
    """What `row` says, as a form gives it back: to the minute, and with any kind of line break."""
    answers = {name: str(text).splitlines() for name, text in row.answers.items() if str(text).strip()}
    times = [at and at.replace(second=0, microsecond=0) for at in (row.expected_at, row.next_at)]
    return [row.subject, row.business.splitlines(), row.technical.splitlines(), row.statement, answers, *times]


def may_release(row: StatusUpdate, plan: Communication, user: User, *, at: datetime) -> bool:
    """Whether `row` waits for a look by `user`, who did not write it."""
    waits = row.state == State.IN_REVIEW and row.by_id != user.pk
    return waits and user in reviewers(row.incident, plan, row, at=at)


def _refuse(row: StatusUpdate, plan: Communication, told: Audience, incident: Incident) -> None:
    found = update_words.troubles(row, plan, told, incident)
    if found:
        raise NotSent(found[0].sentence, {item.field: item.sentence for item in reversed(found)})


# Sending


def _send(held: incidents.Held, row: StatusUpdate, plan: Communication, told: Audience) -> None:
    """Its words are filled in and frozen; everybody hears it, and the rhythm counts from now."""
    incident, at = held.incident, held.at
    _refuse(row, plan, told, incident)
    own = update_words.own_words(row, plan, told, incident)
    for name in ("subject", "business", "technical"):
        setattr(row, name, update_words.rendered(getattr(row, name), row, told, incident))
    row.subject = row.subject[: limits.TITLE_LENGTH]
    row.state, row.sent_at = State.SENT, at
    update_timers.keep(incident, at=at, audience=row.audience)
    row.save()
    to = recipients(incident, told, at=at)
    follows = Subscription.objects.filter(incident=incident, audience=told.key, ended_at=None, first_told_at=None)
    for one in follows:
        one.first_told_at = at
        one.save(update_fields=["first_told_at"])
    held.log("update", "", is_public=False, title=told.title, name=str(held.by), event=row.event, count=len(to))
    outbox.enqueue_many(notes(incident, row, told, to, own), at)
    update_timers.rearm(incident, at=at, sent=row.audience)
    update_timers.promise(row, at=at)
