"""Reports that leave the portal: each download is in the ledger, and somebody answers for what people outside read."""

import hashlib
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _

from governance.rules import disclosing
from incidents.models import Incident, OutsideText, Participant, Postmortem
from incidents.reads import report_rights
from incidents.services.reviews import NotReviewed, lines
from portal import access, audit, limits
from portal.models import User


def taken(target: models.Model, *, kind: str, form: str, data: bytes, by: User, at: datetime) -> None:
    """`by` takes a copy of the report `kind` about `target` as a file of the format `form`."""
    with audit.action(actor=by, reason="downloaded", at=at) as action:
        facts = {"kind": kind, "format": form, "sha256": hashlib.sha256(data).hexdigest()}
        action.record(verb="report.taken", target=target, data=facts)


def write_outside(*, review: Postmortem, text: str, seen: str, by: User, at: datetime) -> OutsideText:
    """`by` answers for what people outside may read in words; an empty text takes it back.

    `seen` is what stood there when `by` began. Raises NotReviewed, access.Refused.
    """
    text = lines(text)
    if len(text) > limits.TEXT_LENGTH:
        raise NotReviewed(_("Use at most %(count)d characters.") % {"count": limits.TEXT_LENGTH})
    with audit.action(actor=by, reason="says what people outside may read", at=at) as action:
        review = (
            Postmortem.objects.select_for_update(no_key=True, of=("self",)).select_related("incident").get(pk=review.pk)
        )
        answer = report_rights.may_share(by, review.incident)
        if not answer:
            raise access.Refused(answer.reason)
        row = OutsideText.objects.filter(postmortem=review).first() or OutsideText(postmortem=review)
        if row.text != lines(seen):
            raise NotReviewed(_("Somebody else has changed this since you opened it. Nothing was overwritten."))
        if found := disclosing.named(text, _names(review)):
            words = _("Take out what tells people outside who or what it was: %(words)s.")
            raise NotReviewed(words % {"words": ", ".join(found)})
        row.text, row.by, row.at = text, by, at
        row.save()
        facts = {"reference": review.reference, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        action.record(verb="report.outside_written", target=review.incident, data=facts)
    return row


def _names(review: Postmortem) -> list[str]:
    """Names of whoever had to do with it, and of its process and platform where they are more than a usual word."""
    incident = Incident.objects.select_related("workflow__platform").get(pk=review.incident_id)
    people = {review.owner_id, review.published_by_id, incident.lead_id, incident.reporter_id}
    people |= set(Participant.objects.filter(incident=incident).values_list("user", flat=True))
    names = list(
        User.objects.filter(pk__in=[key for key in people if key is not None])
        .order_by("name", "pk")
        .values_list("name", flat=True)
    )
    flow = incident.workflow
    things = [flow.name, flow.platform.name] if flow is not None else []
    return names + [name for name in things if " " in name.strip()]
