"""What people say on the page of the playbook: scope and aim, what came of a step, why it is done otherwise."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.playbook import Scenario
from governance.reads.sentences import said
from governance.rules import runner
from incidents.forms.asking import TOO_LONG, words
from incidents.forms.report import FilesField
from incidents.models import Containment, Evidence
from incidents.reads.steps import Line
from incidents.services.steps import Given
from portal import limits

RESULTS = [("passed", gettext_lazy("It passed")), ("failed", gettext_lazy("It did not pass"))]
HALTING = [("halted", gettext_lazy("It stands still")), ("isolated", gettext_lazy("It is set apart, the rest goes on"))]
OTHERWISE = [
    ("changed", gettext_lazy("I did it in another way")),
    ("skipped", gettext_lazy("I leave it out")),
]


def line_of(label: Any, *, hint: Any = "", required: Any = "", initial: str = "") -> forms.CharField:
    """A text of one or two lines; `required` is the sentence that asks for it, empty: it may stay open."""
    return forms.CharField(
        label=label,
        help_text=hint,
        initial=initial,
        required=bool(required),
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": required, "max_length": TOO_LONG},
    )


class ScopeForm(forms.Form):
    """Scope and aim of the work."""

    scope = words(
        gettext_lazy("What is affected?"),
        gettext_lazy("Say what is affected."),
        hint=gettext_lazy("What stands still, since when, how many. For example “214 orders since 12:58, only EU”."),
    )
    aim = words(
        gettext_lazy("What is to be reached?"),
        gettext_lazy("Say what is to be reached."),
        hint=gettext_lazy("How one knows that it is done. For example “Every order is captured once, by 16:00”."),
    )


class WhyForm(forms.Form):
    why = words(
        gettext_lazy("What speaks against it?"),
        gettext_lazy("Say what speaks against it."),
        hint=gettext_lazy("Whoever stated it reads this at once."),
    )


class NumberForm(forms.Form):
    """Which statement the page had shown."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class ObjectForm(NumberForm, WhyForm):
    """An objection to the statement that the page had shown."""


class OverruleForm(forms.Form):
    reason = words(
        gettext_lazy("Why can it not wait for all answers?"),
        gettext_lazy("Say why it cannot wait for all answers."),
        hint=gettext_lazy("It stands in the report about this incident."),
    )


class ScenarioForm(forms.Form):
    """Which of `scenarios` fits; a reason where another one was followed before."""

    scenario = forms.ChoiceField(
        label=gettext_lazy("What does it look like?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what it looks like."),
            "invalid_choice": gettext_lazy("Choose one of the scenarios of the playbook."),
        },
    )

    def __init__(self, *args: Any, scenarios: Iterable[Scenario], now: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(item.key, item.title) for item in scenarios if item.key != now]
        self.fields["scenario"].choices = found  # type: ignore[attr-defined]
        if now:
            self.fields["reason"] = line_of(
                _("Why does another one fit better?"), required=_("Say why another scenario fits better.")
            )


class VisitForm(forms.Form):
    """Names the step and how often it had been ended when the page was made."""

    step = forms.CharField(max_length=limits.KEY_LENGTH, widget=forms.HiddenInput)
    visit = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class StepForm(VisitForm):
    """What `line` asks for, by its kind; none of its fields is there for other kinds."""

    def __init__(
        self, *args: Any, line: Line, halted: Iterable[Containment] = (), kept: Iterable[Evidence] = (), **kwargs: Any
    ) -> None:
        kwargs["initial"] = {"step": line.step.key, "visit": line.visit, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.line = line
        self._ask_checks()
        getattr(self, f"_ask_{line.step.does}", lambda halted: None)(list(halted))
        self.fields["note"] = line_of(
            _("What came of it?"), hint=_("A sentence for those who read along. It may stay empty.")
        )
        self._ask_files(list(kept))

    def _ask_checks(self) -> None:
        if self.line.step.checks:
            self.fields["checked"] = forms.TypedMultipleChoiceField(
                label=_("Checked"),
                choices=[(place, text) for place, text in enumerate(self.line.step.checks)],
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    def _ask_containment(self, halted: list[Containment]) -> None:
        self.fields["halted"] = line_of(
            _("What was halted or isolated?"),
            hint=_("It stands on the page of the process until it is released."),
            required="" if halted else said(runner.NAME_HALTED),
        )
        self.fields["kind"] = forms.ChoiceField(
            label=_("How?"), choices=HALTING, initial="halted", widget=forms.RadioSelect, required=False
        )
        if halted:
            known = [("", _("Nothing of these")), *((str(row.pk), row.what) for row in halted)]
            self.fields["containment"] = forms.TypedChoiceField(
                label=_("Or is it written down already?"), choices=known, required=False, empty_value=None
            )

    def _ask_action(self, halted: list[Containment]) -> None:
        hint = _("The definition, its version, a schema or a setting. For example “Payment capture, r118 to r119”.")
        self.fields["artefact"] = line_of(_("What was changed?"), hint=hint, required=said(runner.NAME_ARTEFACT))

    def _ask_rollback(self, halted: list[Containment]) -> None:
        self._ask_action(halted)
        self.fields["rationale"] = line_of(
            _("Why is this done?"), hint=_("It goes into the next update."), required=said(runner.SAY_WHY)
        )

    def _ask_result(self, halted: list[Containment]) -> None:
        self.fields["result"] = forms.ChoiceField(
            label=_("Did it pass?"),
            choices=RESULTS,
            widget=forms.RadioSelect,
            error_messages={"required": said(runner.SAY_RESULT)},
        )

    _ask_integrity = _ask_verification = _ask_result

    def _ask_files(self, files: list[Evidence]) -> None:
        self.fields["files"] = FilesField(
            label=_("A file that shows it"), help_text=_("It is kept as evidence of the incident."), required=False
        )
        self.fields["files"].widget.attrs.pop("multiple", None)
        if files:
            self.fields["evidence"] = forms.ChoiceField(
                label=_("Or a file that is here already"),
                choices=[("", _("None")), *((str(row.pk), row.name) for row in files)],
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        step = self.line.step
        left = [check for place, check in enumerate(step.checks) if place not in (data.get("checked") or ())]
        if left and data.get("result") != "failed":
            self.add_error("checked", said(runner.CHECK % {"check": "; ".join(left)}))
        is_bare = "containment" in self.fields and not (data.get("halted") or data.get("containment"))
        if is_bare:
            self.add_error("halted", said(runner.NAME_HALTED))
        if data.get("result") == "failed" and not data.get("note"):
            self.add_error("note", _("Say what did not pass."))
        return data

    @property
    def given(self) -> Given:
        """What was said, for the service."""
        names = ("note", "artefact", "rationale", "result", "halted", "kind", "containment")
        said_of = {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}
        return Given(checked=tuple(self.cleaned_data.get("checked") or ()), **said_of)


class OtherwiseForm(VisitForm):
    """A deviation: changed or left out, with its reason."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How else?"),
        choices=OTHERWISE,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose how else."),
            "invalid_choice": gettext_lazy("Choose how else."),
        },
    )
    reason = words(
        gettext_lazy("Why not as the playbook says?"),
        gettext_lazy("Say why the step is not done as the playbook says."),
        hint=gettext_lazy("It stands in the report about this incident and is looked at afterwards."),
    )


class TakeForm(forms.Form):
    """`instead_of` is the id of whoever had the step when the page was made."""

    step = forms.CharField(max_length=limits.KEY_LENGTH)
    instead_of = forms.UUIDField(required=False)


class GateForm(forms.Form):
    """What whoever decides has to know."""

    step = forms.CharField(max_length=limits.KEY_LENGTH, widget=forms.HiddenInput)
    details = forms.CharField(
        label=gettext_lazy("What do they have to know?"),
        help_text=gettext_lazy("What was found, and what you would do. It may stay empty."),
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )
    delay_costs = line_of(
        gettext_lazy("What does it cost to wait?"), hint=gettext_lazy("For example “12 orders an hour are late”.")
    )
