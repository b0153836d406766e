"""Boards, their seats, and times without publications, as admins fill them in."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.models import BoardSeat, FreezeWindow
from governance.services import boards, freezes
from portal.admin.base import ReasonedForm


class BoardForm(ReasonedForm):
    """`anyway` is asked only for a board that documents in force name."""

    anyway = forms.BooleanField(
        label=_("Retire it all the same"),
        required=False,
        help_text=_("Needed when a policy in force still names the board."),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        retires = self.instance.pk and self.initial.get("is_active") and found.get("is_active") is False
        if retires and not found.get("anyway"):
            try:
                boards.judge_retiring(self.instance)
            except boards.StillNamed as error:
                self.add_error("is_active", str(error))
                self.add_error("anyway", _("Tick this if the board is to be retired all the same."))
        return found


class SeatForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = BoardSeat
        fields = ["person", "function", "starts_on", "ends_on", "deputy"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not self.errors:
            for name, value in found.items():
                if name in self._meta.fields:  # type: ignore[operator]
                    setattr(self.instance, name, value)
            try:
                boards.judge_people(self.instance, is_new=self.instance._state.adding)
            except boards.BadSeat as error:
                self.add_error("deputy" if self.instance.deputy_id == self.instance.person_id else None, str(error))
            if found.get("ends_on") and found["ends_on"] < found["starts_on"]:
                self.add_error("ends_on", _("The term ends before it begins. Please check the days."))
        return found


class SeatFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        if any(form.errors for form in self.forms):
            return
        rows = [form.instance for form in self.forms if form.instance.person_id and form.instance.starts_on]
        try:
            boards.judge_seats(rows)
        except boards.BadSeat as error:
            raise forms.ValidationError(str(error)) from error


class FreezeForm(ReasonedForm):
    """Says at the fields what ``freezes`` would refuse."""

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.errors:
            return found
        names = {name: value for name, value in found.items() if name in ("kind", "starts_at", "ends_at", "why")}
        wanted = FreezeWindow(pk=self.instance.pk, **{**_kept(self.instance), **names})
        try:
            freezes.judge(wanted, at=timezone.now())
        except freezes.BadFreeze as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
        return found


def _kept(window: FreezeWindow) -> dict[str, Any]:
    """What a form that does not show everything leaves as it is."""
    return {name: getattr(window, name) for name in ("kind", "starts_at", "ends_at", "why")}
