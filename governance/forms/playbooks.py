"""What people ask of the playbooks: which process and how serious, so that names and times stand beside the steps."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy

from governance.forms.ownership import SEVERITIES, meant
from governance.models import Workflow
from portal import limits


class Reading(forms.Form):
    """Bind with the workflows in use; without a workflow nothing is looked up."""

    workflow = forms.CharField(
        label=gettext_lazy("For which process?"),
        help_text=gettext_lazy("Any part of its name. Then names and times stand beside the steps."),
        required=False,
        max_length=limits.TITLE_LENGTH,
        widget=forms.TextInput(attrs={"list": "workflows", "autocomplete": "off"}),
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("How serious is it?"), choices=SEVERITIES, required=False, initial="sev2"
    )

    def __init__(self, data: object, *, workflows: Sequence[Workflow]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.workflows = workflows

    def clean_workflow(self) -> Workflow | None:
        return meant(self.cleaned_data["workflow"], self.workflows)

    def clean_severity(self) -> str:
        return self.cleaned_data["severity"] or "sev2"
