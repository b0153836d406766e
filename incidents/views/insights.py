"""`/insights/`: how it goes, from sums and facts, with what could be changed; every table also as a sheet."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from governance.documents import tables
from governance.reads import sections
from governance.services import changes
from incidents.forms.insights import InsightsForm
from incidents.metrics import bottlenecks, places, said, sums
from incidents.metrics import insights as reads
from incidents.metrics.bottlenecks import Pattern
from incidents.reads import status
from portal import access, moments, roles
from portal.access import can
from portal.context_processors import only_reports
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

LEADING = (roles.GOVERNANCE_ADMIN, roles.AUDITOR, roles.ADMIN)


def refused(request: HttpRequest) -> HttpResponse | None:
    """The refusal of whoever does nothing here but report."""
    if only_reports(request.user):
        return errors.refused(request, _("These figures are for those who work on incidents and keep the rules."))
    return None


def form_of(request: HttpRequest, query: QueryDict | None = None) -> InsightsForm:
    """What the address asks for."""
    return InsightsForm(request.GET if query is None else query, places=places.read(), at=moments.of(request))


@require_safe
@login_required
@never_cache
def insights(request: HttpRequest) -> HttpResponse:
    """The whole page, or one of its tables with ``?format=csv&table=<key>``."""
    user: User = request.user  # type: ignore[assignment]
    if (answer := refused(request)) is not None:
        return answer
    form = form_of(request)
    if not form.is_valid():
        return render(request, "incidents/insights/page.html", {"form": form}, status=422)
    shown = reads.insights(form.asked, form.places, form.by_part, user)
    if request.GET.get("format") == "csv":
        return sheet(shown.sheets, request.GET.get("table", "figures"), moments.of(request))
    words = {"form": form, "shown": shown, "may_now": leads(user, moments.of(request))}
    return render(request, "incidents/insights/page.html", words | changing(user, shown.finding))


def leads(user: User, at: datetime) -> bool:
    """Whether `user` leads the company, or answers for how the portal is used."""
    held = set(access.groups(user).values())
    return user.is_superuser or bool(held & set(LEADING)) or status.leadership(user, at=at)


def changing(user: User, pattern: Pattern | None) -> dict[str, Any]:
    """Whether `user` may begin the change that `pattern` is worth, or why not."""
    if pattern is None or pattern.document is None:
        return {}
    return {"may_change": can(user, "draft", pattern.document)}


def sheet(found: dict[str, said.Table], key: str, at: datetime) -> HttpResponse:
    """The table `key` as CSV, with nothing in it that a spreadsheet program takes for a formula."""
    if key not in found:
        raise Http404
    table = found[key]
    rows = [[*table.head], *([row.name, *(cell.text for cell in row.cells)] for row in table.rows)]
    name = f"insights-{key}-{at:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    body = tables.to_csv([[tables.escape(cell) for cell in row] for row in rows])
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@login_required
def propose(request: HttpRequest) -> HttpResponse:
    """One click: a draft of the document of the finding, whose reason is the finding as the figures say it now."""
    if (answer := refused(request)) is not None:
        return answer
    form = form_of(request, QueryDict(request.POST.get("query", "")))
    if not form.is_valid():
        raise Http404
    found = sums.sides(form.asked, bottlenecks.MEASURES)
    wanted = request.POST.get("pattern", "")
    every = bottlenecks.patterns(found, bottlenecks.documents(form.asked))
    return begin(request, next((one for one in every if one.key == wanted), None), "incidents:insights")


def begin(request: HttpRequest, pattern: Pattern | None, back: str) -> HttpResponse:
    """The draft of the document of `pattern`, opened in the editor; what is refused is said on the page `back`."""
    if pattern is None or pattern.document is None:
        raise Http404
    try:
        change = changes.begin(
            document=pattern.document,
            by=request.user,  # type: ignore[arg-type]
            at=moments.of(request),
            reason=pattern.reason,
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(back)
    return redirect(sections.address(change))
