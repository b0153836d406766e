"""What a communication plan must hold before it may be published: who is told, by whom, when (D60, D62-D64, D66).

What its words may say is judged in ``communication_words``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from governance.documents import communication_words, links
from governance.documents.base import SEVERITIES, Holder, duplicate_keys
from governance.documents.communication import FUNCTIONS, TOPICS, Cadence, Communication
from governance.documents.facts import Facts, Finding
from governance.documents.sentences import Sentence as _
from governance.documents.sentences import lasting

LISTS = ("functions", "questions", "audiences", "cadence", "meetings", "templates", "statements", "tone")
NO_SIGNATURE = {
    "product": _("Product does not agree to the plan yet; add it to those who sign."),
    "engineering": _("Engineering does not agree to the plan yet; add it to those who sign."),
    "operations": _("Operations does not agree to the plan yet; add it to those who sign."),
    "customer_success": _("Customer success does not agree to the plan yet; add it to those who sign."),
}
NOT_ASKED = {
    "what": _("No question asks what happened; every update answers it."),
    "impact": _("No question asks what it means for those affected; every update answers it."),
    "doing": _("No question asks what is being done; every update answers it."),
    "who": _("No question asks who leads or whom to ask; every update answers it."),
    "next": _("No question asks when the next news comes; every update answers it."),
}
NO_AUDIENCE = _("There is no audience called '%(key)s'.")
NO_ROLE = _("There is no role called '%(key)s' in the company matrix.")
NO_WRAP_UP = _("Nobody meets for a wrap-up when it is over.")


def findings(content: Communication, facts: Facts) -> list[Finding]:
    """All findings about a plan, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *(finding for name in LISTS for finding in duplicate_keys(getattr(content, name), f"/{name}")),
        *_agreement(content),
        *_questions(content),
        *_audiences(content),
        *_holders(content, facts),
        *_named_audiences(content),
        *_cadence(content),
        *_meetings(content),
        *communication_words.findings(content, facts),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _agreement(content: Communication) -> Iterator[Finding]:
    """D60: the plan is the written agreement of four functions; who signs for them, approval policy says."""
    named = Counter(item.function for item in content.functions)
    for function in FUNCTIONS:
        if not named[function]:
            yield Finding("blocking", "/functions", NO_SIGNATURE[function])
    for item in content.functions:
        if not item.agrees.strip():
            sentence = _("%(function)s does not say what it agrees to.") % {"function": item.title}
            yield Finding("advisory", f"/functions/{item.key}/agrees", sentence)


def _questions(content: Communication) -> Iterator[Finding]:
    asked: dict[str, str] = {}
    for question in content.questions:
        if question.asks in asked:
            sentence = _("“%(question)s” asks the same as “%(other)s”.")
            said = {"question": question.title, "other": asked[question.asks]}
            yield Finding("advisory", f"/questions/{question.key}/asks", sentence % said)
        asked.setdefault(question.asks, question.title)
    yield from (Finding("blocking", "/questions", NOT_ASKED[topic]) for topic in TOPICS if topic not in asked)


def _audiences(content: Communication) -> Iterator[Finding]:
    if not content.audiences:
        yield Finding("blocking", "/audiences", _("The plan tells nobody; add an audience."))
    told = {row.audience for row in content.cadence}
    prepared = {row.audience for row in content.statements}
    for audience in content.audiences:
        path, named = f"/audiences/{audience.key}", {"audience": audience.title}
        if audience.issuer is None:
            sentence = _("Nobody tells %(audience)s; name who issues the news to them.") % named
            yield Finding("blocking", f"{path}/issuer", sentence)
        if not audience.channels:
            yield Finding("blocking", f"{path}/channels", _("%(audience)s: no channel leads to them.") % named)
        if audience.key not in told:
            sentence = _("%(audience)s: no row says how often they are told.") % named
            yield Finding("advisory", path, sentence)
        if audience.key not in prepared:
            sentence = _("%(audience)s: no statement is prepared for them.") % named
            yield Finding("advisory", path, sentence)
        if not audience.feedback.strip():
            sentence = _("%(audience)s: it is not said where their questions go.") % named
            yield Finding("advisory", f"{path}/feedback", sentence)
        elif audience.answer_minutes is None:
            sentence = _("%(audience)s: it is not said how fast their questions are answered.") % named
            yield Finding("advisory", f"{path}/answer_minutes", sentence)


def _all_holders(content: Communication) -> Iterator[tuple[str, Holder | None]]:
    yield from ((f"/audiences/{item.key}/issuer", item.issuer) for item in content.audiences)
    yield from ((f"/audiences/{item.key}/members", holder) for item in content.audiences for holder in item.members)
    yield from ((f"/meetings/{item.key}/leads", item.leads) for item in content.meetings)
    yield from ((f"/statements/{item.key}/released_by", item.released_by) for item in content.statements)


def _holders(content: Communication, facts: Facts) -> Iterator[Finding]:
    for path, holder in _all_holders(content):
        if holder is None:
            continue
        if holder.role is not None and facts.roles is not None and holder.role not in facts.roles:
            yield Finding("blocking", path, NO_ROLE % {"key": holder.role})
        if holder.team is not None and holder.team in facts.teams:
            team = facts.teams[holder.team]
            members = (facts.people.get(person) for person in team.members)
            if not any(person is not None and person.active for person in members):
                sentence = _("The team %(team)s has no active member.") % {"team": team.name}
                yield Finding("blocking", path, sentence)


def _named_audiences(content: Communication) -> Iterator[Finding]:
    known = content.audience_by_key
    for name in ("cadence", "templates", "statements"):
        for row in getattr(content, name):
            if row.audience not in known:
                yield Finding("blocking", f"/{name}/{row.key}/audience", NO_AUDIENCE % {"key": row.audience})
    for meeting in content.meetings:
        for index, key in enumerate(meeting.audiences):
            if key not in known:
                yield Finding("blocking", f"/meetings/{meeting.key}/audiences/{index}", NO_AUDIENCE % {"key": key})


def _cadence(content: Communication) -> Iterator[Finding]:
    """D64: at each severity somebody is told, from the beginning, and never by two rows at once."""
    seen: dict[tuple[str, str, int], Cadence] = {}
    for row in content.cadence:
        other = seen.setdefault((row.audience, row.severity, row.after_minutes), row)
        if other is not row:
            sentence = _("%(row)s and %(other)s begin at the same time for the same audience and severity.")
            said = {"row": row.title, "other": other.title}
            yield Finding("blocking", f"/cadence/{row.key}", sentence % said)
    for severity in SEVERITIES:
        starts = [rows[0].after_minutes for key in content.audience_by_key if (rows := content.rhythm(key, severity))]
        said = {"severity": severity.upper()}
        if not starts:
            sentence = _("At %(severity)s no row says who is told how often.") % said
            yield Finding("blocking", "/cadence", sentence)
        elif min(starts) > 0:
            sentence = _("At %(severity)s nobody is told during the first %(time)s.")
            yield Finding("advisory", "/cadence", sentence % {**said, "time": lasting(min(starts))})


def _meetings(content: Communication) -> Iterator[Finding]:
    for meeting in content.meetings:
        path, named = f"/meetings/{meeting.key}", {"meeting": meeting.title}
        if meeting.occasion == "daily" and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", meeting.at):
            sentence = _("%(meeting)s needs a time of day, for example 09:30.") % named
            yield Finding("blocking", f"{path}/at", sentence)
        if meeting.leads is None:
            sentence = _("%(meeting)s: nobody is named who calls it together.") % named
            yield Finding("blocking", f"{path}/leads", sentence)
        if not meeting.audiences:
            yield Finding("advisory", f"{path}/audiences", _("%(meeting)s: nobody takes part.") % named)
    if all(meeting.occasion != "wrap_up" for meeting in content.meetings):
        yield Finding("advisory", "/meetings", NO_WRAP_UP)
