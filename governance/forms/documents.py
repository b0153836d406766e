"""Forms of the document pages: text in, nothing written."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
        elif not self.errors:
            raise forms.ValidationError(_("Paste the text or choose a file."))
        return cleaned


class ImportForm(TextForm):
    """A draft of a new or an existing document."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices)
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=limits.KEY_LENGTH,
        help_text=gettext_lazy("Names the document in addresses, e.g. company or payments. It cannot change later."),
    )
    field_order = ["kind", "key", "text", "file"]


class PublishForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        help_text=gettext_lazy("Why this takes effect now. Everybody who reads the history sees it."),
    )
