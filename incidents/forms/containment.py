"""What people say when they stop something, and when they let it run again (D39)."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import Workflow
from incidents.forms.actions import ActionForm, meant
from incidents.forms.asking import TOO_LONG, words
from incidents.models import Containment
from incidents.reads import containments as halted
from incidents.reads import reports
from incidents.services import containments
from portal import limits

KINDS = [
    (Containment.Kind.HALTED, gettext_lazy("Halted: it does not run any more")),
    (Containment.Kind.ISOLATED, gettext_lazy("Isolated: it runs, but nothing bad can get in or out")),
]


class HaltForm(ActionForm):
    """`kind`, `what` and `workflow`, typed by name; the process of the incident unless something else is said."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What did you do?"),
        choices=KINDS,
        initial=Containment.Kind.HALTED,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Say whether it was halted or isolated."),
            "invalid_choice": gettext_lazy("Say whether it was halted or isolated."),
        },
    )
    what = words(
        gettext_lazy("What stands still?"),
        gettext_lazy("Say what was halted or isolated."),
        hint=gettext_lazy("For example “new orders wait in a queue” or “the table of suppliers is read-only”."),
    )
    workflow = forms.CharField(
        label=gettext_lazy("Of which process?"),
        help_text=gettext_lazy("Type any part of its name. Whoever reports something about it reads what you wrote."),
        max_length=limits.TITLE_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"list": "options", "autocomplete": "off"}),
        error_messages={"max_length": TOO_LONG},
    )

    def prepare(self) -> None:
        self.workflows = reports.processes()
        self.fields["workflow"].initial = self.incident.workflow.name if self.incident.workflow else ""

    @property
    def options(self) -> list[str]:
        return [item.name for item in self.workflows]

    def clean_workflow(self) -> Workflow | None:
        typed = self.cleaned_data["workflow"]
        own = self.incident.workflow
        if not typed or (own is not None and typed.strip() == own.name):
            return own
        return meant(typed, self.workflows)


class ContainForm(HaltForm):
    """Besides `note`, which the reporter reads."""

    note = words(
        gettext_lazy("Why can it not get worse?"),
        gettext_lazy("Say why it cannot get worse."),
        hint=gettext_lazy("The reporter reads this, for example “214 orders wait, none is lost”."),
    )
    field_order = ("note", "kind", "what", "workflow")

    @property
    def halted(self) -> containments.Halt:
        data = self.cleaned_data
        return containments.Halt(kind=data["kind"], what=data["what"], workflow=data["workflow"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            data["halted"] = self.halted
        return data


class ReleaseForm(ActionForm):
    """`which` is the id of what stands still; chosen beforehand where the address names it, or nothing else is left."""

    which = forms.ChoiceField(
        label=gettext_lazy("What runs again?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what runs again."),
            "invalid_choice": gettext_lazy("This runs again already. Choose something that stands still."),
        },
    )
    how = words(
        gettext_lazy("How do you know that it is safe?"),
        gettext_lazy("Say how you know that it is safe."),
        hint=gettext_lazy("For example “ten test orders came through”."),
    )

    def prepare(self) -> None:
        self.still = halted.open_of(self.incident)
        field: Any = self.fields["which"]
        field.choices = [(str(row.pk), _named(row)) for row in self.still]
        if len(self.still) == 1:
            field.initial = str(self.still[0].pk)
        if not self.still:
            field.help_text = _("Nothing stands still any more.")

    def clean_which(self) -> UUID:
        return UUID(self.cleaned_data["which"])


def _named(row: Containment) -> str:
    return f"{row.what} ({row.workflow.name})" if row.workflow is not None else row.what
