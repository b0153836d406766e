"""The name of a view of the board."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import limits


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name of this view"),
        max_length=limits.NAME_LENGTH,
        error_messages={"required": _("Give the view a name.")},
    )
