"""Playbooks and failure patterns as people read them, also for one process and in the version of an earlier day."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from governance.forms.playbooks import Reading
from governance.models import Document, Version, Workflow
from governance.models.versions import Kind
from governance.reads import checks, choosing, document_page, documents, playbook_live, playbooks
from governance.reads.document_page import version_of
from governance.reads.shelf import shelf
from portal import access, limits, moments

ALL = "all"
"""In the address: every scenario on one page, as it is printed."""


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What is in force, by what one sees of a failure."""
    words = request.GET.get("q", "").strip()[: limits.NAME_LENGTH]
    failure = request.GET.get("failure", "")
    found = shelf(words=words, failure=failure, at=moments.of(request))
    may = "playbook" in choosing.kinds(request.user)  # type: ignore[arg-type]
    context = {"shelf": found, "q": words, "failure": failure, "may": may}
    return render(request, "governance/playbooks/index.html", context)


@require_safe
@login_required
def playbook(request: HttpRequest, key: str) -> HttpResponse:
    """One playbook; with a process in the address also who acts, how fast, and what hangs on it."""
    document = _get(Kind.PLAYBOOK, key)
    version = _version(document, request)
    read = playbooks.read(documents.of(version))
    workflows = list(Workflow.objects.in_use().select_related("team").order_by("name", "pk"))
    form = _reading(request, document, workflows)
    at, status = moments.of(request), 200
    live = None
    if form.is_bound and form.is_valid():
        live = _live(read, form.cleaned_data, at)
    elif form.is_bound:
        status = 422
    used = [item for told in read.scenarios for item in told.modules]
    context = {
        **_about(request, document, version, at),
        "read": read,
        "live": live,
        "form": form,
        "workflows": workflows,
        "workflow": live.workflow if live else None,
        "modules": document_page.by_id(item.module for item in used if item.module is not None),
        **_scenarios(request, read),
    }
    return render(request, "governance/playbooks/playbook.html", context, status=status)


@require_safe
@login_required
def module(request: HttpRequest, key: str) -> HttpResponse:
    """One failure pattern, and the playbooks that use it."""
    document = _get(Kind.MODULE, key)
    version = _version(document, request)
    users = playbooks.used_in(document.pk)
    known = document_page.by_id(item.playbook for item in users)
    context = {
        **_about(request, document, version, moments.of(request)),
        "content": documents.of(version).content,
        "users": [(known[item.playbook.document], item) for item in users],
    }
    return render(request, "governance/playbooks/module.html", context)


def _get(kind: str, key: str) -> Any:
    rows = Document.objects.select_related("effective_version", "successor")
    return get_object_or_404(rows, kind=kind, key=key)


def _version(document: Document, request: HttpRequest) -> Version:
    """The version that was asked for, if it was ever in force. Raises Http404."""
    asked = request.GET.get("version", "")
    if asked and not (asked.isdecimal() and len(asked) < 7):
        raise Http404
    found = version_of(document, int(asked) if asked else None)
    if found is None:
        raise Http404
    found.document = document
    return found


def _reading(request: HttpRequest, document: Document, workflows: list[Workflow]) -> Reading:
    """What was asked; a playbook for one process is about that one unless another was named."""
    data = {name: request.GET[name] for name in ("workflow", "severity") if name in request.GET}
    if "workflow" not in data and document.scope_kind == "workflow":
        own = next((item for item in workflows if str(item.pk) == document.scope_value), None)
        data |= {"workflow": own.name} if own else {}
    named = next((item for item in workflows if item.key == data.get("workflow")), None)
    data |= {"workflow": named.name} if named else {}
    return Reading({"severity": "sev2"} | data if data.get("workflow") else None, workflows=workflows)


def _live(read: playbooks.Read, said: dict[str, Any], at: datetime) -> playbook_live.Live | None:
    return playbook_live.live(read, said["workflow"], said["severity"], at=at) if said["workflow"] else None


def _scenarios(request: HttpRequest, read: playbooks.Read) -> dict[str, Any]:
    """Which scenarios are shown: the one that was asked for, the first, or all of them."""
    asked = request.GET.get("scenario", "")
    kept = {name: request.GET[name] for name in ("version", "workflow", "severity") if request.GET.get(name)}
    chosen = [told for told in read.scenarios if told.scenario.key == asked] or list(read.scenarios[:1])
    every = asked == ALL
    return {
        "shown": read.scenarios if every else chosen,
        "is_all": every,
        "current": "" if every or not chosen else chosen[0].scenario.key,
        "choices": [(told, f"?{urlencode({**kept, 'scenario': told.scenario.key})}#now") for told in read.scenarios],
        "every": f"?{urlencode({**kept, 'scenario': ALL})}",
    }


def _about(request: HttpRequest, document: Document, version: Version, at: datetime) -> dict[str, Any]:
    """What stands in the margin of both pages: versions, and how the document stands."""
    words, tone = checks.state(document, on=checks.today(at))
    stays = document_page.stays(document)
    return {
        "document": document,
        "version": version,
        "is_old": version.pk != document.effective_version_id,
        "stays": stays,
        "stay": next((item for item in stays if item.version.pk == version.pk), None),
        "words": words,
        "tone": tone,
        "scope": choosing.scopes([document])[document.pk],
        "may": access.can(request.user, "draft", document),  # type: ignore[arg-type]
    }
