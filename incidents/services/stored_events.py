"""Questions that come with every event: what is stored of its kind, and which workflow it means."""

from django.db.models import QuerySet

from governance.models import Workflow
from governance.models.catalog import WorkflowQuerySet
from incidents.models import Event
from portal import prepared
from portal.prepared import Given

EVENT = ("event_id", "body_hash", "dedup_key", "received_at")
STORED = (*EVENT, "incident__reference", "incident__state", "incident__merged_into")


def _stored() -> QuerySet[Event]:
    """The events of a given source with what is judged or answered of them and their incidents, and nothing more."""
    events = Event.objects.filter(source=Given("source", Event, "source"))
    return events.select_related("incident").only(*STORED)


def _steered() -> QuerySet[Event]:
    """The same with what says by which policy an open incident is steered."""
    run = ("policy", "policy_digest", "criticality")
    wanted = ("severity", "hint", "trigger", "triaged_at", *(f"run__{name}" for name in run))
    more = [*STORED, *(f"incident__{name}" for name in wanted)]
    return _stored().select_related("incident__run").only(*more)


by_id = prepared.Question(lambda: _stored().filter(event_id=Given("event_id", Event, "event_id")))
newest = prepared.Question(
    lambda: _stored().filter(group_key=Given("group_key", Event, "group_key")).order_by("-received_at", "-id")[:1]
)
by_group = prepared.Question(
    lambda: (
        _steered()
        .filter(group_key=Given("group_key", Event, "group_key"), incident__isnull=False)
        .order_by("-received_at", "-id")[:1]
    )
)


def workflows() -> WorkflowQuerySet:
    return Workflow.objects.select_related("team")


workflow_by_id = prepared.Question(lambda: workflows().filter(pk=Given("value", Workflow, "id")))
workflow_by = {
    "key": prepared.Question(lambda: workflows().in_use().filter(key=Given("value", Workflow, "key"))[:2]),
    "external_id": prepared.Question(
        lambda: workflows().in_use().filter(external_id=Given("value", Workflow, "external_id"))[:2]
    ),
}


def first(found: list[Event]) -> Event | None:
    return found[0] if found else None
