"""What people say on their tracking page."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.forms.asking import TOO_LONG, QuestionsForm, words
from incidents.forms.report import FilesField
from portal import limits


class AddForm(forms.Form):
    """Words, files or both."""

    text = forms.CharField(
        label=gettext_lazy("Tell the team"),
        help_text=gettext_lazy("It appears at once for everyone who works on it."),
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        error_messages={"max_length": TOO_LONG},
    )
    files = FilesField(  # type: ignore[assignment]
        label=gettext_lazy("Pictures or files"),
        help_text=gettext_lazy("Cover card numbers and passwords first. Up to 25 MB each."),
        required=False,
    )

    def clean(self) -> None:
        if not self.errors and not self.cleaned_data["text"] and not self.cleaned_data["files"]:
            self.add_error("text", _("Write what you want to add, or choose a file."))


class WorseForm(QuestionsForm):
    """What got worse, and the impact questions again, with the answers so far."""

    text = words(gettext_lazy("What got worse?"), gettext_lazy("Say what got worse."))


class NotYetForm(forms.Form):
    """The answer that it does not work again."""

    reason = words(gettext_lazy("What does not work?"), gettext_lazy("Say what does not work."))


class HappenedForm(forms.Form):
    """What was a near miss has happened."""

    text = words(gettext_lazy("What happened?"), gettext_lazy("Say what happened."))


class NotBetterForm(forms.Form):
    """What was changed does not help."""

    note = words(gettext_lazy("What still happens?"), gettext_lazy("Say what still happens."))
