"""What somebody plans, what was done, and whether it helps; each form keeps what was typed when it is refused."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from incidents.forms.asking import TOO_LONG, words
from incidents.forms.reviews import CHOOSE
from incidents.metrics.measured import METRICS
from incidents.models import ActionItem
from incidents.services.actions import Plan
from portal import limits
from portal.models import User

SIZES = [("1", gettext_lazy("little")), ("2", gettext_lazy("some")), ("3", gettext_lazy("much"))]
NUMBER = forms.TextInput(attrs={"inputmode": "decimal"})


class PlanForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("What shall be done?"),
        max_length=limits.TITLE_LENGTH,
        error_messages={"required": gettext_lazy("Say what shall be done."), "max_length": TOO_LONG},
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who sees to it?"), queryset=User.objects.none(), error_messages=CHOOSE
    )
    due_on = forms.DateField(
        label=gettext_lazy("Until when?"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": gettext_lazy("Choose a day."), "invalid": gettext_lazy("Choose a day.")},
    )
    horizon = forms.ChoiceField(
        label=gettext_lazy("At once, or in the long run?"),
        choices=ActionItem.Horizon.choices,
        initial=ActionItem.Horizon.LONG_TERM,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    impact = forms.ChoiceField(
        label=gettext_lazy("How much does it change?"),
        choices=SIZES,
        initial="2",
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    effort = forms.ChoiceField(
        label=gettext_lazy("How much work is it?"),
        choices=SIZES,
        initial="2",
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    measure = words(
        gettext_lazy("How will you see that it helps?"),
        gettext_lazy("Say how you will see that it helps."),
        hint=gettext_lazy("What is counted, where, and which number is good."),
    )
    metric = forms.ChoiceField(
        label=gettext_lazy("Does the portal count it?"),
        help_text=gettext_lazy("Then the portal looks by itself, for the process of the incident."),
        choices=[("", gettext_lazy("No, somebody looks")), *METRICS.items()],
        required=False,
        error_messages=CHOOSE,
    )
    baseline = forms.CharField(label=gettext_lazy("What is it now?"), required=False, max_length=40, widget=NUMBER)
    goal = forms.CharField(label=gettext_lazy("What shall it be?"), required=False, max_length=40, widget=NUMBER)
    is_up = forms.BooleanField(label=gettext_lazy("More is better"), required=False)
    artefact_kind = forms.ChoiceField(
        label=gettext_lazy("What is changed?"),
        choices=ActionItem.Artefact.choices,
        initial=ActionItem.Artefact.OTHER,
        error_messages=CHOOSE,
    )
    artefact = forms.CharField(
        label=gettext_lazy("Which one exactly?"),
        help_text=gettext_lazy("Its name and version."),
        required=False,
        max_length=limits.REASON_LENGTH,
    )

    def __init__(self, *args: Any, item: ActionItem | None = None, **kwargs: Any) -> None:
        if item is not None:
            kwargs.setdefault("initial", initial_of(item))
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active().order_by("name", "pk")  # type: ignore[attr-defined]

    @property
    def plan(self) -> Plan:
        data = dict(self.cleaned_data)
        day = data.pop("due_on")
        ends = timezone.make_aware(datetime.combine(day, time(23, 59)))
        return Plan(**data | {"due_at": ends, "impact": int(data["impact"]), "effort": int(data["effort"])})


def initial_of(item: ActionItem) -> dict[str, Any]:
    """What the form shows of `item`."""
    names = ("title", "horizon", "impact", "effort", "measure", "metric", "baseline", "goal", "is_up")
    found = {name: getattr(item, name) for name in (*names, "artefact_kind", "artefact")}
    return found | {"owner": item.owner_id, "due_on": timezone.localtime(item.due_at).date()}


class DoneForm(forms.Form):
    what = words(gettext_lazy("What was done?"), gettext_lazy("Say what was done."))
    artefact = forms.CharField(
        label=gettext_lazy("What was changed?"),
        help_text=gettext_lazy("A workflow and its version, a schema, a setting or a change."),
        required=False,
        max_length=limits.REASON_LENGTH,
    )


class DropForm(forms.Form):
    why = words(gettext_lazy("Why is it not done?"), gettext_lazy("Say why it is not done."))


class CheckForm(forms.Form):
    value = forms.CharField(label=gettext_lazy("What is the figure now?"), required=False, max_length=40, widget=NUMBER)
    note = forms.CharField(
        label=gettext_lazy("What have you seen?"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
