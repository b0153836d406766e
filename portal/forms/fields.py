"""Fields whose refusals are sentences for people, where Django's speak of values and slugs."""

from typing import Any

from django import forms
from django.core import validators
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

in_address = validators.RegexValidator(
    validators.slug_re, _("Write only small letters, digits and hyphens, without spaces.")
)
"""For the name of a thing in its address."""


class WholeNumberField(forms.IntegerField):
    """Takes `min_value` to `max_value` and says so, whatever else is typed."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        words = format_lazy(_("Write a whole number from {least} to {most}."), least=min_value, most=max_value)
        messages = {"invalid": words} | kwargs.pop("error_messages", {})
        super().__init__(min_value=min_value, max_value=max_value, error_messages=messages, **kwargs)
        for validator in self.validators:
            if isinstance(validator, validators.MinValueValidator | validators.MaxValueValidator):
                validator.message = words
