"""Letting somebody decide in one's place: text in, domain types out."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from governance.models import Board
from governance.models.versions import Kind
from portal import limits
from portal.forms.local_time import LocalDateTimeField
from portal.models import User


def _moment(label: Any, missing: Any, hint: Any = "") -> LocalDateTimeField:
    words = {"required": missing, "invalid": _("Write it like 2026-03-14 20:00.")}
    return LocalDateTimeField(label=label, error_messages=words, help_text=hint)


class Delegate(forms.Form):
    """`boards`: those on which the reader sits."""

    taker = forms.CharField(
        label=_("Who decides for you"),
        max_length=254,
        widget=forms.TextInput(attrs={"list": "colleagues", "autocomplete": "off"}),
        help_text=_("Their e-mail address."),
        error_messages={"required": _("Say who.")},
    )
    board = forms.ModelChoiceField(
        label=_("Where"),
        queryset=Board.objects.none(),
        to_field_name="key",
        required=False,
        empty_label=_("Wherever I am asked"),
        error_messages={"invalid_choice": _("Choose a board of the list.")},
    )
    kind = forms.ChoiceField(
        label=_("About"), required=False, error_messages={"invalid_choice": _("Choose a kind of the list.")}
    )
    starts_at = _moment(_("From"), _("Say from when."))
    ends_at = _moment(_("Until"), _("Say until when."), _("At most 90 days."))
    why = forms.CharField(
        label=_("Reason"), max_length=limits.REASON_LENGTH, error_messages={"required": _("Please say why.")}
    )

    def __init__(self, *args: Any, boards: list[Board], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["board"].queryset = Board.objects.filter(pk__in=[board.pk for board in boards]).order_by("name")  # type: ignore[attr-defined]
        kinds = [(value, capfirst(str(word))) for value, word in Kind.choices]
        self.fields["kind"].choices = [("", _("Everything")), *kinds]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in ("starts_at", "ends_at"):
            value: datetime | None = found.get(name)
            if value is not None and not 2000 <= value.year <= 2200:
                self.add_error(name, _("Choose a date in this century."))
        return found

    def clean_taker(self) -> User:
        person = User.objects.active().filter(email__iexact=self.cleaned_data["taker"].strip()).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person
