"""Who has learned what: records with a proof, corrected with a reason and never deleted (D10, D108)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from governance.models import Training
from governance.services import training
from portal.admin.base import ReasonedAdmin


@admin.register(Training)
class TrainingAdmin(ReasonedAdmin):
    list_display = ["person", "topic", "learned_on", "valid_until", "proof"]
    list_filter = ["topic"]
    list_select_related = ["person", "topic"]
    search_fields = ["person__name", "person__email", "topic__title"]
    autocomplete_fields = ["person", "topic"]
    ordering = ["-learned_on"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["person", "topic"] if obj is not None else []

    def save_model(self, request: HttpRequest, obj: Training, form: Any, change: bool) -> None:
        training.save(training=obj, at=timezone.now())
