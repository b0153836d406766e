"""A review as somebody writes it, and what its pages ask besides; each form keeps what was typed when it is refused."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.models import Document
from governance.models.versions import Kind
from incidents.forms.asking import TOO_LONG, words
from incidents.models import Finding, Hypothesis
from incidents.models.reviews import PROMPTS, Section
from portal import limits
from portal.models import User

HINTS = {
    Section.TIMELINE: gettext_lazy("What happened in what order, and where it could have gone another way."),
    Section.IMPACT: gettext_lazy("Who was hurt, how much, and for how long."),
    Section.CAUSE: gettext_lazy("What made it possible, and what the tests have shown."),
    Section.REMEDIATION: gettext_lazy("What put it right, and whether that holds for good."),
    Section.VERIFICATION: gettext_lazy("How you know that it works, and who looked."),
    Section.PREVENTION: gettext_lazy("What keeps it from coming back, or makes it smaller when it does."),
    Section.DECISIONS: gettext_lazy("Which came in time, which late, and what they waited for."),
    Section.INFORMATION: gettext_lazy("What was on the page when it counted, and what was missing."),
    Section.COORDINATION: gettext_lazy("Where they worked well together, and where one waited for the other."),
}
CHOOSE = {"required": gettext_lazy("Choose one of these."), "invalid_choice": gettext_lazy("Choose one of these.")}
Choices = list[tuple[str, Any]]


class SectionsForm(forms.Form):
    """All sections; ``seen_<section>`` carries what stood there when the page was opened."""

    def __init__(self, *args: Any, texts: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section in Section:
            self.fields[section.value] = forms.CharField(
                label=section.label,
                help_text=HINTS[section],
                required=False,
                max_length=limits.TEXT_LENGTH,
                initial=texts.get(section, ""),
                widget=forms.Textarea(attrs={"rows": 5}),
                error_messages={"max_length": TOO_LONG},
            )
            self.fields[f"seen_{section}"] = forms.CharField(
                required=False, strip=False, initial=texts.get(section, ""), widget=forms.HiddenInput
            )

    @property
    def texts(self) -> dict[str, str]:
        return {section.value: self.cleaned_data[section] for section in Section}

    @property
    def seen(self) -> dict[str, str]:
        return {section.value: self.cleaned_data[f"seen_{section}"] for section in Section}

    @property
    def told(self) -> list[forms.BoundField]:
        """What the report consists of."""
        return [self[section] for section in Section if section not in PROMPTS]

    @property
    def asked(self) -> list[forms.BoundField]:
        """What is asked besides."""
        return [self[section] for section in PROMPTS]

    @property
    def kept(self) -> list[forms.BoundField]:
        return [self[f"seen_{section}"] for section in Section]


class HandOverForm(forms.Form):
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who writes it?"), queryset=User.objects.none(), error_messages=CHOOSE
    )
    questions = forms.CharField(
        label=gettext_lazy("What is still open?"),
        help_text=gettext_lazy("Questions that you leave to them, one on each line."),
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active().order_by("name", "pk")  # type: ignore[attr-defined]


class SupposeForm(forms.Form):
    text = words(gettext_lazy("What may be the cause?"), gettext_lazy("Say what may be the cause."))
    method = forms.ChoiceField(
        label=gettext_lazy("How is it tested?"), choices=Hypothesis.Method.choices, error_messages=CHOOSE
    )
    test = forms.CharField(
        label=gettext_lazy("What would show it?"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who tests it?"), queryset=User.objects.none(), required=False, error_messages=CHOOSE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.active().order_by("name", "pk")  # type: ignore[attr-defined]


class JudgeForm(forms.Form):
    verdict = forms.ChoiceField(
        label=gettext_lazy("What does the test say?"),
        choices=[item for item in Hypothesis.Verdict.choices if item[0] != Hypothesis.Verdict.OPEN],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    test = words(gettext_lazy("How was it tested?"), gettext_lazy("Say how it was tested."))
    result = words(gettext_lazy("What came of it?"), gettext_lazy("Say what came of the test."))


class FindingForm(forms.Form):
    """What was found; a cause says where it lies, a gap where it is."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"),
        choices=Finding.Kind.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    text = words(gettext_lazy("What have you found?"), gettext_lazy("Say what you have found."))
    origin = forms.ChoiceField(
        label=gettext_lazy("Where does the cause lie?"),
        choices=[("", "—"), *Finding.Origin.choices],
        required=False,
        error_messages=CHOOSE,
    )
    area = forms.ChoiceField(
        label=gettext_lazy("Where is the gap?"),
        choices=[("", "—"), *Finding.Area.choices],
        required=False,
        error_messages=CHOOSE,
    )
    hypothesis = forms.ChoiceField(
        label=gettext_lazy("Which supposition has shown it?"), required=False, error_messages=CHOOSE
    )
    module = forms.ModelChoiceField(
        label=gettext_lazy("Which failure pattern does it show?"),
        queryset=Document.objects.none(),
        required=False,
        error_messages=CHOOSE,
    )
    place = forms.ChoiceField(label=gettext_lazy("Which step should change?"), required=False, error_messages=CHOOSE)

    def __init__(self, *args: Any, places: Choices, causes: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["hypothesis"].choices = [("", "—"), *causes]
        fields["module"].queryset = Document.objects.filter(kind=Kind.MODULE, effective_version__isnull=False)
        fields["place"].choices = [("", "—"), *places]


class SettleForm(forms.Form):
    why = words(gettext_lazy("Why does nothing have to change?"), gettext_lazy("Say why nothing has to change."))
