"""What people say when a role changes hands."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.reads.sentences import said
from incidents.forms.actions import ActionForm, ReassignForm
from incidents.forms.asking import TOO_LONG, words
from incidents.reads.roles import Line
from portal import limits


class RoleForm(ActionForm):
    """The base, and the form of moves that ask nothing; bound with the `line` of the role besides."""

    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        self.line = line
        super().__init__(*args, **kwargs)

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields to be filled in, in order."""
        return list(self)


class GiveUpForm(RoleForm):
    reason = words(
        gettext_lazy("Why do you give it up?"),
        gettext_lazy("Say why you give it up."),
        hint=gettext_lazy("The next person reads this first."),
    )


class GiveForm(RoleForm, ReassignForm):
    """`to` is typed like the next lead; those whom the matrix names are offered first."""

    def prepare(self) -> None:
        super().prepare()
        order = {item.person: place for place, item in enumerate(self.line.named)}
        holder = self.line.held.user_id if self.line.held is not None else None
        self.people = [person for person in self.people if person.pk != holder]
        self.people.sort(key=lambda person: order.get(person.pk, len(order)))
        self.fields["to"].help_text = _named(self.line, holder)


class HandOverForm(GiveForm):
    """Asks the criteria of the role to be ticked and its artefacts to be named; what is missing needs the note."""

    def prepare(self) -> None:
        super().prepare()
        self.fields["reason"] = forms.CharField(
            label=_("What should they know?"),
            help_text=_("What is not ticked or named above needs a word here."),
            max_length=limits.REASON_LENGTH,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"max_length": TOO_LONG},
        )
        self.fields["criteria"] = forms.MultipleChoiceField(
            label=_("Is this so?"),
            choices=[(text, said(text)) for text in self.line.role.handoff],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _("Load the page again: the role asks for something else now.")},
        )
        self.places = {f"artefact_{number}": text for number, text in enumerate(self.line.role.artefacts)}
        for name, text in self.places.items():
            self.fields[name] = forms.CharField(
                label=_("%(artefact)s: where is it?") % {"artefact": said(text)},
                max_length=limits.REASON_LENGTH,
                required=False,
                error_messages={"max_length": TOO_LONG},
            )
        if not self.line.role.handoff:
            del self.fields["criteria"]
        self.order_fields(["to", "criteria", *self.places, "reason"])

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        met = found.get("criteria") or []
        found["criteria"] = met
        found["artefacts"] = {text: found.get(name) or "" for name, text in self.places.items()}
        missing = [said(text) for text in self.line.role.handoff if text not in met]
        missing += [said(text) for text, where in found["artefacts"].items() if not where.strip()]
        if missing and not (found.get("reason") or "").strip() and "reason" not in self.errors:
            self.add_error("reason", _("Say why this is still open: %(points)s.") % {"points": "; ".join(missing)})
        return found


def _named(line: Line, holder: object) -> str:
    """Whom the matrix names for the role, and how to choose others."""
    names = ", ".join(item.name for item in line.named if item.person != holder)
    if not names:
        return _("Type any part of the name and choose from the list.")
    return _("The matrix names %(names)s. Others can take it, too, up to their own limits.") % {"names": names}
