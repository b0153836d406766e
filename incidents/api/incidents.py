"""Incidents for programs: the reads of the board and the page, and three moves of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router

from governance.api.schemas import known
from governance.models import Workflow
from incidents import access
from incidents.api import schemas, shown
from incidents.models import Incident
from incidents.reads import board, programs
from incidents.reads import containments as halted
from incidents.reads import incident as reads
from incidents.reads import rechecks as recheck_reads
from incidents.services import containments, escalation, incidents, rechecks
from portal.api import ERRORS, READ_ERRORS, Error, PersonalToken, Problem, answer_once, token_of
from portal.models import ApiToken, Team

router = Router(tags=["incidents"])
WRITE = PersonalToken(ApiToken.Scope.WRITE)
MISSING: dict[int, Any] = {404: Error}
MOVED: dict[int, Any] = {**ERRORS, 404: Error, 409: Error}


@router.get(
    "/incidents",
    response={200: schemas.ListOut, **READ_ERRORS},
    operation_id="list_incidents",
    summary=gettext_noop("Incidents that this person may see"),
    description="What the board shows: open incidents by severity, others by time, the newest first.",
)
def list_incidents(request: HttpRequest, asked: Query[schemas.ListIn]) -> dict[str, Any]:
    for model, field, key in ((Team, "team", asked.team), (Workflow, "workflow", asked.workflow)):
        known(model, field, key)
    if asked.after and not board.is_cursor(asked.after):
        raise Problem(422, "unacceptable", _("This is no “next” of an earlier answer."), field="after")
    words = {name: getattr(asked, name) or "" for name in ("state", "severity", "team", "workflow", "q")}
    words["mine"] = "1" if asked.mine else ""
    found = programs.listed(token_of(request).user, words, after=asked.after, limit=asked.limit)
    return {"incidents": [shown.short(row) for row in found.incidents], "next": found.after or None}


@router.get(
    "/incidents/{reference}",
    response={200: schemas.WholeOut, **READ_ERRORS, **MISSING},
    operation_id="get_incident",
    summary=gettext_noop("One incident, with who was told and what comes next"),
    description="Everything that its page says. Whoever may not know of the incident gets 404.",
)
def get_incident(request: HttpRequest, reference: schemas.Reference) -> dict[str, Any]:
    user = token_of(request).user
    return shown.whole(_get(request, reference, reads.get), user, at=timezone.now())


@router.get(
    "/incidents/{reference}/timeline",
    response={200: schemas.TimelineOut, **READ_ERRORS, **MISSING},
    operation_id="get_timeline",
    summary=gettext_noop("What happened, entry by entry"),
    description="The timeline of the page. Nothing in it is ever changed or taken away.",
)
def get_timeline(
    request: HttpRequest, reference: schemas.Reference, asked: Query[schemas.TimelineIn]
) -> dict[str, Any]:
    incident = _get(request, reference)
    page = programs.entries(
        incident, only=asked.only, after=asked.after, limit=asked.limit, oldest_first=asked.order == "oldest"
    )
    return {"entries": [shown.entry(row, words) for row, words in page.rows], "next": page.after}


@router.post(
    "/incidents/{reference}/acknowledge",
    auth=WRITE,
    response={200: schemas.IncidentOut, **MOVED},
    operation_id="acknowledge_incident",
    summary=gettext_noop("Take an incident: nobody else is called"),
    description="The person leads from now on and the reporter is told. 409 when somebody was faster, or it has ended.",
)
def acknowledge(request: HttpRequest, response: HttpResponse, reference: schemas.Reference) -> dict[str, Any]:
    def work(incident: Incident) -> dict[str, Any]:
        run = reads.get_run(incident)
        if run is None:
            sentence = _("This is a near miss: nobody is called for it, so that is not possible here.")
            raise Problem(409, "conflict", sentence)
        escalation.acknowledge(run=run, by=token_of(request).user, at=timezone.now())
        return _now(incident)

    return _once(request, response, reference, work)


@router.post(
    "/incidents/{reference}/resolve",
    auth=WRITE,
    response={200: schemas.IncidentOut, **MOVED},
    operation_id="resolve_incident",
    summary=gettext_noop("Say that it works again"),
    description="All calls stop; the reporter and everybody who was told get the words. 409 when it has ended already.",
)
def resolve(
    request: HttpRequest, response: HttpResponse, reference: schemas.Reference, sent: schemas.ResolveIn
) -> dict[str, Any]:
    def work(incident: Incident) -> dict[str, Any]:
        by, at = token_of(request).user, timezone.now()
        words = {"resolution": sent.resolution, "checked": sent.checked}
        said = {"found_again": _found_again(incident, sent), "settled": _settled(incident, sent)}
        incidents.resolve(incident=incident, **words, **said, by=by, at=at)  # type: ignore[arg-type]
        return _now(incident)

    return _once(request, response, reference, work)


def _found_again(incident: Incident, sent: schemas.ResolveIn) -> list[rechecks.Found]:
    """What was said of parts and processes; a name that nothing has stands for nothing."""
    said = {item.subject.strip(): item for item in sent.rechecks}
    found = []
    for subject in recheck_reads.subjects(incident):
        item = said.get(subject.workflow.key if subject.workflow else subject.name) or said.get(subject.name)
        if item is not None:
            found.append(rechecks.Found(key=subject.key, result=item.result, note=item.note))
    return found


def _settled(incident: Incident, sent: schemas.ResolveIn) -> list[containments.Settled]:
    said = {item.what.strip(): item for item in sent.settled}
    return [
        containments.Settled(containment=row.pk, is_released=item.runs, words=item.words)
        for row in halted.open_of(incident)
        if (item := said.get(row.what)) is not None
    ]


@router.post(
    "/incidents/{reference}/note",
    auth=WRITE,
    response={200: schemas.EntryOut, **MOVED},
    operation_id="add_note",
    summary=gettext_noop("Add a note to the timeline"),
    description="It appears at once; nobody is called.",
)
def note(
    request: HttpRequest, response: HttpResponse, reference: schemas.Reference, sent: schemas.NoteIn
) -> dict[str, Any]:
    def work(incident: Incident) -> dict[str, Any]:
        by = token_of(request).user
        is_public = sent.is_public or by.pk == incident.reporter_id  # what reporters write themselves they may read
        key = incidents.add_note(incident=incident, text=sent.text, by=by, at=timezone.now(), is_public=is_public)
        found = programs.entry(incident, key)
        return schemas.EntryOut.model_validate(shown.entry(*found)).model_dump(mode="json")

    return _once(request, response, reference, work)


def _get(request: HttpRequest, reference: str, get: Callable[..., Incident] = access.get) -> Incident:
    """The incident, if the person whose token this is may know of it. Raises Problem."""
    try:
        return get(token_of(request).user, reference)
    except Incident.DoesNotExist:
        raise Problem(404, "not_found", _("There is no such incident, or you may not see it.")) from None


def _now(incident: Incident) -> dict[str, Any]:
    """`incident` as it stands now, as it is kept for whoever asks again."""
    found = Incident.objects.select_related("workflow", "team", "lead").get(pk=incident.pk)
    return schemas.IncidentOut.model_validate(shown.short(found)).model_dump(mode="json")


def _once(
    request: HttpRequest, response: HttpResponse, reference: str, work: Callable[[Incident], dict[str, Any]]
) -> dict[str, Any]:
    """Do `work` to the incident, once for each Idempotency-Key; what does not fit its state is a conflict."""
    incident = _get(request, reference)
    try:
        return answer_once(request, response, lambda: work(incident))
    except (escalation.NotAnswerable, incidents.NotPossible) as error:
        raise Problem(409, "conflict", str(error)) from error
