"""Going back to an earlier version, retiring a document, beginning an emergency: text in, domain types out."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import Document, Version
from portal import limits


def _reason(hint: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Why"),
        help_text=hint,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": gettext_lazy("Say why in a sentence."),
            "max_length": gettext_lazy("Use at most %(limit_value)d characters."),
        },
    )


class RollBack(forms.Form):
    """To which version; `versions` are those that were in force once, without what is in force."""

    to = forms.TypedChoiceField(
        label=gettext_lazy("Go back to"),
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose a version of the list.")),
    )
    reason = _reason(gettext_lazy("Whoever reviews it reads this first."))

    def __init__(self, *args: Any, versions: Iterable[Version], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(version.number, _("Version %(number)s") % {"number": version.number}) for version in versions]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class Retire(forms.Form):
    """What replaces it, if anything does."""

    successor = forms.ChoiceField(
        label=gettext_lazy("What replaces it"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a document of the list.")},
    )
    reason = _reason(gettext_lazy("Whoever looks for it later reads this."))

    def __init__(self, *args: Any, successors: Sequence[Document], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.successors = {str(item.pk): item for item in successors}
        choices = [("", _("Nothing replaces it")), *((key, item.title) for key, item in self.successors.items())]
        self.fields["successor"].choices = choices  # type: ignore[attr-defined]

    def clean_successor(self) -> Document | None:
        return self.successors.get(self.cleaned_data["successor"])


class Emergency(forms.Form):
    """The open incident that an emergency change is for."""

    ground = forms.ChoiceField(
        label=gettext_lazy("Which incident is it for?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the incident that it is for."),
            "invalid_choice": gettext_lazy("Choose an incident of the list."),
        },
    )

    def __init__(self, *args: Any, grounds: Iterable[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [(str(item.subject.pk), item.label) for item in grounds]  # type: ignore[attr-defined]

    def clean_ground(self) -> UUID:
        return UUID(self.cleaned_data["ground"])
