"""What an update says: the values that its words are made of, and what its audience may not read (D66, I14)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.documents import communication
from governance.documents.communication import PLACEHOLDERS, SCALE, TOPICS, Audience, Communication, Template
from incidents.models import Incident, Remedy, StatusUpdate, StepEntry

RANK = {name: rank for rank, name in enumerate(SCALE)}
TYPED = (*TOPICS, "meanwhile")
"""What whoever writes it says for exactly this audience; all else are facts of the incident."""

LAST = ("resolved", "wrap_up")
"""News after which nothing may follow, so that no time is owed."""


@dataclass(frozen=True)
class Trouble:
    """Why an update cannot be sent: `field` is where, `sentence` what to do."""

    field: str
    sentence: str


def template_for(plan: Communication, audience: str, event: str, channel: str = "") -> Template | None:
    """The prepared words for `event`; where no channel is named, those that stand on a page, else the plan's first."""
    found = [item for item in plan.templates if item.audience == audience and item.event == event]
    if not channel:
        return next((item for item in found if item.channel == "status_page"), found[0] if found else None)
    return next((item for item in found if item.channel == channel), None)


def facts(incident: Incident) -> dict[str, str]:
    """Values of the placeholders that the incident knows by itself."""
    found = {
        "reference": incident.reference,
        "severity": incident.severity.upper(),
        "since": f"{timezone.localtime(incident.started_at):%H:%M}",
        "who": str(incident.lead or ""),
        "workflow": incident.workflow.name if incident.workflow else "",
        "team": incident.team.name,
        "decision": incident.plan,
        "affected": incident.who_is_hurt,
        "bridge": incident.bridge,
    }
    return {name: value for name, value in found.items() if value}


def readable(values: dict[str, str], audience: Audience, incident: Incident) -> dict[str, str]:
    """Those of `values` that `audience` may read; the incident's own class raises all that is not public."""
    return {name: value for name, value in values.items() if _rank(name, incident) <= RANK[audience.data_class]}


def _rank(name: str, incident: Incident) -> int:
    if name not in PLACEHOLDERS:
        return len(SCALE)
    own = RANK[PLACEHOLDERS[name].data_class]
    return max(own, RANK[incident.data_class]) if own and name not in TYPED else own  # type: ignore[index]


def values(update: StatusUpdate, audience: Audience, incident: Incident) -> dict[str, str]:
    """Everything that may stand in the words of `update`, by placeholder."""
    found = readable(facts(incident), audience, incident)
    found |= {name: str(text).strip() for name, text in update.answers.items() if str(text).strip()}
    if who := str(update.answers.get("who") or "").strip():
        found.setdefault("contact", who)  # for readers outside the answer is an address
    for name, at in (("expected", update.expected_at), ("next", update.next_at)):
        if at is not None:
            found[name] = f"{timezone.localtime(at):%H:%M}"
    return found


def rationale(incident: Incident, since: datetime | None) -> str:
    """Why a rollback was made or a workaround chosen since the last news; empty where nothing was (D71)."""
    steps = StepEntry.objects.filter(incident=incident, did=StepEntry.Did.DONE)
    remedies = Remedy.objects.filter(incident=incident)
    if since is not None:
        steps, remedies = steps.filter(at__gt=since), remedies.filter(at__gt=since)
    found = [(row.at, str(row.given.get("rationale") or "")) for row in steps]
    found += [(row.at, row.rationale) for row in remedies]
    return " ".join(text.strip() for _at, text in sorted(found) if text.strip())


def rendered(text: str, update: StatusUpdate, audience: Audience, incident: Incident) -> str:
    """`text` as it is read: with every value that the audience may read."""
    return communication.filled(text, values(update, audience, incident)).strip()


@dataclass(frozen=True)
class Own:
    """What one channel carries in words of its own; `trouble` says why it carries those of all instead."""

    subject: str = ""
    text: str = ""
    trouble: str = ""


def own_words(update: StatusUpdate, plan: Communication, audience: Audience, incident: Incident) -> dict[str, Own]:
    """{channel: words} where the plan has words for a channel; what somebody wrote goes to every channel as it is."""
    main = next((item for item in plan.templates if item.key == update.template), None)
    if main is None or update.statement or update.business.split() != main.text.split():
        return {}
    found: dict[str, Own] = {}
    known = values(update, audience, incident)
    for channel in audience.channels:
        item = template_for(plan, audience.key, update.event, channel)
        if item is None or item.key == main.key:
            continue
        troubles = [
            sentence for text in (item.subject, item.text) for sentence in _open(text, known, audience, incident)
        ]
        if troubles or not item.text.strip():
            found[channel] = Own(trouble=troubles[0] if troubles else "")
            continue
        subject, text = (rendered(each, update, audience, incident) for each in (item.subject, item.text))
        found[channel] = Own(subject=subject, text=text)
    return found


def troubles(update: StatusUpdate, plan: Communication, audience: Audience, incident: Incident) -> list[Trouble]:
    """Everything that keeps `update` from being sent."""
    found = []
    for topic in TOPICS:
        is_promised = topic == "next" and update.next_at is not None
        if not is_promised and not str(update.answers.get(topic) or "").strip():
            asked = next((item.title for item in plan.questions if item.asks == topic), topic)
            found.append(Trouble(topic, _("Answer this first: %(question)s") % {"question": asked}))
    if not update.business.strip():
        found.append(Trouble("business", _("Say it in words that everybody understands.")))
    known = values(update, audience, incident)
    texts: list[tuple[str, Any]] = [("subject", update.subject), ("business", update.business)]
    texts += [("technical", update.technical)] + [(name, update.answers.get(name) or "") for name in TYPED]
    for field, text in texts:
        found += [Trouble(field, sentence) for sentence in _open(str(text), known, audience, incident)]
    return found


def _open(text: str, known: dict[str, str], audience: Audience, incident: Incident) -> list[str]:
    found = []
    for name in communication.placeholders(text):
        if name not in PLACEHOLDERS:
            found.append(_("There is nothing called {%(name)s}. Write what you mean.") % {"name": name})
        elif _rank(name, incident) > RANK[audience.data_class]:
            words = {"name": name, "audience": audience.title}
            found.append(_("{%(name)s} is not for %(audience)s. Take it out.") % words)
        elif name not in known:
            found.append(_("Write something in place of {%(name)s}.") % {"name": name})
    return found
