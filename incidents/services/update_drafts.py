"""Updates before they are sent: what a new one begins with, and who it is for (D65, D71)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents.communication import Audience, Communication
from incidents.models import Incident, StatusUpdate
from incidents.reads import audiences, update_words
from incidents.reads.updates import EVENTS
from portal.errors import DomainError
from portal.models import User

State = StatusUpdate.State


class NotSent(DomainError):
    """The update cannot go out like this. `fields` are {field of the form: what to do there}."""

    def __init__(self, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


@dataclass(frozen=True, kw_only=True)
class Words:
    """What somebody wrote. `answers` are {topic or "meanwhile": text}, `statement` is a key of the plan."""

    subject: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    business: str = ""
    technical: str = ""
    statement: str = ""
    expected_at: datetime | None = None
    next_at: datetime | None = None


def prefilled(*, incident: Incident, audience: str, event: str, by: User, at: datetime) -> StatusUpdate:
    """An update that is not stored yet: the template's words, what was said last, and why a way was chosen (D71).

    Raises NotSent.
    """
    plan, told = audience_of(incident, audience)
    if event not in EVENTS:
        raise NotSent(_("Choose what the news is about."))
    rows = StatusUpdate.objects.filter(incident=incident, audience=audience, state=State.SENT)
    last = rows.order_by("-sent_at").first()
    answers: dict[str, Any] = dict(last.answers) if last is not None else {}
    answers.pop("next", None)  # what was promised last is no promise of this one
    for_lead = update_words.readable({"who": str(incident.lead or "")}, told, incident)
    answers.setdefault("who", for_lead.get("who", ""))
    why = update_words.rationale(incident, last.sent_at if last is not None else None)
    if why := update_words.readable({"rationale": why}, told, incident).get("rationale", ""):
        answers["doing"] = f"{answers.get('doing', '')} {why}".strip()
    template = update_words.template_for(plan, audience, event)
    return StatusUpdate(
        incident=incident,
        audience=audience,
        event=event,
        plan_id=incident.communication_id,
        template=template.key if template else "",
        subject=template.subject if template else "",
        business=template.text if template else "",
        technical=template.technical if template and told.detail == "technical" else "",
        answers=answers,
        by=by,
        written_at=at,
    )


def audience_of(incident: Incident, key: str) -> tuple[Communication, Audience]:
    plan = audiences.plan_of(incident)
    found = plan.content.audience_by_key.get(key) if plan is not None else None
    if plan is None or found is None:
        raise NotSent(_("The communication plan has no such audience."))
    return plan.content, found


def about(row: StatusUpdate) -> dict[str, Any]:
    return {"audience": row.audience, "event": row.event, "update": str(row.pk)}
