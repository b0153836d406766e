"""What people ask about ownership: which workflow, how serious, when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import Workflow
from portal import limits
from portal.forms.local_time import LocalDateTimeField

UNKNOWN_WORDS = ("", "?", "i don’t know", "i don't know", "unknown")
SEVERITIES = [
    ("sev1", gettext_lazy("SEV1 (most serious)")),
    ("sev2", "SEV2"),
    ("sev3", "SEV3"),
    ("sev4", gettext_lazy("SEV4 (least serious)")),
]
FARTHEST = timedelta(days=366)


def names(workflow: Workflow) -> list[str]:
    """Everything that people may type for `workflow`, case folded."""
    aliases = workflow.aliases.split(",") if workflow.aliases else []
    return [name.strip().casefold() for name in (workflow.name, workflow.key, *aliases) if name.strip()]


def is_called(workflow: Workflow | None, words: str) -> bool:
    """Whether `words` are a name of `workflow`, not just a part of one."""
    return workflow is not None and " ".join(words.split()).casefold() in names(workflow)


def meant(words: str, workflows: Sequence[Workflow]) -> Workflow | None:
    """The workflow that was meant: by name, key or alias, or the only one whose name contains `words`.

    None for "I don’t know". Raises ValidationError when several fit or none does.
    """
    typed = " ".join(words.split()).casefold()
    if typed in UNKNOWN_WORDS or typed == _("I don’t know").casefold():
        return None
    exact = [item for item in workflows if typed in names(item)]
    partly = [item for item in workflows if any(typed in name for name in names(item))]
    found = exact or partly
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(item.name for item in found[:4])
        raise forms.ValidationError(_("Several processes fit: %(names)s. Choose one.") % {"names": some})
    raise forms.ValidationError(
        _("We know no process called “%(name)s”. Choose one from the list, or write “I don’t know”.") % {"name": words}
    )


class ToldForm(forms.Form):
    """Bind with the workflows in use and the time at which it is asked; everything may stay empty."""

    workflow = forms.CharField(
        label=gettext_lazy("Which process breaks?"),
        help_text=gettext_lazy("Type any part of its name. “I don’t know” is a good answer."),
        required=False,
        max_length=limits.TITLE_LENGTH,
        widget=forms.TextInput(attrs={"list": "workflows", "autocomplete": "off"}),
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("How serious is it?"), choices=SEVERITIES, required=False, initial="sev2"
    )
    at = LocalDateTimeField(
        label=gettext_lazy("When?"),
        help_text=gettext_lazy("Empty means now. Nobody away is told."),
        required=False,
        error_messages={"invalid": gettext_lazy("Give a date and a time, for example 2026-03-12 14:30.")},
    )

    def __init__(self, data: object, *, workflows: Sequence[Workflow], now: datetime) -> None:
        super().__init__(data, initial={"severity": "sev2"})  # type: ignore[arg-type]
        self.workflows, self.now = workflows, now

    def clean_workflow(self) -> Workflow | None:
        return meant(self.cleaned_data["workflow"], self.workflows)

    def clean_severity(self) -> str:
        return self.cleaned_data["severity"] or "sev2"

    def clean_at(self) -> datetime:
        moment: datetime = self.cleaned_data["at"] or self.now
        if abs(moment - self.now) > FARTHEST:
            raise forms.ValidationError(_("Choose a time within a year from now."))
        return moment
