"""Choosing the playbook of an incident, and switching to newer versions."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.forms.actions import ActionForm
from incidents.forms.asking import TOO_LONG, words
from incidents.models import EscalationRun
from incidents.reads import pins, proposals
from portal import limits


class PlaybookForm(ActionForm):
    """`playbook` is the id of a version in force that fits; a reason is asked where another one is replaced."""

    playbook = forms.ChoiceField(
        label=gettext_lazy("Which playbook do you work by?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the playbook that fits best."),
            "invalid_choice": gettext_lazy("Choose a playbook from the list."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Why this one?"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": TOO_LONG},
    )

    def prepare(self) -> None:
        found = proposals.ranked(self.incident)
        field: Any = self.fields["playbook"]
        field.choices = [
            (str(item.playbook.version), _offered(item))
            for item in found
            if item.playbook.version != self.incident.playbook_id
        ]
        if not field.choices:
            field.help_text = _("No other playbook is in force for this process.")
        if self.incident.playbook_id is not None:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = _("Say why another playbook fits better.")

    def clean_playbook(self) -> UUID:
        return UUID(self.cleaned_data["playbook"])


class SwitchForm(ActionForm):
    """`what`: the playbook, or the rules of escalation and ownership; only what has a newer version in force."""

    what = forms.ChoiceField(
        label=gettext_lazy("What shall count from now on?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what shall count from now on."),
            "invalid_choice": gettext_lazy("This has no newer version any more."),
        },
    )
    reason = words(
        gettext_lazy("Why shall the newer version count?"), gettext_lazy("Say why the newer version shall count.")
    )

    def prepare(self) -> None:
        choices = []
        newer = pins.newer_playbook(self.incident)
        if newer is not None:
            choices.append((pins.PLAYBOOK, _named([newer])))
        run = EscalationRun.objects.filter(incident=self.incident).first()
        rules = pins.newer_rules(self.incident, run)
        if rules:
            choices.append((pins.RULES, _named(rules)))
        field: Any = self.fields["what"]
        field.choices = choices
        field.initial = choices[0][0] if len(choices) == 1 else None
        if not choices:
            field.help_text = _("Everything by which this incident runs is in force as it is.")


def _offered(item: proposals.Proposal) -> str:
    """A choice: title and version, then the scenario and why it fits."""
    words = {"title": item.playbook.title, "number": item.playbook.number}
    why = " ".join([_("For “%(scenario)s”.") % {"scenario": item.title}, *item.reasons]) if item.reasons else ""
    return format_html("{}<small>{}</small>", _("%(title)s, version %(number)s") % words, why)


def _named(versions: list[Any]) -> str:
    sentence = _("%(title)s, version %(number)s")
    return "; ".join(sentence % {"title": row.document.title, "number": row.number} for row in versions)
