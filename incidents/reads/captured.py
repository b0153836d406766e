"""What a trigger captured of an event, in the words and by the clock of the reader."""

from datetime import datetime

from django.utils.translation import gettext as _

from portal import moments


def pairs(text: str) -> list[tuple[str, str]]:
    """(name in words, value) of each line "name: value" that the timeline keeps."""
    found = [line.partition(": ") for line in text.splitlines()]
    return [(word(name), value(said)) for name, _colon, said in found]


def word(name: str) -> str:
    """What an event says about `name` in words; a path that only its sender knows stays."""
    words = {
        "title": _("What happened"),
        "description": _("Description"),
        "workflow_version": _("Version of the process"),
        "components": _("Parts concerned"),
        "last_beat": _("Last sign of life"),
        "expected": _("Expected"),
    }
    return words.get(name, name)


def value(said: str) -> str:
    """`said` as it stands; an exact time (ISO 8601 with its offset) by the reader's clock."""
    if len(said) < len("2026-01-01T00:00Z") or "T" not in said:
        return said
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return said
    return said if at.tzinfo is None else moments.in_words(at)
