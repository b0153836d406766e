"""What the portal wrote down itself: to be read, never changed."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.utils.translation import pgettext_lazy

from portal.models import Attempt, AuditEntry, Message, Timer
from portal.reads import trail

from .base import ReadOnlyAdmin


def kind(label: str) -> str:
    """What the model called `label` is called; one that is gone stays a label."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


class Kinds(admin.AllValuesFieldListFilter):
    """Kinds of objects by their names."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": kind(str(choice["display"]))}


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "who", "what", "about", "target_id"]
    list_select_related = ["actor"]
    list_filter = ["at", ("target_type", Kinds)]
    search_fields = ["verb", "target_id", "actor_label", "request_id"]
    ordering = ["-id"]
    list_per_page = 50

    @admin.display(description=pgettext_lazy("term", "actor label"), ordering="actor_label")
    def who(self, entry: AuditEntry) -> str:
        return trail.who(entry)

    @admin.display(description=pgettext_lazy("term", "verb"), ordering="verb")
    def what(self, entry: AuditEntry) -> str:
        return trail.done(entry.verb, is_edit=entry.verb.startswith(f"{entry.target_type}."))

    @admin.display(description=pgettext_lazy("term", "target type"), ordering="target_type")
    def about(self, entry: AuditEntry) -> str:
        return kind(entry.target_type)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "event", "recipient", "channel", "lane", "state", "tries"]
    list_filter = ["state", "channel", "lane", "created_at"]
    list_select_related = ["recipient"]
    search_fields = ["event", "recipient__email", "key"]
    exclude = ["context", "token"]  # words belong to the recipient
    ordering = ["-created_at"]
    list_per_page = 50


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "message", "number", "result", "detail", "maybe_duplicate"]
    list_filter = ["result", "maybe_duplicate", "started_at"]
    list_select_related = ["message"]
    search_fields = ["message__key", "worker"]
    ordering = ["-id"]
    list_per_page = 50


@admin.register(Timer)
class TimerAdmin(ReadOnlyAdmin):
    list_display = ["due_at", "kind", "subject_type", "state", "attempts", "reason"]
    list_filter = ["state", "kind"]
    search_fields = ["kind", "key", "subject_id"]
    ordering = ["-due_at"]
    list_per_page = 50
