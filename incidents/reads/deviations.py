"""What did not go as rules, plan or playbook say, in one list: for the report of an incident, and its review (D101).

Missed times and levels, steps done otherwise or left out, scope that was overruled, what stays halted, workarounds
that outlived their time, what nobody looked at again, and how it was checked where no playbook said so. Each says what,
who, when and why, from rows that nobody changes afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import Incident, StepEntry, TimelineEntry
from incidents.reads import rechecks, timeline
from portal.models import User

MISSED = ("timebox", "nobody", "nobody_reached", "exhausted", "cap_reached", "re_escalated")
STEPS = ("step_changed", "step_skipped")
DEVIATED = (*STEPS, "scope_overruled", "stays_halted", "remedy_over")
NEEDED = (*MISSED, *DEVIATED, "resolved")
"""The lines of the timeline from which the list is made."""


@dataclass(frozen=True)
class Deviation:
    """Something that did not go as the rules promise, or as no playbook says.

    `key` is the kind for programs (a verb of the timeline, else "not_rechecked" or "checked_otherwise"); `by` None: no
    person did it. `reason` is why, as it was typed; `detail` everything that was said. `step` is a key of the playbook.
    """

    key: str
    at: datetime | None
    text: str
    detail: str = ""
    by: User | None = None
    reason: str = ""
    step: str = ""


def of_incident(
    incident: Incident, entries: Sequence[TimelineEntry] | None = None, looked: rechecks.Looked | None = None
) -> list[Deviation]:
    """Every deviation of `incident` in the order of the timeline; at most five queries.

    `entries` are its lines of the verbs NEEDED at least, oldest first, and `looked` what was looked at again, where
    they were read before.
    """
    if entries is None:
        rows = incident.timeline.filter(verb__in=NEEDED).select_related("by", "text_row")
        entries = list(rows.order_by("id"))
    if looked is None:
        looked = rechecks.looked(incident)
    reasons = _reasons(incident) if any(row.verb in STEPS for row in entries) else {}
    found = [_line(row, reasons) for row in entries if row.verb in (*MISSED, *DEVIATED)]
    if incident.deviation:
        text = _("How it was checked that it works again, since no playbook said so")
        ended = next((row.by for row in reversed(entries) if row.verb == "resolved"), None)
        said = incident.deviation
        found.append(Deviation("checked_otherwise", incident.resolved_at, text, said, ended, said))
    return found + _not_looked_at(incident, looked)


def _line(row: TimelineEntry, reasons: dict[tuple[str, str, datetime], str]) -> Deviation:
    told = timeline.sentence(row)
    step = str(row.data.get("step", "")) if row.verb in STEPS else ""
    reason = reasons.get((row.verb, step, row.at), "") if step else told.detail if row.by_id else ""
    return Deviation(row.verb, row.at, told.text, told.detail, row.by, reason, step)


def _reasons(incident: Incident) -> dict[tuple[str, str, datetime], str]:
    """Why each step was done otherwise or left out, by (verb of its line, step, when); one query."""
    rows = StepEntry.objects.filter(incident=incident, did__in=[StepEntry.Did.CHANGED, StepEntry.Did.SKIPPED])
    return {
        (f"step_{did}", step, at): reason for did, step, at, reason in rows.values_list("did", "step", "at", "reason")
    }


def _not_looked_at(incident: Incident, looked: rechecks.Looked) -> list[Deviation]:
    """Parts and processes that nobody looked at again before it was resolved (D89)."""
    if looked.is_open:
        return []
    key, words = "not_rechecked", _("Not looked at again before it was resolved: %(name)s")
    waived = [
        Deviation(key, row.at, words % {"name": row.subject}, row.note, row.by, row.note) for row in looked.waived
    ]
    return waived + [Deviation(key, incident.resolved_at, words % {"name": line.name}) for line in looked.missing]
