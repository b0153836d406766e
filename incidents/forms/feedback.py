"""What a platform should do better, and what becomes of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.models import Platform, Workflow
from incidents.forms.asking import TOO_LONG, words
from incidents.forms.reviews import CHOOSE
from incidents.models import Feedback
from portal import limits


class GiveForm(forms.Form):
    platform = forms.ModelChoiceField(
        label=gettext_lazy("Which platform?"), queryset=Platform.objects.none(), error_messages=CHOOSE
    )
    workflow = forms.ModelChoiceField(
        label=gettext_lazy("Which process?"), queryset=Workflow.objects.none(), required=False, error_messages=CHOOSE
    )
    text = words(gettext_lazy("What should be better?"), gettext_lazy("Say what should be better."), rows=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["platform"].queryset = Platform.objects.order_by("name")
        fields["workflow"].queryset = Workflow.objects.in_use().order_by("name")


class AnswerForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("What becomes of it?"),
        choices=[item for item in Feedback.State.choices if item[0] != Feedback.State.NEW],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )
