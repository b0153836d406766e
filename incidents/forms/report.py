"""The report of a business person: their words become the facts of an incident (D35, D36)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.forms import ownership
from governance.models import Workflow
from incidents.forms.asking import QuestionsForm, words
from portal import limits
from portal.forms.local_time import LocalDateTimeField

SINCE = [
    ("now", gettext_lazy("Just now")),
    ("hour", gettext_lazy("Within the last hour")),
    ("today", gettext_lazy("Earlier today")),
    ("other", gettext_lazy("Another time")),
]


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files up to the limit; an error names the file."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [item for item in (data if isinstance(data, list | tuple) else [data]) if item]
        if len(files) > limits.FILES:
            raise forms.ValidationError(_("Choose at most %(n)d files.") % {"n": limits.FILES})
        for item in files:
            if item.size > limits.FILE_BYTES:
                most = limits.FILE_BYTES // 1024**2
                raise forms.ValidationError(_("“%(name)s” is larger than %(n)d MB.") % {"name": item.name, "n": most})
        return files


class SinceForm(forms.Form):
    """Asks when it was first noticed; bind with the time at which it is sent."""

    since = forms.ChoiceField(
        label=gettext_lazy("When did you first notice it?"),
        choices=SINCE,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the time that fits best.")},
    )
    since_at = LocalDateTimeField(
        label=gettext_lazy("Since when, about?"),
        help_text=gettext_lazy("Only if you chose “Another time”."),
        required=False,
        error_messages={"invalid": gettext_lazy("Give a date and a time, for example 2026-03-12 14:30.")},
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    @property
    def started_at(self) -> datetime:
        """The time that the answer stands for, never later than now."""
        back = {"now": timedelta(), "hour": timedelta(minutes=30), "today": timedelta(hours=3)}
        chosen = self.cleaned_data["since"]
        return self.cleaned_data["since_at"] if chosen == "other" else self.at - back[chosen]

    def clean_since_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["since_at"]
        if self.data.get("since") != "other":
            return None
        if moment is None:
            raise forms.ValidationError(_("Say since when, about."))
        if moment > self.at + timedelta(minutes=5):
            raise forms.ValidationError(_("This time lies in the future. When did you first notice it?"))
        if moment < self.at - timedelta(days=365):
            raise forms.ValidationError(_("This is more than a year ago. When did you first notice it?"))
        return moment


class ReportForm(SinceForm, QuestionsForm):
    """Bind with the rubric in force, whose questions it asks, and the time at which it is sent."""

    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    what = words(
        gettext_lazy("What stopped working?"),
        gettext_lazy("Say in a few words what stopped."),
        hint=gettext_lazy("In your own words, as you would tell a colleague."),
        longest=limits.TEXT_LENGTH,
        rows=3,
    )
    workflow = forms.CharField(
        label=gettext_lazy("Which process is it?"),
        help_text=gettext_lazy("Type any part of its name. “I don’t know” is a good answer."),
        required=False,
        max_length=limits.TITLE_LENGTH,
        widget=forms.TextInput(attrs={"list": "workflows", "autocomplete": "off"}),
    )
    just_before = forms.CharField(
        label=gettext_lazy("What were you doing just before?"),
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    who_is_hurt = forms.CharField(
        label=gettext_lazy("Who is hurt by it, and how?"),
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    files = FilesField(  # type: ignore[assignment]
        label=gettext_lazy("Pictures or files, if you have any"),
        help_text=gettext_lazy("Cover card numbers and passwords first. Up to 25 MB each, 20 files."),
        required=False,
    )
    near = forms.BooleanField(label=gettext_lazy("Nothing broke yet, but it nearly did"), required=False)
    field_order = ["key", "what", "workflow", "since", "since_at"]

    def __init__(self, *args: Any, workflows: list[Workflow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workflows = workflows

    @property
    def answers(self) -> dict[str, str]:
        return {item.key: self.cleaned_data.get(f"q_{item.key}") or "unknown" for item in self.dimensions}

    @property
    def title(self) -> str:
        """The first sentence or line of what was typed, short enough for a list."""
        line = next(line for line in self.cleaned_data["what"].splitlines() if line.strip())
        line = " ".join(line.split())
        if len(line) <= limits.TITLE_LENGTH:
            return line
        head, mark, _rest = line.partition(". ")
        return head if mark and len(head) <= limits.TITLE_LENGTH else f"{line[: limits.TITLE_LENGTH - 1]}…"

    def clean_workflow(self) -> Workflow | None:
        """The process that was meant: by name, key or alias, or the only one whose name contains the words."""
        return ownership.meant(self.cleaned_data["workflow"], self.workflows)


class EvidenceForm(forms.Form):
    """Files for an incident."""

    files = FilesField(  # type: ignore[assignment]
        label=gettext_lazy("Files"),
        help_text=gettext_lazy("Cover card numbers and passwords first. Up to 25 MB each, 20 files."),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def clean_files(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["files"]
        if not files:
            raise forms.ValidationError(_("Choose a file."))
        return files
