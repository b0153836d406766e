"""`/incidents/`: the incidents that a person may see, filtered by the address (D42)."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from governance.models import Workflow
from incidents.models import BoardView, Incident
from incidents.models.incidents import Severity
from incidents.reads import board as reads
from portal.models import Team, User


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    asked = reads.filters(request.GET)
    page = reads.page(user, asked, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    words: dict[str, Any] = {
        "asked": asked,
        "page": page,
        "shown": ngettext("%d incident", "%d incidents", len(page.rows)) % len(page.rows),
        "total": total(page),
        "views": [
            {"word": word, "url": asked.address(**change), "current": current}
            for word, change, current in (
                (_("Open"), {"state": "open", "mine": False}, asked.state == "open" and not asked.mine),
                (_("I lead"), {"state": "open", "mine": True}, asked.state == "open" and asked.mine),
                (_("Resolved"), {"state": "resolved", "mine": False}, asked.state == "resolved"),
                (_("All"), {"state": "all", "mine": False}, asked.state == "all"),
            )
        ],
        "severities": Severity.choices,
        "teams": _offered(Team.objects.all(), asked.team),
        "workflows": _offered(Workflow.objects.in_use() | Workflow.objects.filter(key=asked.workflow), asked.workflow),
        "kinds": Incident.Kind.choices,
        "kept": [
            {"name": view.name, "url": "?" + view.query, "pk": view.pk, "current": "?" + view.query == asked.address()}
            for view in BoardView.objects.filter(user=user).order_by("name")
        ],
        "address": asked.address(),
        "clear": reads.Filters(state=asked.state).address(),
    }
    words["is_kept"] = any(view["current"] for view in words["kept"])
    if not page.rows and asked.state == "open" and not asked.narrows:
        words["last_resolved"] = reads.last_resolved(user)
    return render(request, "incidents/board/page.html", words)


def _offered(rows: Any, asked: str) -> list[tuple[str, str]]:
    """(key, name) to choose from; what the address asks for is among them though nothing has that key any more."""
    found = list(rows.order_by("name").values_list("key", "name"))
    return found if not asked or asked in dict(found) else [*found, (asked, asked)]


def total(page: reads.Page) -> str:
    """How many there are in words; empty when the page holds them all."""
    if page.is_more:
        return _("1 000+")
    return str(page.total) if page.total > len(page.rows) else ""
