"""What several doors of the API take alike: texts that can be stored, keys, and the words of the site."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from portal import limits

Severity = Literal["sev1", "sev2", "sev3", "sev4"]
SeverityOrAny = Literal["sev1", "sev2", "sev3", "sev4", "any"]
STORABLE = r"^[^\u0000]*$"
WORDED = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL cannot be stored")
    return text


def _worded(text: str) -> str:
    if not text.strip():
        raise ValueError("say something")
    return text


def said_as(pattern: str) -> Any:
    """`pattern` in the document only: the validator refuses in better words."""
    return Field(json_schema_extra={"pattern": pattern})


Text = Annotated[str, AfterValidator(_storable), said_as(STORABLE)]
Words = Annotated[str, AfterValidator(_storable), AfterValidator(_worded), Field(min_length=1), said_as(WORDED)]
Key = Annotated[Text, Field(max_length=limits.KEY_LENGTH)]
Name = Annotated[Text, Field(max_length=limits.TITLE_LENGTH)]
