"""`/audit/runs/…` and `/audit/packs/`: verifications and evidence packs, how far they are and what came of them."""

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import evidence, moments, registry
from portal.errors import DomainError
from portal.forms import ledger as forms
from portal.models import AuditRun
from portal.reads import ledger as reads
from portal.services import audit_runs
from portal.views import errors
from portal.views.ledger import for_readers

NOTHING_NEW = 204
LISTED = 20


@require_POST
@for_readers
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a verification, or lead to the one that is under way."""
    try:
        run = audit_runs.ask(kind=AuditRun.Kind.VERIFY, by=request.user, at=moments.of(request))
    except audit_runs.UnderWay as error:
        messages.warning(request, str(error))
        first = audit_runs.open_runs(AuditRun.Kind.VERIFY).first()
        return redirect("audit-run", first.pk) if first else redirect("audit")
    return redirect("audit-run", run.pk)


def seen(request: HttpRequest, pk: Any) -> AuditRun:
    """Verifications are for all who open the ledger, packs for those who may have one."""
    run = get_object_or_404(AuditRun.objects.select_related("by"), pk=pk)
    if run.kind == AuditRun.Kind.PACK and not _may_pack(request.user):
        raise Http404
    return run


def _may_pack(user: Any) -> bool:
    try:
        evidence.require(user)
    except DomainError:
        return False
    return True


@require_safe
@for_readers
def run(request: HttpRequest, pk: Any) -> HttpResponse:
    """How far it is; `part=run` answers the live poll, with 204 when nothing changed since `mark`."""
    found = seen(request, pk)
    words = shown(request, found)
    if request.GET.get("part") != "run":
        return render(request, "portal/ledger/run.html", words)
    if request.GET.get("mark") == words["mark"]:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "portal/ledger/_run.html", words)


def shown(request: HttpRequest, found: AuditRun) -> dict[str, Any]:
    tries = found.report.get("tries", 0)
    return {
        "run": found,
        "is_again": tries > 1,
        "mark": f"{found.state}-{tries}-{found.done}-{found.total}-{bool(found.file)}",
        "percent": min(99, 100 * found.done // found.total) if found.total else 0,
        "is_open": found.state in audit_runs.OPEN,
        "is_waiting_long": found.state == AuditRun.State.WAITING
        and moments.of(request) - found.asked_at > audit_runs.DEAD_AFTER,
        "passed": reads.passed(found),
        "problem": reads.problem(found),
        "findings": reads.findings(found) if found.kind == AuditRun.Kind.VERIFY else [],
        "found": reads.count_findings(found),
        "may_stop": audit_runs.may_stop(found, request.user),
        "is_mine": found.by_id == request.user.pk,
        "about": about(found),
    }


def about(found: AuditRun) -> str:
    """What a pack is about, in words."""
    if found.kind == AuditRun.Kind.VERIFY:
        return ""
    if found.about.get("kind") != evidence.PERIOD:
        return str(found.about.get("key", ""))
    return _("%(begin)s to %(end)s") % {
        name: moments.with_year(datetime.fromisoformat(found.about[key]))
        for name, key in (("begin", "from"), ("end", "until"))
    }


@require_POST
@for_readers
def stop(request: HttpRequest, pk: Any) -> HttpResponse:
    found = seen(request, pk)
    try:
        audit_runs.stop(run=found, by=request.user, at=moments.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("audit-run", found.pk)


@require_POST
@for_readers
def download(request: HttpRequest, pk: Any) -> Any:
    """The file of a pack; who takes it is written into the ledger, so this is no GET."""
    found = seen(request, pk)
    try:
        path = audit_runs.take(run=found, by=request.user, at=moments.of(request))
    except audit_runs.NoFile as error:
        messages.error(request, str(error))
        return redirect("audit-run", found.pk)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{name_of(found)}.zip")


def name_of(found: AuditRun) -> str:
    """A name for the file that says what is in it."""
    said = found.about
    if said.get("kind") == evidence.PERIOD:
        return f"evidence-{said['from'][:10]}-{said['until'][:10]}"
    return f"evidence-{said['key']}"


@require_POST
@for_readers
def delete(request: HttpRequest, pk: Any) -> HttpResponse:
    found = seen(request, pk)
    try:
        audit_runs.delete_file(run=found, by=request.user, at=moments.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The pack was deleted."))
    return redirect("audit-run", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def packs(request: HttpRequest) -> HttpResponse:
    """Ask for a pack about an incident, a change or a period."""
    if not _may_pack(request.user):
        return errors.refused(request, _("Only auditors and administrators may make evidence packs."))
    which = request.POST.get("which", "one") if request.method == "POST" else ""
    one = forms.OneThing(request.POST if which == "one" else None, initial={"reference": request.GET.get("of", "")})
    sample = forms.Sample(request.POST if which == "sample" else None, initial={"seed": secrets.token_hex(4)})
    form: Any = {"one": one, "sample": sample}.get(which)
    if form is not None and form.is_valid():
        try:
            asked = audit_runs.ask(
                kind=AuditRun.Kind.PACK, about=wanted(form.cleaned_data), by=request.user, at=moments.of(request)
            )
            return redirect("audit-run", asked.pk)
        except DomainError as error:
            form.add_error(None, str(error))
    runs = AuditRun.objects.filter(kind=AuditRun.Kind.PACK).select_related("by").order_by("-asked_at")[:LISTED]
    words = {"one": one, "sample": sample, "runs": [(item, about(item)) for item in runs]}
    return render(request, "portal/ledger/packs.html", words, status=200 if form is None else 422)


def wanted(said: dict[str, Any]) -> dict[str, Any]:
    """What ``evidence.write`` takes, and its kind. Raises evidence.CannotPack."""
    if "reference" not in said:
        times = {"from": said["begin"].isoformat(), "until": said["end"].isoformat()}
        return times | {"kind": evidence.PERIOD} | {name: said[name] for name in ("sample", "seed", "checkpoint")}
    key = said["reference"].strip()
    for kind, found in registry.packs.items():
        if found.find is not None and (obj := found.find(key) or found.find(key.upper())) is not None:
            return {"kind": kind, "key": found.name(obj)}
    raise evidence.CannotPack(_("There is no “%(key)s”. Look up its reference and try again.") % {"key": key})
