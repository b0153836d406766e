"""Setting up a beat."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.models import Workflow
from incidents.models.incidents import Severity
from incidents.services import beats
from portal import limits
from portal.forms.fields import WholeNumberField, in_address


class New(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("What people read, such as Nightly export."),
        max_length=limits.NAME_LENGTH,
        error_messages={"required": _("Give it a name.")},
    )
    key = forms.CharField(
        label=_("Name in the address"),
        help_text=_("Small letters, digits and hyphens, such as nightly-export. It cannot be changed later."),
        max_length=limits.KEY_LENGTH,
        validators=[in_address],
        error_messages={"required": _("Give it a name for the address.")},
    )
    workflow = forms.ModelChoiceField(
        label=_("Process"),
        queryset=Workflow.objects.none(),
        to_field_name="key",
        empty_label=_("Choose one"),
        error_messages={
            "required": _("Choose the process that gives it."),
            "invalid_choice": _("Choose one of these."),
        },
    )
    interval_minutes = WholeNumberField(
        label=_("Minutes between two beats"),
        help_text=_("Leave it empty when a cron expression says when."),
        min_value=1,
        max_value=beats.LONGEST_MINUTES,
        required=False,
    )
    cron = forms.CharField(
        label=_("Cron expression"),
        help_text=_("Five fields, such as 30 6 * * mon-fri for half past six on working days."),
        max_length=limits.NAME_LENGTH,
        required=False,
    )
    time_zone = forms.CharField(
        label=_("Time zone of the cron expression"),
        help_text=_("Such as Europe/Berlin. Empty: the portal’s."),
        max_length=64,
        required=False,
    )
    grace_minutes = WholeNumberField(
        label=_("Minutes that a beat may be late"),
        min_value=0,
        max_value=beats.LONGEST_GRACE,
        initial=5,
        error_messages={"required": _("Say how late it may be.")},
    )
    severity = forms.ChoiceField(
        label=_("Suggested severity"),
        choices=[("", _("By the rubric")), *Severity.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose one of these.")},
    )

    def __init__(self, *args: Any, workflows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workflow"].queryset = workflows  # type: ignore[attr-defined]
