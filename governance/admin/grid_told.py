"""Before the grid is saved: whom its unsaved cells would tell otherwise than the documents in force."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.forms import grid as forms
from governance.models import Document
from governance.reads import documents, people, told_otherwise
from governance.reads.holders import Holders
from portal import access


@require_POST
def page(request: HttpRequest) -> HttpResponse:
    """What the posted cells and the drafts of the person come to; nothing is saved."""
    if not access.can(request.user, "view", Document):
        raise PermissionDenied
    user: Any = request.user
    at = timezone.now()
    sent = forms.read(forms.sent(request.POST), Holders(documents.matrices(), people.facts(at)))
    edits = [item.edit for item in sent if item.edit is not None]
    context = {
        **admin.site.each_context(request),
        "opts": Document._meta,
        "title": _("Who would be told otherwise"),
        "cells": len(edits),
        "unread": len(sent) - len(edits),
        **told_otherwise.listed(told_otherwise.of_edits(edits, by=user, at=at)),
    }
    return TemplateResponse(request, "governance/admin/grid_told.html", context)
