"""Asking somebody whose authority reaches further."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from incidents.forms.asking import words
from portal.models import User


class AskForm(forms.Form):
    """`to` is the button that was pressed: one of `people`."""

    to = forms.ModelChoiceField(
        queryset=User.objects.none(),
        error_messages={
            "required": gettext_lazy("Choose whom to ask."),
            "invalid_choice": gettext_lazy("Choose somebody from the list."),
        },
    )
    text = words(
        gettext_lazy("What shall they decide?"),
        gettext_lazy("Say in a few words what they shall decide."),
        hint=gettext_lazy("They read this first. Say what you would do."),
        rows=3,
    )

    def __init__(self, *args: Any, people: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.objects.active().filter(pk__in=people)  # type: ignore[attr-defined]
