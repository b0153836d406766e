"""Incidents and what was written about them: changed by the portal's own pages, read here."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from incidents.models import (
    EscalationEvent,
    EscalationRun,
    Event,
    Evidence,
    ImpactScore,
    Incident,
    Participant,
    TimelineEntry,
)
from portal import roles
from portal.admin.base import ReadOnlyAdmin
from portal.models import User


class RecordAdmin(ReadOnlyAdmin):
    """Rows of incidents; restricted incidents stay with those who take part and auditors, here too (I18).

    `path` leads from the row to its incident, with the underscores; empty for the incident itself.
    """

    path = "incident__"
    ordering = ["-id"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        user: User = request.user  # type: ignore[assignment]
        if user.groups.filter(name=roles.AUDITOR).exists():
            return rows
        mine = Participant.objects.filter(user=user).values("incident_id")
        shown = Q(**{f"{self.path}is_restricted": False}) | Q(**{f"{self.path}pk__in": mine})
        return rows.filter(shown | Q(**{self.path.removesuffix("__"): None}) if self.path else shown)


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = ["reference", "title", "severity", "state", "workflow", "team", "lead", "reported_at"]
    list_filter = ["state", "severity", "kind", "is_restricted", "reported_at"]
    list_select_related = ["workflow", "team", "lead"]
    search_fields = ["reference", "title", "workflow__name", "team__name"]
    exclude = ["submission_key"]
    ordering = ["-reported_at", "-id"]
    path = ""


@admin.register(Participant)
class ParticipantAdmin(RecordAdmin):
    list_display = ["incident", "user", "role", "since"]
    list_filter = ["role"]
    list_select_related = ["incident", "user"]
    search_fields = ["incident__reference", "user__name", "user__email"]


@admin.register(EscalationRun)
class EscalationRunAdmin(RecordAdmin):
    list_display = ["incident", "decision", "state", "severity", "generation", "level", "started_at"]
    list_filter = ["state", "severity", "criticality"]
    list_select_related = ["incident", "decision"]
    search_fields = ["incident__reference", "incident__title", "decision__reference", "policy_digest"]
    ordering = ["-started_at", "-id"]


@admin.register(EscalationEvent)
class EscalationEventAdmin(RecordAdmin):
    path = "run__incident__"
    list_display = ["at", "incident", "level", "kind", "user", "outcome", "decided_by"]
    list_filter = ["outcome", "kind", "at"]
    list_select_related = ["run__incident", "run__decision", "user"]
    search_fields = ["run__incident__reference", "user__name", "user__email", "message_key"]

    @admin.display(ordering="run__incident__reference")
    def incident(self, event: EscalationEvent) -> str:
        subject = event.run.incident or event.run.decision
        return subject.reference if subject is not None else ""


@admin.register(TimelineEntry)
class TimelineEntryAdmin(RecordAdmin):
    list_display = ["at", "incident", "verb", "by", "is_public"]
    list_filter = ["verb", "is_public", "at"]
    list_select_related = ["incident", "by"]
    search_fields = ["incident__reference", "verb", "by__name"]


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ["received_at", "source", "event_id", "action", "incident", "group_reason"]
    list_filter = ["source", "action", "received_at"]
    list_select_related = ["source", "incident"]
    search_fields = ["event_id", "dedup_key", "group_key", "incident__reference"]
    ordering = ["-received_at", "-id"]


@admin.register(ImpactScore)
class ImpactScoreAdmin(RecordAdmin):
    list_display = ["at", "incident", "severity", "priority", "total", "by", "reason"]
    list_filter = ["severity", "at"]
    list_select_related = ["incident", "by"]
    search_fields = ["incident__reference", "reason"]


@admin.register(Evidence)
class EvidenceAdmin(RecordAdmin):
    list_display = ["added_at", "incident", "name", "content_type", "size", "added_by"]
    list_filter = ["content_type", "added_at"]
    list_select_related = ["incident", "added_by"]
    search_fields = ["incident__reference", "name", "sha256"]
