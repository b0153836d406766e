"""Forms of the document pages: text in, nothing written."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import Version
from governance.models.versions import Kind
from portal import limits


class TextForm(forms.Form):
    """The text of a document: pasted or as a file, one of them."""

    text = forms.CharField(
        label=gettext_lazy("YAML"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "cols": 100, "spellcheck": "false"}),
    )
    file = forms.FileField(label=gettext_lazy("or a file"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        text, file = cleaned.get("text") or "", cleaned.get("file")
        if file and file.size > limits.DOCUMENT_BYTES:
            message = _("The file is larger than %(size)s MB.") % {"size": limits.DOCUMENT_BYTES // 2**20}
            raise forms.ValidationError({"file": message})
        if file:
            cleaned["source"] = file.read()
        elif text.strip():
            cleaned["source"] = text
        elif not {"text", "file"} & self.errors.keys():
            raise forms.ValidationError({"text": _("Paste the text or choose a file.")})
        return cleaned


class EditForm(TextForm):
    """The text of a draft with the digest that the editor saw, so that nobody overwrites somebody else."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def again(self, digest: str) -> "EditForm":
        """The same text once more, now against `digest`; a file has become text."""
        source = self.cleaned_data["source"]
        text = source if isinstance(source, str) else source.decode("utf-8-sig", "replace")
        return EditForm(initial={"text": text, "seen": digest})


class RowsForm(forms.Form):
    """A sheet with the rows of a matrix, or with all that another document says."""

    file = forms.FileField(
        label=gettext_lazy("Sheet"),
        help_text=gettext_lazy("CSV or XLSX, with the headings of the export."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"required": gettext_lazy("Choose the sheet.")},
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > limits.DOCUMENT_BYTES:
            message = _("The file is larger than %(size)s MB.") % {"size": limits.DOCUMENT_BYTES // 2**20}
            raise forms.ValidationError(message)
        found: bytes = file.read()
        return found


class ConfirmForm(forms.Form):
    """The rows that were looked at, and what they were looked at against.

    As JSON, since a browser would change the ends of lines inside a hidden field.
    """

    rows = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)

    def clean_rows(self) -> bytes:
        try:
            found = json.loads(self.cleaned_data["rows"])
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, str):
            raise forms.ValidationError(_("The rows got lost on the way. Choose the sheet again."))
        return found.encode("utf-8", "replace")


class CompareForm(forms.Form):
    """Two versions of one document, by number."""

    old = forms.TypedChoiceField(label=gettext_lazy("From"), coerce=int)
    new = forms.TypedChoiceField(label=gettext_lazy("To"), coerce=int)

    def __init__(self, *args: Any, versions: Sequence[Version], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(version.number, _label(version)) for version in versions]
        for name, index in (("old", 1), ("new", 0)):
            field: Any = self.fields[name]
            field.choices = choices
            field.initial = choices[min(index, len(choices) - 1)][0] if choices else None


def _label(version: Version) -> str:
    values = {"number": version.number, "name": version.created_by, "day": date_format(version.created_at, "j M Y")}
    return _("Version %(number)s, %(name)s, %(day)s") % values


class ImportForm(TextForm):
    """A draft of a new or an existing document."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=Kind.choices,
        error_messages={
            name: gettext_lazy("Choose what kind of document it is.") for name in ("required", "invalid_choice")
        },
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=limits.KEY_LENGTH,
        help_text=gettext_lazy("Names the document in addresses, e.g. company or payments. It cannot change later."),
        error_messages={"required": gettext_lazy("Give the document a key, for example company.")},
    )
    field_order = ["kind", "key", "text", "file"]

    def again(self) -> "ImportForm":
        """The same once more; a file has become text."""
        source = self.cleaned_data["source"]
        text = source if isinstance(source, str) else source.decode("utf-8-sig", "replace")
        return ImportForm(initial={name: self.cleaned_data[name] for name in ("kind", "key")} | {"text": text})


class PublishForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        help_text=gettext_lazy("Why this takes effect now. Everybody who reads the history sees it."),
        error_messages={"required": gettext_lazy("Say why this takes effect now.")},
    )
