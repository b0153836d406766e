"""Scope and aim of the work: said before anything is changed, and agreed on by the four functions (D37, D38).

Each change is a statement of its own and asks all of them again. Whoever commands may go on without all answers.
"""

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import Incident, ScopeAnswer, ScopeStatement
from incidents.models.incidents import OPEN_STATES
from incidents.models.response import Function
from incidents.reads import scopes as reads
from incidents.services import incidents, messages, participants, step_turns
from portal import limits, outbox
from portal.errors import DomainError
from portal.models import User

scope_state = reads.scope_state


class CannotAgree(DomainError):
    """Scope and aim cannot be said, answered or overruled so."""


def state(*, incident: Incident, scope: str, aim: str, by: User, at: datetime) -> ScopeStatement:
    """`by` says what is affected and what is to be reached; product, engineering, operations and support are asked.

    Whoever belongs to one of these agrees with the own words. Raises CannotAgree, NotPossible, access.Refused.
    """
    scope, aim = _words(scope, _("Say what is affected.")), _words(aim, _("Say what is to be reached."))
    with incidents.holding(incident, by=by, may="scope", states=OPEN_STATES, reason="scope", at=at) as held:
        found = held.incident
        before = reads.statement(found)
        if before is not None and (before.scope, before.aim) == (scope, aim) and not before.overruled:
            raise CannotAgree(_("Scope and aim say this already."))
        made = _keep(held, ScopeStatement(scope=scope, aim=aim), before)
        held.log("scope", f"{scope} · {aim}", is_public=False, name=str(by), number=made.number)
        asked = reads.speakers(found, besides=by)
        mine = [function for function, who in asked.items() if not who.is_fallback and by in who.people]
        for function in mine:
            _answer(held, made, function, agrees=True, why="")
        _ask(held, made, {key: who.people for key, who in asked.items() if key not in mine})
    return made


def _words(text: str, sentence: str) -> str:
    text = text.strip()
    if not text:
        raise CannotAgree(sentence)
    if len(text) > limits.REASON_LENGTH:
        raise CannotAgree(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    return text


def _keep(held: incidents.Held, row: ScopeStatement, before: ScopeStatement | None) -> ScopeStatement:
    row.incident, row.number = held.incident, before.number + 1 if before else 1
    assert held.by is not None
    row.by, row.at = held.by, held.at
    row.save(force_insert=True)
    held.action.prove([row], about=held.incident)
    return row


def _ask(held: incidents.Held, made: ScopeStatement, asked: dict[str, list[User]]) -> None:
    """One message with a one-time link to each person, however many functions they speak for."""
    found = held.incident
    people: dict[User, list[str]] = defaultdict(list)
    for function, those in asked.items():
        for user in those:
            people[user].append(function)
    participants.let_in(found, people, at=held.at)
    link = [{"purpose": "scope", "generation": made.number}]
    said = {"name": str(held.by), "scope": made.scope, "aim": made.aim}
    key = f"incident:{found.pk}:scope:{made.number}"
    _send(messages.note("incident.scope", found, [*people], key, actions=link, **said), found, at=held.at)


def _send(note: outbox.Note, incident: Incident, *, at: datetime) -> None:
    note.lane = messages.lane_of(incident)
    outbox.enqueue_many([note], at=at)


def answer(
    *, incident: Incident, number: int, agrees: bool, by: User, at: datetime, why: str = "", function: str = ""
) -> list[ScopeAnswer]:
    """`by` agrees to statement `number` or objects to it, for each function that they speak for (or one of these).

    The newest answer of a function counts. An objection needs a reason, and is told to whoever stated it and to
    whoever commands. Raises CannotAgree, NotPossible, access.Refused.
    """
    why = why.strip()[: limits.REASON_LENGTH]
    with incidents.holding(incident, by=by, may="view", states=OPEN_STATES, reason="scope answered", at=at) as held:
        found, made = held.incident, reads.statement(held.incident)
        if made is None or made.number != number:
            raise CannotAgree(_("Scope and aim have changed meanwhile. Please read them once more."))
        if made.overruled:
            who = {"name": made.by}
            raise CannotAgree(_("%(name)s went on without all answers, so nobody is asked any more.") % who)
        if not agrees and not why:
            raise CannotAgree(_("Say what speaks against it."))
        mine = [key for key, who in reads.speakers(found, besides=made.by).items() if by in who.people]
        if function:
            mine = [key for key in mine if key == function]
        if not mine:
            raise CannotAgree(_("You are not asked here: others speak for the functions that have to agree."))
        rows = [_answer(held, made, key, agrees=agrees, why=why) for key in mine]
        if not agrees:
            _tell_objection(held, made, why, rows[-1].pk)
        elif reads.scope_state(found) == "agreed":
            step_turns.call(held)
    return rows


def _answer(held: incidents.Held, made: ScopeStatement, function: str, *, agrees: bool, why: str) -> ScopeAnswer:
    assert held.by is not None
    row = ScopeAnswer(statement=made, function=function, agrees=agrees, why=why, by=held.by, at=held.at)
    row.save(force_insert=True)
    held.action.prove([row], about=held.incident)
    verb = "scope_agreed" if agrees else "scope_objected"
    held.log(verb, why, is_public=False, name=str(held.by), function=Function(function).value)
    return row


def _tell_objection(held: incidents.Held, made: ScopeStatement, why: str, number: int) -> None:
    found = held.incident
    to = {user for user in (made.by, found.lead) if user is not None and user != held.by}
    key = f"incident:{found.pk}:scope_objected:{number}"
    participants.let_in(found, to, at=held.at)
    _send(messages.note("incident.scope_objected", found, to, key, name=str(held.by), reason=why), found, at=held.at)


def overrule(*, incident: Incident, reason: str, by: User, at: datetime) -> ScopeStatement:
    """Whoever commands goes on without all answers; the reason is a deviation that the report shows.

    Raises CannotAgree, NotPossible, access.Refused.
    """
    reason = _words(reason, _("Say why it cannot wait for all answers."))
    with incidents.holding(incident, by=by, may="scope", states=OPEN_STATES, reason=reason, at=at) as held:
        found = held.incident
        if found.lead_id != by.pk:
            who = {"name": found.lead}
            raise CannotAgree(
                _("Only %(name)s, who commands, can go on without all answers.") % who
                if found.lead
                else _("Only whoever commands can go on without all answers. Take the incident first.")
            )
        before = reads.statement(found)
        if before is None:
            raise CannotAgree(_("State scope and aim first."))
        if reads.scope_state(found) not in ("open", "objected"):
            raise CannotAgree(_("Nobody is waited for: work can go on."))
        fresh = ScopeStatement(scope=before.scope, aim=before.aim, overruled=True, reason=reason)
        made = _keep(held, fresh, before)
        held.log("scope_overruled", reason, is_public=False, name=str(by))
        step_turns.call(held)
    return made
