"""What of a workflow's rules is set aside, until when and why: text in, domain types out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.documents.escalation import Escalation
from governance.models import Workflow
from incidents.forms import silences
from incidents.models.incidents import Severity
from incidents.reads import overrides as reads
from portal import limits

WHAT = [
    (reads.SEVERITY, _("How severe its incidents are at least")),
    (reads.PATH, _("By which path they escalate")),
    (reads.TRIGGER, _("When a trigger opens one")),
]
CHOOSE = {"required": _("Choose one of these."), "invalid_choice": _("Choose one of these.")}


class Which(forms.Form):
    """Of which of `workflows` and what; then ``Instead`` asks what holds instead."""

    workflow = forms.ChoiceField(
        label=_("Process"),
        error_messages={"required": _("Choose a process."), "invalid_choice": _("Choose one of the list.")},
    )
    what = forms.ChoiceField(
        label=_("What is set aside"), choices=WHAT, widget=forms.RadioSelect, error_messages=CHOOSE
    )

    def __init__(self, *args: Any, workflows: list[Workflow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = {row.key: row for row in workflows}
        choices = [("", _("Choose …")), *((row.key, row.name) for row in workflows)]
        self.fields["workflow"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> Workflow:
        return self.of[self.cleaned_data["workflow"]]


class Instead(silences.Silence):
    """What holds instead of the rule of kind `what`, under the `policy` in force."""

    value = forms.ChoiceField(error_messages=CHOOSE)
    number = forms.CharField(
        label=_("From which number on it opens an incident"),
        help_text=_("Leave it empty to switch the trigger off."),
        max_length=limits.KEY_LENGTH,
        required=False,
    )
    field_order = ("value", "number", "until", "until_at", "reason")

    def __init__(self, *args: Any, what: str, policy: Escalation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.what = what
        value: Any = self.fields["value"]
        if what == reads.SEVERITY:
            value.label, value.choices = _("New incidents are at least"), Severity.choices
        elif what == reads.PATH:
            value.label = _("Incidents escalate by")
            value.choices = [(path.key, path.title) for path in policy.paths]
        else:
            value.label = _("Trigger")
            value.choices = [(item.key, item.title) for item in reads.movable(policy)]
        if what != reads.TRIGGER:
            del self.fields["number"]
        self.fields["until"].label = _("Set aside")
        why = self.fields["reason"]
        why.help_text = _("Everybody who works on these incidents reads it.")
        why.error_messages["required"] = _("Say why the rule shall not hold for a while.")

    @property
    def is_empty(self) -> bool:
        """Whether the policy has nothing of this kind."""
        return not self.fields["value"].choices  # type: ignore[attr-defined]

    def asked(self) -> dict[str, str]:
        """What is chosen, as ``services.overrides.begin`` takes it."""
        given = self.cleaned_data
        if self.what != reads.TRIGGER:
            return {"kind": self.what, "value": given["value"]}
        return {"kind": self.what, "trigger": given["value"], "value": given["number"].strip() or reads.OFF}
