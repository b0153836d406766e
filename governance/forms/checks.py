"""What came of a look at a document, and how often somebody looks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import limits
from portal.forms.fields import WholeNumberField

OUTCOMES = [
    ("confirm", _("It still fits: nothing has to change")),
    ("change", _("It has to change: begin a change now")),
    ("retire", _("It is not needed any more: ask to retire it")),
]


class Check(forms.Form):
    """`seen` is the digest of the version before the eyes."""

    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of it.")},
    )
    note = forms.CharField(
        label=_("Why"),
        help_text=_("What you compared it with, or what does not fit any more."),
        max_length=limits.REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class Every(forms.Form):
    days = WholeNumberField(
        label=_("Look again every so many days"),
        help_text=_("Counts from today. Empty: nobody is asked."),
        min_value=1,
        max_value=3650,
        required=False,
    )
