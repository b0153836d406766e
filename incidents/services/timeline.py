"""The timeline: what happened, append-only; typed words lie in an erasable row with a commitment.

``VERBS`` are all verbs; the sentences that pages show for them are made by the reads.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from incidents.models import Incident, TimelineEntry, TimelineText
from portal import bulk
from portal.models import User

VERBS = (
    "reported",  # data {source?}
    "near_miss",  # data {}
    "scored",  # data {severity, total, sentence, before?, after?, because?}: anew with before and after
    "specialists",  # data {people: [name], sentence}: brought in by the rubric
    "described",  # text = what users saw, as it read before
    "told",  # data {people: [name], level, title, kind, round, answer_by}
    "news",  # data {people: [name], round}
    "nobody",  # data {level, title, sentence}
    "nobody_reached",  # data {}
    "exhausted",  # data {ends}
    "cap_reached",  # data {steps}
    "acknowledged",  # data {name}
    "left",  # data {name}: the lead does not work here any more
    "passed_on",  # data {name}: somebody who was told does not work here any more
    "unacknowledged",  # data {name}; text = reason
    "re_escalated",  # data {because: "no_progress"|"silence", name}
    "escalated",  # data {name}; text = reason
    "reassigned",  # data {from, to}; text = reason
    "snoozed",  # data {until}; text = reason
    "resumed",  # data {}
    "re_resolved",  # data {because, people: [name]}
    "timebox",  # data {which: "triage"|"decision", minutes, title?: of the trigger, people?: [name]}
    "severity",  # data {before, after}; text = reason
    "workflow",  # data {before, after}; text = reason
    "plan",  # text = the plan
    "talk",  # data {name}; text = addresses of the call and of the channel, in lines
    "contained",
    "monitoring",
    "resolved",
    "reopened",
    "declined",
    "closed",  # text = note or reason
    "note",  # text
    "joined",  # data {name}
    "evidence",  # data {name, size}
    "event",  # data {source, reason}
    "trigger",  # data {trigger, title, sentence, before, after, people: [name]}; text = what was captured, in lines
    "affected",  # data {name, person, since}; text = who is hurt
    "authority_asked",  # data {name, to, action}; text = what they shall decide
    "playbook",  # data {name, title, number, digest, version, before?}; text = reason
    "switched",  # data {name, title, number, digest, version, before}; text = reason
    "scenario",  # data {name, title, scenario, before}; text = reason
    "scope",  # data {name, number}; text = scope and aim, in lines
    "scope_agreed",  # data {name, function}
    "scope_objected",  # data {name, function}; text = what speaks against it
    "scope_overruled",  # data {name}; text = reason
    "step_taken",  # data {name, title, step, scenario, before: who had it}
    "step_released",  # data {name, title, step, scenario}; text = reason
    "step_freed",  # data {name, title, step, scenario, which: "left"|"handed_over"}: nobody has it any more
    "step_done",  # data {name, title, step, scenario, choice?, decision?}; text = what came of it
    "step_changed",  # data {name, title, step, scenario}; text = reason and what came of it
    "step_skipped",  # data {name, title, step, scenario}; text = reason
    "step_failed",  # data {name, title, step, scenario}; text = what did not pass
    "gate_asked",  # data {name, title, step, scenario, decision}; text = question in their words
    "halted",  # data {name, kind: "halted"|"isolated", workflow, containment}; text = what
    "released",  # data as above; text = how one knows that it is safe
    "stays_halted",  # data as above; text = why
    "workaround",  # data {name, remedy, until}; text = what and why
    "fixed",  # data {name, remedy, until: ""}; text = what and why
    "remedy_extended",  # data {name, remedy, until}; text = reason
    "remedy_removed",  # data {name, remedy}; text = reason
    "remedy_soon",  # data {which, people: [name], remedy}: a workaround ends soon
    "remedy_over",  # data as above: it has ended, and nobody took it away
    "rechecked",  # data {name, passed, waived}: how many; text = why some were not looked at
    "recheck_failed",  # data {name, failed, passed, waived}: how many; text = what was seen; it stays open
    "invited",  # data {name, to}; text = reason
    "worse",  # data {name, person}; text = what got worse
    "works_again",  # data {name, person}; text: through the tracking page, the fix is not confirmed yet
    "confirmed",  # data {name, person}: it works again for this person
    "reminded",  # data {people: [name]}: asked once more before it closes
    "happened",  # data {name}: a near miss that became an incident; text = what happened
    "callback_dead",  # data {decision, tries, why}: the workflow that waits could not be told
    "overridden",  # data {kind, value, title, trigger?, who, until, reason, override}: by a rule that is set aside
    "merged",  # data {name, other}: a duplicate of `other`; text = reason
    "role_assumed",  # data {name, role, title, since}
    "role_assigned",  # data {name, to, role, title, before?}; text = reason
    "role_handed_over",  # data {name, to, role, title, missing: [text]}; text = note
    "role_stepped_in",  # data {name, role, title, before}
    "role_given_up",  # data {name, role, title, people: [name]}; text = reason
    "role_asked",  # data {name, to, role, title}: for a sign
    "role_confirmed",  # data {name, role, title}: the sign
    "role_rotate",  # data {name, role, title, hours, people: [name]}: it is time to hand over
    "role_silent",  # data {name, role, title, which: "silent"|"absent"|"left", people: [name]}: deputies are told
    "meeting",  # data {which: "huddle"|"daily"|"wrap_up", title, names: who leads, people: [name]}
    "update",  # data {title: of the audience, name, event, count: how many were told}
    "update_due",  # data {title, people: [name], due}: news is due
    "update_overdue",  # data as above: nobody wrote it, somebody else is told
    "promise_missed",  # data as above
    "leadership",  # data {people: [name]}: joins, whoever has answered
    "decision_requested",  # data {reference, question, name}, of a gate with {step}: a decision was asked for
    "decision_asked",  # data {reference, people: [name], title}: a level was asked
    "decision_nobody",  # data {reference, title, sentence}: a level has nobody
    "decision_ended",  # data {reference, outcome, choice, name}; text = rationale
    "review_opened",  # data {name: owner, reference, until}
    "review_handed_over",  # data {name: the new owner}; text = open questions
    "review_soon",  # data {which, people: [name], reference}: it is due soon
    "review_overdue",  # data as above
    "review_published",  # data {reference}
    "change_proposed",  # data {name, change}; text = the finding
    "action_planned",  # data {name: owner, reference, title}
    "action_soon",  # data {which, people: [name], reference, title}
    "action_overdue",  # data as above
    "action_done",  # data {name, reference, title}; text = what was done
    "action_dropped",  # data as above; text = why
    "effect",  # data {name, reference, title, effect}; text = note
    "came_back",  # data {because, other, review}: the cause of an earlier incident is seen again
    "merged_here",  # data {name, other}: `other` turned out to be this one
)
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Line:
    """One entry to be written. `data` holds names and facts for the sentence, `text` what somebody typed."""

    incident_id: UUID
    verb: str
    by: User | None = None
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    is_public: bool = False


def add(
    incident: Incident,
    *,
    verb: str,
    by: User | None,
    at: datetime,
    data: dict[str, Any] | None = None,
    text: str = "",
    is_public: bool = False,
) -> int:
    """Append one entry and return its key. Call inside ``audit.action``."""
    (key,) = add_many([Line(incident.pk, verb, by, data or {}, text, is_public)], at=at)
    return key


def add_many(lines: Iterable[Line], *, at: datetime) -> list[int]:
    """Append entries in two statements at most; their keys."""
    lines = list(lines)
    salts = [secrets.token_hex(SALT_BYTES) if line.text else "" for line in lines]
    keys = bulk.insert_values(
        TimelineEntry,
        [
            {
                "incident_id": line.incident_id,
                "at": at,
                "verb": line.verb,
                "by_id": line.by and line.by.pk,
                "data": line.data,
                "is_public": line.is_public,
                "commitment": commitment(salt, line.text) if line.text else "",
            }
            for line, salt in zip(lines, salts, strict=True)
        ],
        at_once=any(salts),  # the texts need the keys
    )
    texts = zip(keys, salts, lines, strict=True)
    bulk.insert_values(
        TimelineText,
        [{"entry_id": key, "salt": salt, "text": line.text} for key, salt, line in texts if line.text],
    )
    return keys


def commitment(salt: str, text: str) -> str:
    """SHA-256 of salt and text, as hexadecimal digits."""
    return hashlib.sha256((salt + text).encode()).hexdigest()
