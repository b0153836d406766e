"""Remarks beside a text, and answers to them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import limits

MISSING = {"required": _("Write what you want to say."), "max_length": _("Use at most %(limit_value)d characters.")}


class Remark(forms.Form):
    """A remark about `places`: (pointer, word) of a part and of its fields; without any about the whole change."""

    path = forms.CharField(label=_("About"), required=False, max_length=400, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Your remark"),
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=MISSING,
    )
    is_blocking = forms.BooleanField(
        label=_("Nothing takes effect until this is settled"),
        required=False,
        help_text=_("Where the policy says so, it stops publication."),
    )

    def __init__(self, *args: Any, places: Sequence[tuple[str, Any]] = (), may_block: bool = False, **kwargs: Any):
        super().__init__(*args, **({"auto_id": "say_%s"} | kwargs))
        if len(places) > 1:
            self.fields["path"].widget = forms.Select(choices=list(places))
        if not may_block:
            del self.fields["is_blocking"]


class Reply(forms.Form):
    """An answer to a remark."""

    text = forms.CharField(
        label=_("Your answer"),
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=MISSING,
    )
