"""What people say when they put a workaround or a permanent fix in place, keep it longer, or take it away (D90)."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.forms.actions import ActionForm
from incidents.forms.asking import TOO_LONG, words
from incidents.models import Remedy
from incidents.reads import remedies as reads
from incidents.services import remedies
from portal import limits
from portal.forms.local_time import LocalDateTimeField

ARTEFACT_HINT = gettext_lazy(
    "The definition, its version, a schema or a setting, for example “order-sync, version 42”."
)


def _until(label: Any) -> Any:
    return LocalDateTimeField(
        label=label,
        help_text=gettext_lazy("You are reminded before, and told when it is over."),
        error_messages={
            "required": gettext_lazy("Say until when it holds."),
            "invalid": gettext_lazy("Give a date and a time, for example 2026-03-12 14:30."),
        },
    )


def _in_time(until: datetime, at: datetime) -> datetime:
    if until <= at:
        raise forms.ValidationError(_("This time has passed. Choose a later one."))
    if until > at + remedies.LONGEST:
        raise forms.ValidationError(_("Choose a time within a year. What shall hold longer is a permanent fix."))
    return until


class WorkaroundForm(ActionForm):
    what = words(gettext_lazy("What makes it work for now?"), gettext_lazy("Say what was done."))
    rationale = words(
        gettext_lazy("Why this way?"),
        gettext_lazy("Say why it is done this way."),
        hint=gettext_lazy("It goes into the draft of the next update."),
    )
    until = _until(gettext_lazy("Until when does it hold?"))
    artefact = forms.CharField(
        label=gettext_lazy("What was changed?"),
        help_text=ARTEFACT_HINT,
        required=False,
        max_length=limits.REASON_LENGTH,
        error_messages={"max_length": TOO_LONG},
    )

    def clean_until(self) -> datetime:
        return _in_time(self.cleaned_data["until"], self.at)


class FixForm(ActionForm):
    artefact = forms.CharField(
        label=gettext_lazy("What was changed?"),
        help_text=ARTEFACT_HINT,
        max_length=limits.REASON_LENGTH,
        error_messages={
            "required": gettext_lazy("Name what was changed: the definition, its version, a schema or a setting."),
            "max_length": TOO_LONG,
        },
    )
    what = words(gettext_lazy("What repairs it for good?"), gettext_lazy("Say what was done."))
    rationale = words(
        gettext_lazy("Why this way?"),
        gettext_lazy("Say why it is done this way."),
        hint=gettext_lazy("It goes into the draft of the next update."),
    )


class _WhichForm(ActionForm):
    """`which` is a workaround of the incident that is still in place."""

    which = forms.ChoiceField(
        label=gettext_lazy("Which workaround?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the workaround."),
            "invalid_choice": gettext_lazy("This workaround is gone already. Choose another one."),
        },
    )

    def prepare(self) -> None:
        self.standing = {str(row.pk): row for row in reads.standing(self.incident)}
        field: Any = self.fields["which"]
        field.choices = [(key, row.what) for key, row in self.standing.items()]
        if len(self.standing) == 1:
            field.initial = next(iter(self.standing))
        if not self.standing:
            field.help_text = _("No workaround is in place any more.")

    def clean_which(self) -> Remedy:
        return self.standing[self.cleaned_data["which"]]


class ExtendForm(_WhichForm):
    until = _until(gettext_lazy("Until when is it needed?"))
    reason = words(gettext_lazy("Why is it needed longer?"), gettext_lazy("Say why it is needed longer."))

    def clean_until(self) -> datetime:
        return _in_time(self.cleaned_data["until"], self.at)


class RemoveForm(_WhichForm):
    reason = words(gettext_lazy("Why is it not needed any more?"), gettext_lazy("Say why it is not needed any more."))
