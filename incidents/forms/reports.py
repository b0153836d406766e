"""What people outside may read about an incident."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from incidents.forms.asking import TOO_LONG
from portal import limits


class OutsideForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What may people outside read?"),
        help_text=gettext_lazy("No names of people, customers, teams or processes, and nothing that is secret."),
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"max_length": TOO_LONG},
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, written: str) -> None:
        super().__init__(data, initial={"text": written, "seen": written})
