"""The one form of triage: how severe, why, and what is known of it (D24, D36); all but the first two may stay empty."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.rubric import ANSWERS, Rubric
from incidents.forms import asking
from incidents.forms.actions import ActionForm
from incidents.forms.asking import TOO_LONG, words
from incidents.models import Incident
from incidents.models.incidents import Severity
from incidents.reads import rating, triage
from portal import limits

CHOOSE = gettext_lazy("Choose one of SEV1 to SEV4.")
PARTS = 100  # of one incident


def _lines(label: Any, hint: Any) -> forms.CharField:
    """Several values, one in a line."""
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        error_messages={"max_length": TOO_LONG},
    )


class TriageForm(ActionForm):
    """What is known is filled in, and the rubric in force asks its questions.

    The cleaned ``answers``, ``components``, ``workflow_version`` and ``description`` are what
    ``triage.confirm_severity`` takes; None for what was not on the form that came back.
    """

    severity = forms.ChoiceField(
        label=gettext_lazy("How severe is it?"),
        choices=Severity,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    reason = words(gettext_lazy("Why?"), gettext_lazy("Say why it is this severe."))
    description = forms.CharField(
        label=gettext_lazy("What do users see?"),
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )
    components = _lines(
        gettext_lazy("Which parts are concerned?"),
        gettext_lazy("One in a line, for example the step that fails, a connector, a table."),
    )
    versions = _lines(
        gettext_lazy("Which version of the process runs?"),
        gettext_lazy("The version id that the platform shows; one in a line if there are several."),
    )

    def prepare(self) -> None:
        known, found = self.incident, rating.suggestion(self.incident)
        self.rubric: Rubric | None = found.rubric if found else None
        self.fields["severity"].choices = self._severities()  # type: ignore[attr-defined]
        self.fields["severity"].initial = known.severity
        self.fields["description"].initial = known.description
        self.fields["components"].initial = "\n".join(str(part) for part in known.components)
        self.fields["versions"].initial = "\n".join(triage.versions(known.workflow_version))
        for dimension in self.rubric.dimensions if self.rubric else ():
            self.fields[f"q_{dimension.key}"] = asking.question(dimension, known.answers.get(dimension.key, "unknown"))

    def _severities(self) -> list[tuple[str, str]]:
        """Each severity with the priority that the rubric gives it."""
        named = {item.severity: item.priority.upper() for item in self.rubric.thresholds} if self.rubric else {}
        return [
            (value, f"{label} · {named[value]}" if value in named else str(label))  # type: ignore[index]
            for value, label in Severity.choices
        ]

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[f"q_{item.key}"] for item in self.rubric.dimensions] if self.rubric else []

    @property
    def answers(self) -> dict[str, str]:
        """What is answered by now; what was not on the form, or is no answer, stays as it was."""
        asked = {item.key: self[f"q_{item.key}"].value() for item in self.rubric.dimensions} if self.rubric else {}
        return {**self.incident.answers, **{key: answer for key, answer in asked.items() if answer in ANSWERS}}

    @property
    def suggestion(self) -> rating.Suggestion | None:
        """What the rubric makes of the answers on the form."""
        return rating.suggestion(self.incident, self.answers)

    @property
    def unfolded(self) -> bool:
        """Something that may stay empty is filled in, or wrong."""
        names = ("description", "components", "versions")
        return any(self[name].value() or self.errors.get(name) for name in names)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        found["answers"] = self.answers
        found["workflow_version"] = found.pop("versions", None)
        for name, given in (("components", "components"), ("workflow_version", "versions")):
            if given not in self.data:
                found[name] = None
        if "description" not in self.data:
            found["description"] = None
        return found

    def clean_components(self) -> list[str]:
        return _values(self.cleaned_data["components"], limits.NAME_LENGTH)

    def clean_versions(self) -> str:
        text = ", ".join(
            version for line in self.cleaned_data["versions"].splitlines() for version in triage.versions(line)
        )
        longest = Incident._meta.get_field("workflow_version").max_length
        if longest is not None and len(text) > longest:
            raise forms.ValidationError(_("Use at most %(count)d characters for all versions.") % {"count": longest})
        return text


def _values(text: str, longest: int) -> list[str]:
    """The lines of `text` that say something, nobody twice."""
    found = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(found) > PARTS:
        raise forms.ValidationError(_("Name at most %(count)d parts.") % {"count": PARTS})
    for value in found:
        if len(value) > longest:
            said = {"name": f"{value[:40]}…", "count": longest}
            raise forms.ValidationError(_("“%(name)s” is longer than %(count)d characters.") % said)
    return found
