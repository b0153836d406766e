"""What people say who bring others to an incident, or two incidents together."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents import access
from incidents.forms.actions import ActionForm, ReassignForm
from incidents.forms.asking import TOO_LONG, words
from incidents.models import Incident
from incidents.services import joining
from portal import limits

OFFERED = 50


class InviteForm(ReassignForm):
    """`to` is typed like the next lead, among the people who work on incidents."""

    reason = words(
        gettext_lazy("What can they help with?"), gettext_lazy("Say in a few words what they can help with."), rows=3
    )

    def prepare(self) -> None:
        self.fields["to"].label = _("Who can help?")
        self.fields["to"].error_messages["required"] = _("Say who can help.")
        self.people = [person for person in joining.workers() if person != self.user]


class MergeForm(ActionForm):
    """`into` is typed as a reference, or "reference title", of an open incident that the person sees."""

    into = forms.CharField(
        label=gettext_lazy("Which incident is it the same as?"),
        help_text=gettext_lazy("Type any part of the title or the reference and choose from the list."),
        max_length=limits.TITLE_LENGTH + limits.KEY_LENGTH,
        widget=forms.TextInput(attrs={"list": "options", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Choose the incident that goes on."), "max_length": TOO_LONG},
    )
    reason = words(
        gettext_lazy("Why are they the same?"),
        gettext_lazy("Say in a few words why they are the same."),
        hint=gettext_lazy("Everybody who takes part in either of them can read it."),
    )

    def prepare(self) -> None:
        rows = Incident.objects.visible_to(self.user).open().filter(kind=Incident.Kind.INCIDENT)
        rows = rows.filter(is_restricted=self.incident.is_restricted).exclude(pk=self.incident.pk)
        found = list(rows.order_by("severity", "-reported_at", "-id")[:OFFERED])
        self.others = sorted(found, key=lambda item: item.workflow_id != self.incident.workflow_id)

    @property
    def options(self) -> list[str]:
        return [str(item) for item in self.others]

    def clean_into(self) -> Incident:
        typed = " ".join(self.cleaned_data["into"].split())
        reference = typed.split(" ")[0].upper()
        try:
            return access.get(self.user, reference)
        except Incident.DoesNotExist:
            pass
        alike = [item for item in self.others if typed.casefold() in item.title.casefold()]
        if len(alike) == 1:
            return alike[0]
        name = {"name": typed}
        if alike:
            raise forms.ValidationError(_("Several incidents are called like “%(name)s”. Choose one.") % name)
        raise forms.ValidationError(_("We know no open incident called “%(name)s”. Choose one from the list.") % name)


class HappenedForm(ActionForm):
    reason = words(
        gettext_lazy("What happened?"),
        gettext_lazy("Say what happened."),
        hint=gettext_lazy("The people who are called read this first."),
    )
