"""`/sources/<key>/mapping/`: where the fields of an event stand in the bodies of a source, tried on real ones."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from incidents.forms import sources as forms
from incidents.forms.asking import ReasonForm
from incidents.models import Event, Source
from incidents.reads import sources as reads
from incidents.services import source_settings
from incidents.views.sources import visible
from portal import access, moments
from portal.errors import DomainError
from portal.views import errors


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mapping(request: HttpRequest, key: str) -> HttpResponse:
    """Shown, tried (nothing is saved) or saved; scripts try it while it is typed."""
    found = visible(request, key)
    answer = access.can(request.user, "change", found)
    if not answer:
        return errors.refused(request, answer.reason)
    samples = reads.samples(request.user, found)  # type: ignore[arg-type]
    choices = [(str(line.event.pk), _sample(line)) for line in samples]
    form = _form(request, found, choices)
    if request.method != "POST":
        return _page(request, found, form, _tested(form, samples, found, request) if choices else None)
    reason = ReasonForm(request.POST)
    is_good = form.is_valid()
    tested = _tested(form, samples, found, request) if is_good else None
    if request.headers.get("HX-Request"):
        return render(request, "incidents/sources/_tested.html", {"tested": tested, "form": form})
    if request.POST.get("do") != "save":
        return _page(request, found, form, tested, status=200 if is_good else 422)
    if is_good and reason.is_valid() and _save(request, found, form, reason):
        return redirect("incidents:source-mapping", found.key)
    return _page(request, found, form, tested, reason, status=422)


def _sample(line: reads.Line) -> str:
    return f"{moments.in_words(line.event.received_at)} {line.title[:80]}"


def _form(request: HttpRequest, source: Source, choices: list[tuple[str, str]]) -> forms.Reading:
    if request.method == "POST":
        return forms.Reading(request.POST, source=source, samples=choices)
    return forms.Reading(source=source, samples=choices, initial={"seen": source_settings.state(source)})


def _tested(
    form: forms.Reading, samples: list[reads.Line], source: Source, request: HttpRequest
) -> forms.Tested | None:
    """What the chosen sample says under the form, on a fresh page under what is saved."""
    chosen = {str(line.event.pk): line.event for line in samples}
    if not form.is_bound:
        values = {name: form[name].value() or "" for name in form.fields} | {"event": next(iter(chosen), "")}
        form = forms.Reading(values, source=source, samples=[(key, key) for key in chosen])
        if not form.is_valid():
            return None
    event = chosen.get(form.cleaned_data.get("event", ""))
    stored = Event.objects.get(pk=event.pk) if event is not None else None
    return form.tested(stored, moments.of(request))


def _save(request: HttpRequest, source: Source, form: forms.Reading, reason: ReasonForm) -> bool:
    try:
        source_settings.save_reading(
            source=source,
            mapping=form.cleaned_data["mapping"],
            redact=form.cleaned_data["secret"],
            seen=form.cleaned_data["seen"],
            reason=reason.cleaned_data["reason"],
            by=request.user,  # type: ignore[arg-type]
            at=moments.of(request),
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("Saved. It holds from the next event on; what is stored stays as it is."))
    return True


def _page(
    request: HttpRequest,
    source: Source,
    form: forms.Reading,
    tested: forms.Tested | None,
    reason: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    words: dict[str, Any] = {"source": source, "form": form, "tested": tested, "reason": reason or ReasonForm()}
    return render(request, "incidents/sources/mapping.html", words, status=status)
