"""What the triggers of an escalation policy must hold, and what is unwise (D17, D18)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.documents.escalation import Escalation, Trigger
from governance.documents.facts import Finding
from governance.documents.sentences import Sentence as _

NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
OF_EVENTS = ("event", "connector", "dependency", "count", "threshold")
"""What an event of a source can be; the others listen to beats, clocks and people."""


def findings(content: Escalation) -> Iterator[Finding]:
    """Findings about all triggers, in their order."""
    every = ""
    for trigger in content.triggers:
        where = f"/triggers/{trigger.key}"
        yield from _alone(trigger, where)
        if trigger.kind not in OF_EVENTS:
            continue
        if every:
            sentence = _("%(trigger)s is never reached: %(other)s takes every event before it.")
            yield Finding("advisory", where, sentence % {"trigger": trigger.title, "other": every})
        if not _is_narrow(trigger) and trigger.kind in ("event", "count"):
            every = every or trigger.title
    for which in ("heartbeat", "timebox"):
        yield from _twice([trigger for trigger in content.triggers if trigger.kind == which])


def _alone(trigger: Trigger, where: str) -> Iterator[Finding]:
    named = {"trigger": trigger.title}
    if trigger.kind == "threshold":
        if not trigger.fact.strip():
            sentence = _("%(trigger)s does not say which number of the event it looks at.")
            yield Finding("blocking", f"{where}/fact", sentence % named)
        if not NUMBER.fullmatch(trigger.value):
            sentence = _("%(trigger)s needs a limit that is a number, for example 100 or 0.95.")
            yield Finding("blocking", f"{where}/value", sentence % named)
    if trigger.kind == "timebox" and trigger.severity is not None:
        sentence = _("%(trigger)s raises no severity: a missed timebox tells people, it does not judge.")
        yield Finding("advisory", f"{where}/severity", sentence % named)
    if trigger.kind == "count":
        if trigger.count == 1:
            sentence = _("%(trigger)s opens an incident with the first event; count two or more.")
            yield Finding("blocking", f"{where}/count", sentence % named)
        if not _is_narrow(trigger):
            sentence = _("%(trigger)s holds back the first events of every kind, also serious ones.")
            yield Finding("advisory", where, sentence % named)


def _is_narrow(trigger: Trigger) -> bool:
    return bool(trigger.formats or trigger.words or trigger.criticality) or trigger.hint != "any"


def _twice(triggers: list[Trigger]) -> Iterator[Finding]:
    """Of beats and timeboxes the first that fits counts, so a later one with the same conditions is never used."""
    seen: dict[object, str] = {}
    for trigger in triggers:
        what = trigger.timebox if trigger.kind == "timebox" else "", trigger.criticality
        if what in seen:
            sentence = _("%(trigger)s is never used: %(other)s is for the same.")
            said = {"trigger": trigger.title, "other": seen[what]}
            yield Finding("advisory", f"/triggers/{trigger.key}", sentence % said)
        seen.setdefault(what, trigger.title)
