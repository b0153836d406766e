"""The former addresses of the section editor; it stands at ``/changes/…/edit/`` now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

from governance.models import Document
from governance.reads import sections


def urls(view: Callable[..., Any]) -> list[Any]:
    """The former addresses, each wrapped in `view`."""
    return [
        path("<uuid:object_id>/sections/", view(moved), name="governance_document_sections"),
        path("<uuid:object_id>/sections/<slug:key>/", view(moved), name="governance_document_section"),
    ]


def moved(request: HttpRequest, object_id: Any, key: str = "") -> HttpResponse:
    """On to where a change of the document begins, or goes on."""
    document = Document.objects.filter(pk=object_id).first()
    if document is None:
        raise Http404
    return HttpResponseRedirect(sections.begins(document))
