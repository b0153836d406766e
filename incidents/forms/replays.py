"""With which facts and rules a decision is played through."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.forms.asking import line
from incidents.forms.decisions import CHOOSE
from incidents.models import DecisionRequest
from incidents.models.decisions import Risk
from incidents.models.incidents import Severity
from incidents.reads.replays import Asked, Known


class ReplayForm(forms.Form):
    """Bound to the query; everything begins as it really was."""

    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=Severity.choices, error_messages=CHOOSE)
    risk = forms.ChoiceField(label=gettext_lazy("Risk"), choices=Risk.choices, error_messages=CHOOSE)
    category = forms.ChoiceField(label=gettext_lazy("Exception"), required=False, error_messages=CHOOSE)
    at = forms.DateTimeField(
        label=gettext_lazy("Asked at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={
            "required": gettext_lazy("Say when it is asked."),
            "invalid": gettext_lazy("Write a date and a time."),
        },
    )
    policy = forms.ChoiceField(label=gettext_lazy("Escalation policy"), error_messages=CHOOSE)
    matrix = forms.ChoiceField(label=gettext_lazy("Ownership matrix"), required=False, error_messages=CHOOSE)

    def __init__(self, *args: Any, known: Known, decision: DecisionRequest, **kwargs: Any) -> None:
        was = known.asked
        self.needed = {f"given_{number}": name for number, name in enumerate(known.needed)}
        initial: dict[str, Any] = {
            "severity": was.severity,
            "risk": was.risk,
            "category": was.category,
            "at": timezone.localtime(was.at).replace(second=0, microsecond=0, tzinfo=None),
            "policy": str(was.policy),
            "matrix": str(was.matrix) if was.matrix is not None else "",
        }
        given = {field: was.given.get(name, "") for field, name in self.needed.items()}
        kwargs["initial"] = initial | given
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["category"].choices = [("", _("None")), *known.categories]
        fields["policy"].choices = known.policies
        fields["matrix"].choices = known.matrices
        if not known.matrices:
            del fields["matrix"]
        for field, name in self.needed.items():
            fields[field] = line(name, rows=1)

    def chosen(self) -> Asked:
        """What was asked; valid forms only."""
        data = self.cleaned_data
        said = {name: (data.get(field) or "").strip() for field, name in self.needed.items()}
        return Asked(
            severity=data["severity"],
            risk=data["risk"],
            category=data["category"],
            at=data["at"],
            given={name: text for name, text in said.items() if text},
            policy=UUID(data["policy"]),
            matrix=UUID(data["matrix"]) if data.get("matrix") else None,
        )

    @property
    def facts(self) -> list[forms.BoundField]:
        """The fields about facts and rules, without the data."""
        return [bound for bound in self if not bound.name.startswith("given_")]

    @property
    def data_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.needed]
