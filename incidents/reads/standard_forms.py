"""The standard forms of exceptions: what whoever decides has to think of, by category of the policy (D23, D77).

A category without a form of its own asks nothing besides the rationale.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Field:
    """A line of a form. What is not required may stay empty."""

    key: str
    label: Any
    hint: Any = ""
    is_required: bool = True


FORMS: dict[str, tuple[Field, ...]] = {
    "data-integrity": (
        Field("records", _("Which records are affected?"), _("For example “orders 4711 to 4925, only EU”.")),
        Field("right", _("Which figures are right, and how do you know?")),
        Field("mend", _("How is what is wrong put right again?"), is_required=False),
    ),
    "regulatory": (
        Field("duty", _("Which law, contract or rule is concerned?")),
        Field(
            "told", _("Who has to be told, and by when?"), _("An authority, a customer, the data protection officer.")
        ),
        Field("proof", _("What proves later that it was right?"), is_required=False),
    ),
    "customer-impact": (
        Field("customers", _("Which customers notice it, and how many?")),
        Field("offer", _("What are they told or offered?")),
        Field("watch", _("How do you see that it gets better?"), is_required=False),
    ),
}


def of(category: str) -> tuple[Field, ...]:
    """The form of `category`; none where it has no own."""
    return FORMS.get(category.replace("_", "-"), ())


def label(key: str) -> Any:
    """What the line `key` asks; the key itself where no form has it any more."""
    return next((line.label for form in FORMS.values() for line in form if line.key == key), key)
