"""Who hears an update, and as which message; whoever heard that it began hears that it is over (P10, I14)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from governance.documents.communication import Audience
from incidents import access
from incidents.models import Incident, StatusUpdate, Subscription
from incidents.reads import audiences, issuers, update_hints, update_words
from incidents.services import messages, update_timers
from incidents.services.update_drafts import about, prefilled
from portal import outbox
from portal.models import Message, User

if TYPE_CHECKING:
    from incidents.services.incidents import Held

State = StatusUpdate.State
PUBLIC_FACTS = ("reference", "severity", "since_at", "kind")


def recipients(incident: Incident, audience: Audience, *, at: datetime) -> list[User]:
    """Who hears news for `audience` inside: its members by the plan, and whoever follows it; each once."""
    found = {user.pk: user for user in audiences.members(incident, [audience], at=at)}
    rows = Subscription.objects.filter(incident=incident, audience=audience.key, ended_at=None, user__is_active=True)
    found |= {row.user_id: row.user for row in rows.select_related("user")}
    return list(found.values())


def notes(
    incident: Incident, row: StatusUpdate, told: Audience, to: list[User], own: Mapping[str, update_words.Own]
) -> list[outbox.Note]:
    """The messages of a sent update: its words travel as far as the class of its audience (I14).

    `own` are words of single channels, which stand instead of those for all.
    """
    suffix = told.data_class
    context = {name: fact for name, fact in messages.facts(incident).items() if name in PUBLIC_FACTS}
    context |= {f"subject_{suffix}": row.subject, f"words_{suffix}": row.business, "state": row.event}
    if told.detail == "technical" and row.technical:
        context[f"technical_{suffix}"] = row.technical
    for channel, words in own.items():
        if words.text and channel in messages.OWN_WORDS:
            context[f"{channel}_{suffix}"] = words.text
            if words.subject and channel in update_hints.WITH_SUBJECT:
                context[f"{channel}_subject_{suffix}"] = words.subject
    sees = {user.pk for user in to if access.incident_rule(user, "view", incident) is None}
    found = []
    for inside, url in ((True, messages.address(incident)), (False, messages.status_address())):
        people = [user for user in to if (user.pk in sees) is inside]
        if people:
            found.append(_note(incident, people, f"update:{row.pk}", context | {"url": url}))
    return found


def _note(incident: Incident, to: list[User], key: str, context: dict[str, Any]) -> outbox.Note:
    thread = messages.thread(incident)
    return outbox.Note(event="incident.update", subject=incident, to=to, key=key, context=context, thread=thread)


def over(held: "Held", key: str, *, is_kept: bool) -> None:
    """It is resolved or declined: promises end, and whoever got news of it hears that it is over (P10)."""
    incident, at = held.incident, held.at
    if is_kept:
        update_timers.keep(incident, at=at)
    got = Message.objects.filter(event="incident.update", subject_id=incident.pk).values("recipient")
    told_besides = {user.pk for user in held.others} | ({held.by.pk} if held.by is not None else set())
    to = list(User.objects.active().filter(pk__in=got).exclude(pk__in=told_besides).order_by("name", "pk"))
    context = {name: fact for name, fact in messages.facts(incident).items() if name in PUBLIC_FACTS}
    if to:
        context |= {"url": messages.status_address(), "state": "resolved" if is_kept else "declined"}
        outbox.enqueue_many([_note(incident, to, f"{key}:update", context)], at)
    plan = audiences.plan_of(incident)
    if plan is None or not is_kept:
        return
    sent = StatusUpdate.objects.filter(incident=incident, state=State.SENT)
    last = {row.audience: row for row in sent.order_by("sent_at", "pk")}
    for audience, row in last.items():
        told = plan.content.audience_by_key.get(audience)
        if told is None or row.event in ("resolved", "wrap_up"):
            continue
        by = issuers.issuer(incident, told, at=at) or row.by
        new = prefilled(incident=incident, audience=audience, event="resolved", by=by, at=at)
        new.save()
        held.action.record(verb="update.drafted", target=incident, data=about(new))
        messages.tell("incident.update_due", incident, [by], f"{key}:{new.pk}", at=at, audience=told.title, due_at=at)
