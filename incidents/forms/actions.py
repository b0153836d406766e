"""What people say when they act on an incident; each form keeps what was typed when it is refused."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.forms.ownership import names
from governance.models import Workflow
from incidents.forms.asking import TOO_LONG, line, words
from incidents.models import Incident
from incidents.reads import reports
from incidents.services import bridges
from portal import limits
from portal.forms.local_time import LocalDateTimeField
from portal.models import User

LONGEST_SNOOZE = timedelta(hours=24)
MINUTES = [
    ("15", gettext_lazy("15 minutes")),
    ("30", gettext_lazy("30 minutes")),
    ("60", gettext_lazy("1 hour")),
    ("other", gettext_lazy("Until a time that I choose")),
]


class ActionForm(forms.Form):
    """The base, and the form of actions that ask nothing. Bind with the incident, the person and the time."""

    def __init__(self, *args: Any, incident: Incident, user: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incident, self.user, self.at = incident, user, at
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the incident."""

    @property
    def options(self) -> list[str]:
        """What the browser offers for the field with a list."""
        return []


class GiveBackForm(ActionForm):
    reason = words(
        gettext_lazy("Why do you give it back?"),
        gettext_lazy("Say why you give it back."),
        hint=gettext_lazy("The next person reads this first."),
    )


class EscalateForm(ActionForm):
    reason = words(gettext_lazy("Why is more help needed?"), gettext_lazy("Say why more help is needed."))


class ReassignForm(ActionForm):
    """`to` is typed as "Name <address>", an address or a name, and must mean exactly one active person."""

    to = forms.CharField(
        label=gettext_lazy("Who takes it?"),
        help_text=gettext_lazy("Type any part of the name and choose from the list."),
        max_length=limits.ADDRESS_LENGTH,
        widget=forms.TextInput(attrs={"list": "options", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say who takes it."), "max_length": TOO_LONG},
    )
    reason = words(gettext_lazy("What should they know?"), gettext_lazy("Say in a few words why they take it."), rows=3)

    def prepare(self) -> None:
        self.people = list(User.objects.active().order_by("name", "email"))

    @property
    def options(self) -> list[str]:
        return [_listed(person) for person in self.people]

    def clean_to(self) -> User:
        typed = " ".join(self.cleaned_data["to"].split()).casefold()
        for means in (_listed, lambda person: person.email, lambda person: person.name):
            found = [person for person in self.people if means(person).casefold() == typed]
            if found:
                break
        if len(found) == 1:
            return found[0]
        name = {"name": self.cleaned_data["to"]}
        if found:
            raise forms.ValidationError(
                _("Several people are called “%(name)s”. Choose one from the list, with the e-mail address.") % name
            )
        raise forms.ValidationError(_("We know nobody called “%(name)s”. Choose a person from the list.") % name)


def _listed(person: User) -> str:
    return f"{person.name} <{person.email}>"


class SnoozeForm(ActionForm):
    minutes = forms.ChoiceField(
        label=gettext_lazy("For how long?"),
        choices=MINUTES,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose for how long."),
            "invalid_choice": gettext_lazy("Choose one of the times."),
        },
    )
    until = LocalDateTimeField(
        label=gettext_lazy("Until when?"),
        help_text=gettext_lazy("Only if you chose a time of your own; at most 24 hours from now."),
        required=False,
        error_messages={"invalid": gettext_lazy("Give a date and a time, for example 2026-03-12 14:30.")},
    )
    reason = words(gettext_lazy("Why can it wait?"), gettext_lazy("Say why it can wait."))

    def clean_until(self) -> datetime | None:
        chosen, until = self.cleaned_data.get("minutes"), self.cleaned_data["until"]
        if chosen != "other":
            return self.at + timedelta(minutes=int(chosen)) if chosen else None
        if until is None:
            raise forms.ValidationError(_("Say until when."))
        if until <= self.at:
            raise forms.ValidationError(_("This time has passed. Choose a later one."))
        if until > self.at + LONGEST_SNOOZE:
            raise forms.ValidationError(_("Choose a time within the next 24 hours."))
        return until  # type: ignore[no-any-return]


class PlanForm(ActionForm):
    plan = words(
        gettext_lazy("What will be done?"),
        gettext_lazy("Say in one sentence what will be done."),
        hint=gettext_lazy("One sentence that the people who were told understand."),
    )

    def prepare(self) -> None:
        self.fields["plan"].initial = self.incident.plan


class TalkForm(ActionForm):
    bridge = line(
        gettext_lazy("Address of the call"),
        hint=gettext_lazy("For example “https://meet.example.com/inc-42”."),
        longest=limits.ADDRESS_LENGTH,
        rows=1,
    )
    chat = line(gettext_lazy("Address of the channel"), longest=limits.ADDRESS_LENGTH, rows=1)

    def prepare(self) -> None:
        self.fields["bridge"].initial, self.fields["chat"].initial = self.incident.bridge, self.incident.chat

    def clean_bridge(self) -> str:
        return self._address("bridge")

    def clean_chat(self) -> str:
        return self._address("chat")

    def _address(self, field: str) -> str:
        try:
            return bridges.address(self.cleaned_data[field])
        except bridges.NoAddress as error:
            raise forms.ValidationError(str(error)) from error


class MonitorForm(ActionForm):
    note = words(
        gettext_lazy("What was fixed, and what do you watch?"),
        gettext_lazy("Say what was fixed."),
        hint=gettext_lazy("The reporter reads this."),
    )


class ReopenForm(ActionForm):
    reason = words(gettext_lazy("What does not work?"), gettext_lazy("Say what does not work."))


class DeclineForm(ActionForm):
    reason = words(
        gettext_lazy("Why is this no incident?"),
        gettext_lazy("Say why this is no incident; the person who reported it will read it."),
        hint=gettext_lazy("The reporter reads this."),
    )


class WorkflowForm(ActionForm):
    """`workflow` is typed by name, key or alias and must mean exactly one process that is in use."""

    workflow = forms.CharField(
        label=gettext_lazy("Which process is it?"),
        help_text=gettext_lazy("Type any part of its name."),
        max_length=limits.TITLE_LENGTH,
        widget=forms.TextInput(attrs={"list": "options", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Choose a process."), "max_length": TOO_LONG},
    )
    reason = words(gettext_lazy("Why is another process meant?"), gettext_lazy("Say why another process is meant."))

    def prepare(self) -> None:
        self.workflows = reports.processes()

    @property
    def options(self) -> list[str]:
        return [item.name for item in self.workflows]

    def clean_workflow(self) -> Workflow:
        return meant(self.cleaned_data["workflow"], self.workflows)


def meant(name: str, workflows: list[Workflow]) -> Workflow:
    """The one of `workflows` that `name` means. Raises ValidationError when it means none or several."""
    typed = " ".join(name.split()).casefold()
    exact = [item for item in workflows if typed in names(item)]
    found = exact or [item for item in workflows if any(typed in known for known in names(item))]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(item.name for item in found[:4])
        raise forms.ValidationError(_("Several processes fit: %(names)s. Choose one.") % {"names": some})
    raise forms.ValidationError(_("We know no process called “%(name)s”. Choose one from the list.") % {"name": name})


class NoteForm(ActionForm):
    text = words(
        gettext_lazy("What did you see or hear?"),
        gettext_lazy("Write what you want to add."),
        longest=limits.TEXT_LENGTH,
        rows=4,
    )
    is_public = forms.BooleanField(label=gettext_lazy("Show it to the reporter"), required=False)

    def prepare(self) -> None:
        if self.user.pk == self.incident.reporter_id:
            del self.fields["is_public"]  # what reporters write themselves they may read
