"""What hangs on the workflow of an incident, and what of it is in trouble itself (D88, D89)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Dependency, Workflow
from governance.rules import dependency_map
from governance.rules.dependency_map import Drawing, Place
from incidents.models import Containment, Incident
from portal.models import User

NEAR = 2
"""Levels below the workflow on the incident's page; its map shows all that are drawn."""
ALL = dependency_map.DEEPEST
MOST = 200  # dependencies of one level


@dataclass(frozen=True)
class Hanging:
    """The drawing, and the same as rows for readers of text: (workflow, by what it hangs, in what trouble)."""

    drawing: Drawing
    rows: tuple[tuple[Workflow, str, str], ...]


def downstream(incident: Incident, user: User, *, levels: int = NEAR, width: int = dependency_map.WIDTH) -> Hanging:
    """What the workflow of `incident` feeds, down to `levels`; `levels` + 2 queries, none without a workflow.

    Of other incidents only those are named that `user` may see.
    """
    if incident.workflow is None:
        return Hanging(Drawing((), (), width, 0), ())
    stopped = incident.workflow
    edges = _edges(stopped.pk, levels)
    workflows = {edge.downstream_id: edge.downstream for edge in edges} | {stopped.pk: stopped}
    trouble = _trouble(workflows, user) if edges else {}
    feeds: dict[UUID, list[UUID]] = {}
    by: dict[UUID, str] = {}
    for edge in edges:
        feeds.setdefault(edge.upstream_id, []).append(edge.downstream_id)
        by.setdefault(edge.downstream_id, " · ".join(filter(None, (edge.title, edge.timing))))
    places = {key: _place(workflow, by.get(key, ""), trouble.get(key, "")) for key, workflow in workflows.items()}
    places[stopped.pk] = _place(stopped, "", trouble.get(stopped.pk, "") or incident.get_state_display())
    drawing = dependency_map.draw(stopped.pk, places, feeds, width=width)
    below = [box.key for box in drawing.boxes[1:] if box.key]
    return Hanging(drawing, tuple((workflows[key], by.get(key, ""), trouble.get(key, "")) for key in below))


def upstream(incident: Incident) -> list[Dependency]:
    """What the workflow of `incident` needs itself."""
    rows = Dependency.objects.filter(downstream=incident.workflow_id).select_related("upstream")
    return list(rows.order_by("upstream__name", "pk")[:MOST]) if incident.workflow_id else []


def _edges(first: UUID, levels: int) -> list[Dependency]:
    found: list[Dependency] = []
    frontier, seen = {first}, {first}
    for _level in range(levels):
        rows = Dependency.objects.filter(upstream__in=frontier).exclude(downstream__lifecycle="retired")
        new = list(rows.select_related("downstream").order_by("downstream__name", "pk")[:MOST])
        found += new
        frontier = {edge.downstream_id for edge in new} - seen
        seen |= frontier
        if not frontier:
            break
    return found


def _trouble(workflows: Iterable[UUID], user: User) -> dict[UUID, str]:
    """What is wrong with each workflow itself: it is halted, or has an open incident that `user` may see."""
    keys = list(workflows)
    found: dict[UUID, str] = {}
    others = Incident.objects.visible_to(user).open().filter(workflow__in=keys).order_by("severity", "pk")
    for key, reference in others.values_list("workflow_id", "reference"):
        found.setdefault(key, _("%(reference)s is open") % {"reference": reference})
    halted = Containment.objects.filter(workflow__in=keys, released_at=None).order_by("since")
    words = {"halted": _("halted"), "isolated": _("isolated")}
    found |= {key: words[kind] for key, kind in halted.values_list("workflow_id", "kind")}
    return found


def _place(workflow: Workflow, by: str, trouble: str) -> Place:
    url = reverse("governance:ownership-workflow", args=[workflow.key])
    return Place(workflow.name, trouble or by, "hit" if trouble else "risk", url)
