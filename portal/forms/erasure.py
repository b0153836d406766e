"""Forms of erasure and of legal holds."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import limits, registry
from portal.models import User


class ReasonForm(forms.Form):
    """Why words are erased."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("It stays in the ledger. Write no name and nothing of what is erased."),
        error_messages={"required": gettext_lazy("Please say why.")},
    )


class PersonForm(ReasonForm):
    """The same for a person, whose e-mail address has to be typed."""

    address = forms.CharField(
        label=gettext_lazy("E-mail address of the person"),
        max_length=limits.ADDRESS_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=gettext_lazy("Type it once more, so that nobody else is erased by mistake."),
        error_messages={"required": gettext_lazy("Type the e-mail address of the person.")},
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_address(self) -> str:
        typed: str = self.cleaned_data["address"].strip().lower()
        if typed != self.person.email.lower():
            raise forms.ValidationError(_("This is not the address of the person. Nothing was erased."))
        return typed


EVERYTHING, PERSON = "everything", "person"
KINDS = {
    EVERYTHING: gettext_lazy("Everything"),
    PERSON: gettext_lazy("A person"),
    "incident": gettext_lazy("An incident"),
    "change": gettext_lazy("A change"),
}


class HoldForm(forms.Form):
    """What is kept for legal reasons, and why; `cleaned_data["subject"]` is the row, or None for everything."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=list(KINDS.items()), initial=PERSON)
    which = forms.CharField(
        label=gettext_lazy("Which"),
        required=False,
        max_length=limits.ADDRESS_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "The e-mail address of the person, or the reference of the incident or the change. Empty for everything."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Why it has to be kept, for example the number of the proceedings."),
        error_messages={"required": gettext_lazy("Please say why.")},
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        kind, which = found.get("kind"), str(found.get("which", "")).strip()
        if kind == EVERYTHING:
            if which:
                self.add_error("which", _("Leave this empty, or choose what it is."))
            return found | {"subject": None}
        subject = _find(str(kind), which) if which else None
        if not which:
            self.add_error("which", _("Say which one is kept."))
        elif subject is None:
            self.add_error("which", _("There is nothing of this name. Look for typing errors."))
        return found | {"subject": subject}


def _find(kind: str, which: str) -> Any:
    if kind == PERSON:
        return User.objects.filter(email__iexact=which).first()
    find = registry.holdable.get(kind)
    return find(which) if find else None
