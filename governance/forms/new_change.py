"""Beginning a change: which document, or what a new one is called and for whom it is. Text in, nothing written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.forms.documents import TextForm
from governance.models import Document, Workflow
from governance.models.versions import Kind
from portal import limits
from portal.models import Department, Team

CRITICALITIES = (
    ("high", gettext_lazy("high criticality")),
    ("medium", gettext_lazy("medium criticality")),
    ("low", gettext_lazy("low criticality")),
)
CHOOSE_KIND = gettext_lazy("Choose what kind of document it is.")


def kinds(allowed: list[str]) -> list[tuple[str, str]]:
    return [(value, capfirst(str(word))) for value, word in Kind.choices if value in allowed]


class StartForm(forms.Form):
    """A new document of one of the kinds that the person may draft."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), CHOOSE_KIND),
    )
    title = forms.CharField(
        label=gettext_lazy("What it is called"),
        max_length=limits.TITLE_LENGTH,
        error_messages={"required": gettext_lazy("Give it a title.")},
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        help_text=gettext_lazy("It cannot change later."),
        error_messages={
            name: gettext_lazy("Choose for whom it is.") for name in ("required", "invalid_choice", "invalid")
        },
    )

    def __init__(self, *args: Any, allowed: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds(allowed)  # type: ignore[attr-defined]
        self.fields["scope"].choices = _scopes()  # type: ignore[attr-defined]

    def clean_scope(self) -> tuple[str, str]:
        """Scope kind and value."""
        kind, _colon, value = self.cleaned_data["scope"].partition(":")
        return kind, value


def _scopes() -> list[Any]:
    """Everything that a document can be for; three queries."""
    teams = Team.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    departments = Department.objects.order_by("name").values_list("pk", "name")
    workflows = Workflow.objects.in_use().order_by("name").values_list("pk", "name")
    groups: list[tuple[str, str, list[tuple[UUID | str, Any]]]] = [
        ("team", _("One team"), list(teams)),
        ("department", _("One department"), list(departments)),
        ("criticality", _("Workflows of one criticality"), list(CRITICALITIES)),
        ("workflow", _("One workflow"), list(workflows)),
    ]
    found: list[Any] = [("default", capfirst(str(Document.ScopeKind.DEFAULT.label)))]
    return found + [(title, [(f"{kind}:{pk}", name) for pk, name in rows]) for kind, title, rows in groups if rows]


class BringForm(TextForm):
    """The text of a new document, or of one that there is."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), CHOOSE_KIND),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=limits.KEY_LENGTH,
        help_text=gettext_lazy("Names the document in addresses, for example payments. Known: its draft is replaced."),
        error_messages={"required": gettext_lazy("Give the document a key, for example payments.")},
    )
    field_order = ["kind", "key", "file", "text"]

    def __init__(self, *args: Any, allowed: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds(allowed)  # type: ignore[attr-defined]
        self.fields["text"].widget.attrs["rows"] = 10
