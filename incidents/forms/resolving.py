"""What people say when it works again: how they know, what they looked at again, what stays halted (D39, D89)."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.forms.actions import ActionForm
from incidents.forms.asking import TOO_LONG, words
from incidents.models import Containment, Recheck
from incidents.reads import containments as halted
from incidents.reads import rechecks as reads
from incidents.services import containments, rechecks
from portal import limits

RESULTS = [
    ("passed", gettext_lazy("Works again")),
    ("failed", gettext_lazy("Does not work")),
    ("waived", gettext_lazy("Not looked at")),
]
ENDS = [("released", gettext_lazy("It runs again")), ("stays", gettext_lazy("It stays as it is"))]


@dataclass(frozen=True)
class Asked:
    """One question of the form and the words that go with it, about a subject or something that stands still."""

    about: reads.Subject | Containment
    choice: forms.BoundField
    words: forms.BoundField
    before: Recheck | None = None
    """What was found when somebody looked last and not everything worked."""

    @property
    def is_optional(self) -> bool:
        """Whether nothing may be said: of what works again."""
        return not isinstance(self.about, Containment)


class ResolveForm(ActionForm):
    """`checked` is not asked where the verification of the playbook proves it (`proof`).

    It begins with what was found when somebody looked last; what did not work has to be looked at again. `failing` is
    what was found, where something does not work: it is kept though nothing is resolved.
    """

    resolution = words(
        gettext_lazy("What made it work again?"),
        gettext_lazy("Say what made it work again."),
        hint=gettext_lazy("The reporter and everybody who was told read this."),
        longest=limits.TEXT_LENGTH,
        rows=3,
    )
    checked = words(
        gettext_lazy("How did you check that it works again?"),
        gettext_lazy("Say how you checked that it works again."),
        longest=limits.TEXT_LENGTH,
    )

    def prepare(self) -> None:
        self.proof = reads.proof(self.incident)
        if self.proof:
            del self.fields["checked"]
        self.subjects = reads.subjects(self.incident)
        self.still = halted.open_of(self.incident)
        self.failing: list[rechecks.Found] = []
        latest = {(row.subject, row.workflow_id): row for row in reads.latest(self.incident)}
        self.before = {
            item.key: seen for item in self.subjects if (seen := latest.get((item.name, item.workflow_id))) is not None
        }
        for key, last in self.before.items():
            if last.result != "failed":
                self.initial.update({f"is_{key}": last.result, f"note_{key}": last.note})
        for subject in self.subjects:
            label = _("What you saw, or why nobody looked")
            self._ask(f"is_{subject.key}", f"note_{subject.key}", subject.name, RESULTS, label)
        for row in self.still:
            label = _("How you know that it is safe, or why it stays")
            self._ask(f"end_{row.pk}", f"why_{row.pk}", row.what, ENDS, label)

    def _ask(self, choice: str, note: str, name: str, choices: list[tuple[str, Any]], label: str) -> None:
        self.fields[choice] = forms.ChoiceField(
            label=name,
            choices=choices,
            widget=forms.RadioSelect,
            error_messages={
                "required": _("%(name)s: choose one.") % {"name": name},
                "invalid_choice": _("%(name)s: choose one.") % {"name": name},
            },
        )
        self.fields[note] = forms.CharField(
            label=label,
            required=False,
            max_length=limits.REASON_LENGTH,
            error_messages={"max_length": TOO_LONG},
        )

    @property
    def checks(self) -> list[Asked]:
        return [
            Asked(item, self[f"is_{item.key}"], self[f"note_{item.key}"], self.before.get(item.key))
            for item in self.subjects
        ]

    @property
    def halted(self) -> list[Asked]:
        return [Asked(row, self[f"end_{row.pk}"], self[f"why_{row.pk}"]) for row in self.still]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data.setdefault("checked", "")
        for item in self.subjects:
            self._judge(data.get(f"is_{item.key}"), f"note_{item.key}", item.name, data)
        self.failing = self._failing(data)
        for row in self.still:
            chosen, note = data.get(f"end_{row.pk}"), f"why_{row.pk}"
            if chosen and not data.get(note, "").strip() and note not in self.errors:
                ask = (
                    _("Say how you know that it is safe.") if chosen == "released" else _("Say why it stays as it is.")
                )
                self.add_error(note, f"{row.what}: {ask}")
        if not self.errors:
            data["found_again"] = [
                rechecks.Found(key=item.key, result=data[f"is_{item.key}"], note=data[f"note_{item.key}"])
                for item in self.subjects
            ]
            data["settled"] = [
                containments.Settled(
                    containment=row.pk, is_released=data[f"end_{row.pk}"] == "released", words=data[f"why_{row.pk}"]
                )
                for row in self.still
            ]
        return data

    def _judge(self, result: str | None, note: str, name: str, data: dict[str, Any]) -> None:
        if result == "failed" and not data.get(note, "").strip() and note not in self.errors:
            self.add_error(note, _("Say what does not work at “%(name)s”.") % {"name": name})
        elif result == "failed":
            sentence = _(
                "“%(name)s” does not work, so the incident is not resolved yet. That is written down; repair it first."
            )
            self.add_error(note.replace("note_", "is_", 1), sentence % {"name": name})
        elif result == "waived" and not data.get(note, "").strip() and note not in self.errors:
            self.add_error(note, _("Say why nobody looked at “%(name)s”.") % {"name": name})

    def _failing(self, data: dict[str, Any]) -> list[rechecks.Found]:
        """Everything of which it was said whole how it stands, when something of it does not work."""
        said = {item.key: (self.data.get(f"is_{item.key}"), data.get(f"note_{item.key}")) for item in self.subjects}
        whole = [
            rechecks.Found(key=key, result=result, note=note)
            for key, (result, note) in said.items()
            if result in Recheck.Result.values and note is not None and (result == "passed" or note.strip())
        ]
        return whole if any(item.result == "failed" for item in whole) else []
