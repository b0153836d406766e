"""Setting up a source and saying where the fields of an event stand in its bodies."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.models import Workflow
from incidents.forms import intake, mapping
from incidents.models import Event, Source
from incidents.services.receive import Arrival
from portal import limits
from portal.forms.fields import in_address

PATHS = 50  # that are never stored
LABELS = {
    "title": (_("What happened"), _("The only one that is needed: the text that people read first.")),
    "description": (_("Description"), _("More words, as long as it likes.")),
    "workflow": (_("Process"), _("Its key, its id on the platform or its name. Else the source’s own is meant.")),
    "dedup_key": (_("Group"), _("Events with the same value belong to one incident.")),
    "event_id": (_("Id of the event"), _("The same id again is the same event, sent twice.")),
    "action": (_("Failed or works again"), _("Words such as resolved, ok or recovered end the incident.")),
    "occurred_at": (_("When it happened"), _("A time with its offset, such as 2026-03-14T20:00:00Z.")),
    "severity": (_("How serious"), _("Critical, error, warning, info, or sev1 to sev4; a hint for the first look.")),
    "workflow_version": (_("Version of the process"), _("So that the incident names what was running.")),
    "components": (_("Parts concerned"), _("A list such as items[*].name, or one name.")),
}


class New(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("What people read, such as Shop monitoring."),
        max_length=limits.NAME_LENGTH,
        error_messages={"required": _("Give it a name.")},
    )
    key = forms.CharField(
        label=_("Name in the address"),
        help_text=_("Small letters, digits and hyphens, such as shop-monitoring. It cannot be changed later."),
        max_length=limits.KEY_LENGTH,
        validators=[in_address],
        error_messages={"required": _("Give it a name for the address.")},
    )
    format = forms.ChoiceField(
        label=_("What sends the events"),
        choices=Source.Format.choices,
        widget=forms.RadioSelect,
        initial=Source.Format.GENERIC,
        error_messages={"required": _("Choose what sends the events."), "invalid_choice": _("Choose one of these.")},
    )
    workflow = forms.ModelChoiceField(
        label=_("Process"),
        help_text=_("Meant by events that name none that we know."),
        queryset=Workflow.objects.none(),
        to_field_name="key",
        required=False,
        empty_label=_("None: triage decides"),
        error_messages={"invalid_choice": _("Choose one of the list.")},
    )

    def __init__(self, *args: Any, workflows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workflow"].queryset = workflows  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Tested:
    """What would be read: (label, value) pairs, or why nothing would be; `field` is where."""

    facts: tuple[tuple[str, str], ...] = ()
    error: str = ""
    field: str = ""


class Reading(forms.Form):
    """The paths of a source: one field for each of an event (`generic` only), what is never stored, and a sample.

    `event` are ids of stored events that the reader may try it on.
    """

    redact = forms.CharField(
        label=_("Paths"),
        help_text=_("One path a line, such as customer.email. Passwords, tokens and card numbers go anyway."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        required=False,
        max_length=PATHS * mapping.PATH_LENGTH,
    )
    event = forms.ChoiceField(label=_("Try it on"), required=False)
    body = forms.CharField(
        label=_("or on this JSON"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        required=False,
        max_length=limits.BODY_BYTES,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, source: Source, samples: list[tuple[str, str]], **kwargs: Any) -> None:
        kwargs["initial"] = _initial(source) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.source = source
        self.names = list(mapping.FIELDS) if source.format == Source.Format.GENERIC else []
        for name in self.names:
            label, hint = LABELS[name]
            widget = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
            self.fields[f"path_{name}"] = forms.CharField(label=label, help_text=hint, required=False, widget=widget)
        self.fields["event"].choices = samples or [("", _("nothing stored yet"))]  # type: ignore[attr-defined]

    @property
    def paths(self) -> list[Any]:
        """The bound fields of the mapping, in order."""
        return [self[f"path_{name}"] for name in self.names]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        chosen = {name: found.get(f"path_{name}", "").strip() for name in self.names}
        found["mapping"] = {name: text for name, text in chosen.items() if text}
        for name, sentence in mapping.check(found["mapping"]).items():
            self.add_error(f"path_{name}", sentence)
        if found["mapping"] and "title" not in found["mapping"]:
            self.add_error("path_title", gettext("Say where the title stands; without it no event can be read."))
        found["secret"] = [line.strip() for line in found.get("redact", "").splitlines() if line.strip()]
        if len(found["secret"]) > PATHS:
            self.add_error("redact", gettext("Use at most %(n)d paths.") % {"n": PATHS})
        elif wrong := mapping.check_paths(found["secret"]):
            self.add_error("redact", wrong)
        return found

    def tested(self, stored: Event | None, at: datetime) -> Tested | None:
        """What an event would say under the paths of this form; None when there is nothing to try it on."""
        text = self.cleaned_data.get("body", "")
        if not text.strip() and stored is None:
            return None
        trial = Source(
            key=self.source.key,
            format=self.source.format,
            workflow=self.source.workflow,
            mapping=self.cleaned_data["mapping"],
            redact=self.cleaned_data["secret"],
        )
        try:
            if text.strip():
                arrival = intake.read(text.encode("utf-8", "surrogatepass"), source=trial, at=at)
            elif stored is not None:
                arrival = intake.arrival_of(stored.body, source=trial, at=max(at, stored.received_at))
        except intake.Unacceptable as error:
            return Tested(error=str(error), field=error.field)
        return Tested(_facts(arrival))


def _initial(source: Source) -> dict[str, Any]:
    paths = source.mapping if isinstance(source.mapping, dict) else {}
    return {f"path_{name}": path for name, path in paths.items()} | {"redact": "\n".join(source.redact or [])}


def _facts(arrival: Arrival) -> tuple[tuple[str, str], ...]:
    """What was read, in the words of the form; the body last, as it would be stored."""
    values: dict[str, Any] = {
        "title": arrival.title,
        "description": arrival.description,
        "workflow": ", ".join(dict.fromkeys(value for _how, value in arrival.workflows)),
        "dedup_key": arrival.dedup_key,
        "event_id": arrival.event_id,
        "action": ACTIONS.get(arrival.action, arrival.action),
        "occurred_at": arrival.occurred_at.isoformat() if arrival.occurred_at else "",
        "severity": (arrival.severity or "").upper(),
        "workflow_version": arrival.workflow_version,
        "components": ", ".join(arrival.components),
    }
    found = [(str(LABELS[name][0]), str(value)) for name, value in values.items()]
    stored = json.dumps(arrival.body, ensure_ascii=False, indent=2)
    return (*found, (gettext("Stored"), stored[: limits.TEXT_LENGTH]))


ACTIONS = {
    "trigger": _("it failed"),
    "acknowledge": _("somebody has it over there"),
    "resolve": _("it works again"),
}
