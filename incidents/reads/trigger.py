"""Which triggers of the policy set an incident off, as its page names them (D17, D18)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from governance.documents.escalation import Escalation
from governance.reads import documents
from governance.reads.sentences import said
from incidents.models import EscalationRun, Incident
from incidents.reads import captured
from incidents.reads.timeline import names, severity

SHOWN = 10


@dataclass(frozen=True)
class Fitted:
    """A trigger that fitted at `at`: its title in the pinned policy, why, what it captured and what it did."""

    at: datetime
    title: str
    why: str
    captured: list[tuple[str, str]]
    wanted: list[str]
    told: str
    raised: str
    opened: bool


def of(incident: Incident, run: EscalationRun | None) -> list[Fitted]:
    """The triggers that fitted `incident`, the first one first; one query while the policy is known to the process."""
    rows = incident.timeline.filter(verb="trigger").select_related("text_row").order_by("id")[:SHOWN]
    entries = list(rows)
    if not entries:
        return []
    content = documents.pinned([(run.policy_id, run.policy_digest)])[run.policy_id].content if run else None
    by_key = {trigger.key: trigger for trigger in content.triggers} if isinstance(content, Escalation) else {}
    found = []
    for entry in entries:
        data, typed = entry.data, entry.text_row.text if hasattr(entry, "text_row") else ""
        trigger = by_key.get(data.get("trigger", ""))
        known = {line.partition(": ")[0] for line in typed.splitlines()}
        before, after = severity(data.get("before")), severity(data.get("after"))
        found.append(
            Fitted(
                at=entry.at,
                title=trigger.title if trigger else data.get("title", ""),
                why=said(data.get("sentence", "")),
                captured=captured.pairs(typed),
                wanted=[captured.word(name) for name in trigger.captured if name not in known] if trigger else [],
                told=names(data.get("people")),
                raised=_("from %(before)s to %(after)s") % {"before": before, "after": after} if before else "",
                opened=data.get("trigger") == incident.trigger,
            )
        )
    return found
