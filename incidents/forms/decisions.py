"""What people say about decisions: a question and its ways, an answer with its reasons, data that is waited for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import Workflow
from governance.rules.deciding import Choice
from incidents.forms.asking import TOO_LONG, line, words
from incidents.models.decisions import Risk
from incidents.models.incidents import Severity
from incidents.reads import standard_forms
from incidents.reads.asking_decisions import Known
from portal import limits
from portal.models.people import DataClass

WAYS = 5  # ways that a person can offer
CHOOSE = {
    "required": gettext_lazy("Choose one of these."),
    "invalid_choice": gettext_lazy("Choose one of these."),
}


class AboutForm(forms.Form):
    """What a decision is about: enough to say whom it goes to; then ``QuestionForm`` asks the question."""

    workflow = forms.ChoiceField(label=gettext_lazy("Process"), required=False, error_messages=CHOOSE)
    name = forms.ChoiceField(
        label=gettext_lazy("Which decision is it?"),
        help_text=gettext_lazy("A decision with a name has its ways and its time in the ownership matrix."),
        required=False,
        error_messages=CHOOSE,
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Is it an exception of a kind?"),
        help_text=gettext_lazy("Some exceptions go to other people, with other times."),
        required=False,
        error_messages=CHOOSE,
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("How serious is it?"),
        choices=Severity.choices,
        initial="sev3",
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("How much does a wrong answer risk?"),
        choices=Risk.choices,
        initial="medium",
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.known = known
        if known.incident is not None:
            del fields["workflow"]
            fields["severity"].initial = known.incident.severity
        else:
            found = [(row.key, row.name) for row in known.workflows]
            fields["workflow"].choices = [("", _("None of these, or I do not know")), *found]
        fields["name"].choices = [("", _("Another one, with ways of its own")), *known.named]
        fields["category"].choices = [("", _("No")), *known.categories]

    def workflow_chosen(self) -> Workflow | None:
        """The process it is about; None when nobody can name it."""
        if self.known.incident is not None:
            return self.known.incident.workflow
        wanted = self.cleaned_data.get("workflow")
        return next((row for row in self.known.workflows if row.key == wanted), None)


class QuestionForm(forms.Form):
    """The question. `choices` are those of the matrix (none: the person names the ways), `needed` names of data."""

    question = line(
        gettext_lazy("What has to be decided?"),
        hint=gettext_lazy("One question. For example “Pay invoice INV-9 although the order is missing?”"),
        required=gettext_lazy("Ask the question in one sentence."),
        longest=limits.TITLE_LENGTH,
    )
    details = line(
        gettext_lazy("What does one have to know?"),
        hint=gettext_lazy("What happened, what was tried, what you would do."),
        longest=limits.TEXT_LENGTH,
        rows=4,
    )
    delay_costs = line(
        gettext_lazy("What does it cost to wait?"),
        hint=gettext_lazy("Whoever is asked reads this first. For example “12 orders an hour are late”."),
    )
    link = forms.CharField(
        label=gettext_lazy("Where exactly did it stop?"),
        help_text=gettext_lazy("The address of the step or the record. It starts with https://."),
        required=False,
        max_length=limits.ADDRESS_LENGTH,
        widget=forms.URLInput,
        validators=[
            URLValidator(schemes=["https"], message=gettext_lazy("Write an address that starts with https://."))
        ],
        error_messages={"max_length": TOO_LONG},
    )
    data_class = forms.ChoiceField(
        label=gettext_lazy("Who may read it?"),
        help_text=gettext_lazy("What is confidential does not go out by chat or text message."),
        choices=DataClass.choices,
        initial=DataClass.INTERNAL,
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, choices: Sequence[Choice], needed: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = tuple(choices)
        self.needed = {f"given_{number}": name for number, name in enumerate(needed)}
        if not choices:
            for number in range(1, WAYS + 1):
                self.fields[f"way_{number}"] = line(
                    _("Way %(number)d") % {"number": number}, longest=limits.NAME_LENGTH, rows=1
                )
        self.fields["safe_default"] = forms.ChoiceField(
            label=_("Which way is the safe one?"),
            help_text=_("It is shown to whoever decides. The portal never takes it by itself."),
            choices=[("", _("None of them")), *self._ways()],
            required=False,
            error_messages=CHOOSE,
        )
        for field, name in self.needed.items():
            self.fields[field] = line(name)
        ways = [f"way_{number}" for number in range(1, WAYS + 1)]
        self.order_fields(["question", *ways, "safe_default", "delay_costs", "details", *self.needed])

    def _ways(self) -> list[tuple[str, str]]:
        if self.offered:
            return [(choice.key, choice.title) for choice in self.offered]
        return [(f"way-{number}", _("Way %(number)d") % {"number": number}) for number in range(1, WAYS + 1)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.offered:
            ways = self.ways
            if len(ways) < 2 and not any(name.startswith("way_") for name in self.errors):
                self.add_error("way_1" if not ways else "way_2", _("Name at least two ways to decide."))
            elif len({choice.title.casefold() for choice in ways}) < len(ways):
                self.add_error("way_1", _("Two ways are called alike. Name each of them differently."))
            if data.get("safe_default") and data["safe_default"] not in {choice.key for choice in ways}:
                self.add_error("safe_default", _("This way is empty. Choose one that you have named."))
        return data

    @property
    def ways(self) -> tuple[Choice, ...]:
        """The ways to decide: of the matrix, or what the person wrote."""
        if self.offered:
            return self.offered
        texts = {number: (self.cleaned_data.get(f"way_{number}") or "").strip() for number in range(1, WAYS + 1)}
        return tuple(Choice(f"way-{number}", text) for number, text in texts.items() if text)

    @property
    def given(self) -> dict[str, str]:
        """What was said of the data that the levels need, by name."""
        return {
            name: self.cleaned_data[field].strip()
            for field, name in self.needed.items()
            if (self.cleaned_data.get(field) or "").strip()
        }

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields in order, without those that stand in groups of their own."""
        return [bound for bound in self if not bound.name.startswith(("way_", "given_"))]

    @property
    def way_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name.startswith("way_")]

    @property
    def given_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.needed]


def _explained(label: str, when: str) -> str:
    """`label` with the sentence below it that says when to choose it."""
    return format_html("{}<small>{}</small>", label, when) if when else label


class AnswerForm(forms.Form):
    """One of `choices` with its reasons, and what the standard form of `category` asks.

    `when` says by key of a choice when to take it.
    """

    choice = forms.ChoiceField(
        label=gettext_lazy("What do you decide?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose one of the ways."),
            "invalid_choice": gettext_lazy("Your level may not take this one. Choose another way."),
        },
    )
    rationale = words(
        gettext_lazy("Why?"),
        gettext_lazy("Say why you decide so."),
        hint=gettext_lazy("It stands in the record, and whoever asked reads it."),
        longest=limits.TEXT_LENGTH,
        rows=3,
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("How much does it risk, as you see it?"),
        choices=Risk.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    assumptions = line(gettext_lazy("What do you take for granted?"), longest=limits.TEXT_LENGTH)
    constraints = line(gettext_lazy("Under which conditions?"), longest=limits.TEXT_LENGTH)

    def __init__(
        self,
        *args: Any,
        choices: Iterable[Choice],
        category: str,
        risk: str,
        safe: str = "",
        when: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        marked = _("%(way)s (the safe way; the portal never takes it by itself)")
        fields["choice"].choices = [
            (
                choice.key,
                _explained(
                    marked % {"way": choice.title} if choice.key == safe else choice.title,
                    (when or {}).get(choice.key, ""),
                ),
            )
            for choice in choices
        ]
        fields["risk"].initial = risk
        self.standard = standard_forms.of(category)
        for item in self.standard:
            needed = _("Answer “%(question)s”.") % {"question": item.label} if item.is_required else ""
            fields[f"more_{item.key}"] = line(item.label, hint=item.hint, required=needed)

    @property
    def more(self) -> dict[str, str]:
        """The answers of the standard form, by key."""
        found = {item.key: (self.cleaned_data.get(f"more_{item.key}") or "").strip() for item in self.standard}
        return {key: text for key, text in found.items() if text}

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[f"more_{item.key}"] for item in self.standard]


class DataForm(forms.Form):
    """What the requester owes: one line for each of `needed`."""

    def __init__(self, *args: Any, needed: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needed = {f"given_{number}": name for number, name in enumerate(needed)}
        for field, name in self.needed.items():
            self.fields[field] = line(name)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.needed and not self.errors and not any((data.get(field) or "").strip() for field in self.needed):
            self.add_error(next(iter(self.needed)), _("Write at least one of these."))
        return data

    @property
    def given(self) -> dict[str, str]:
        said = {name: (self.cleaned_data.get(field) or "").strip() for field, name in self.needed.items()}
        return {name: text for name, text in said.items() if text}


class ObjectForm(forms.Form):
    reason = words(
        gettext_lazy("What speaks against it?"),
        gettext_lazy("Say what speaks against it."),
        hint=gettext_lazy("Whoever settles contradictions reads this at once."),
    )


class RecuseForm(forms.Form):
    reason = words(
        gettext_lazy("Why should somebody else decide?"),
        gettext_lazy("Say why somebody else should decide."),
        hint=gettext_lazy("For example because you have ordered the goods yourself."),
    )


class PassOnForm(forms.Form):
    """`position` is the step that the person saw."""

    reason = words(
        gettext_lazy("Why should somebody above you decide?"),
        gettext_lazy("Say why somebody above you should decide."),
        hint=gettext_lazy("The next level is asked at once. You may still answer."),
    )
    position = forms.IntegerField(widget=forms.HiddenInput)


class WithdrawForm(forms.Form):
    reason = words(gettext_lazy("Why is it not needed any more?"), gettext_lazy("Say why it is not needed any more."))


class ReadingForm(forms.Form):
    """One reading of the data: a line for each figure."""

    title = line(
        gettext_lazy("What do you call this reading?"),
        hint=gettext_lazy("For example “Orders as the shop counts them”."),
        required=gettext_lazy("Give the reading a name."),
        longest=limits.TITLE_LENGTH,
        rows=1,
    )
    source = line(
        gettext_lazy("Where do the figures come from?"),
        required=gettext_lazy("Say where the figures come from."),
        rows=1,
    )
    values = line(
        gettext_lazy("The figures"),
        hint=gettext_lazy("One on each line, as “name: value”. For example “Orders today: 214”."),
        required=gettext_lazy("Write at least one figure."),
        longest=limits.TEXT_LENGTH,
        rows=5,
    )

    def clean_values(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for text in self.cleaned_data["values"].splitlines():
            if not text.strip():
                continue
            name, colon, value = text.partition(":")
            if not colon or not name.strip() or not value.strip():
                raise forms.ValidationError(
                    _("Write “name: value” on each line. This one is not so: %(text)s") % {"text": text}
                )
            found[name.strip()] = value.strip()
        return found


class RuleForm(forms.Form):
    """Which of `readings` holds, and why."""

    reading = forms.ChoiceField(
        label=gettext_lazy("Which reading holds?"), widget=forms.RadioSelect, error_messages=CHOOSE
    )
    reason = words(gettext_lazy("Why?"), gettext_lazy("Say why this reading holds."))

    def __init__(self, *args: Any, readings: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reading"].choices = [(str(row.pk), row.title) for row in readings]  # type: ignore[attr-defined]
