"""Edits of cells as programs send them, read into what the grid saves; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from governance.documents.base import CRITICALITIES
from governance.documents.cells import Cell, Edit, Value
from governance.models import Workflow
from governance.reads.grid_rows import NOTHING
from governance.reads.holders import Holders, NotRead
from portal.errors import DomainError
from portal.models import Team

COMPANY = ("company", "default")


class Unreadable(DomainError):
    """Some edits cannot be read: `misses` are (field, sentence)."""

    def __init__(self, misses: Sequence[tuple[str, str]]) -> None:
        self.misses = tuple(misses)
        super().__init__(misses[0][1])


def read(items: Sequence[Mapping[str, Any]], holders: Holders, responsibilities: Collection[str]) -> list[Edit]:
    """Each of `items` (the fields of a row in a sheet, and `token`) as an edit; two queries. Raises Unreadable."""
    scopes = _scopes(items)
    misses: list[tuple[str, str]] = []
    edits: dict[Cell, Edit] = {}
    for number, item in enumerate(items):
        place = f"edits[{number}]"
        kind, ref, key = scopes.get(item["scope"], ("", "", ""))
        if not kind:
            sentence = _("There is no “%(scope)s”: write workflow:key, team:key, criticality:high or company.")
            misses.append((f"{place}.scope", sentence % {"scope": item["scope"]}))
        if item["responsibility"] not in responsibilities:
            sentence = _("There is no responsibility “%(key)s”.") % {"key": item["responsibility"]}
            misses.append((f"{place}.responsibility", sentence))
        cell = Cell(kind, ref, item["responsibility"], item["severity"], item["letter"])
        if cell in edits:
            misses.append((place, _("The same cell is there twice.")))
        value = _value(item, holders, place, misses)
        edits[cell] = Edit(cell, value, item["token"] or NOTHING, name=key)
    if misses:
        raise Unreadable(misses)
    return list(edits.values())


def _scopes(items: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Kind, ref and key of every scope that is known, by how it was written."""
    asked = {str(item["scope"]) for item in items}
    found = {text: ("default", "", "") for text in asked if text in COMPANY}
    found |= {f"criticality:{word}": ("criticality", word, word) for word in CRITICALITIES}
    for kind, model in (("workflow", Workflow), ("team", Team)):
        keys = [text.removeprefix(f"{kind}:") for text in asked if text.startswith(f"{kind}:")]
        rows = model._default_manager.filter(key__in=keys).values_list("pk", "key") if keys else ()
        found |= {f"{kind}:{key}": (kind, str(pk), key) for pk, key in rows}
    return found


def _value(item: Mapping[str, Any], holders: Holders, place: str, misses: list[tuple[str, str]]) -> Value | None:
    """What the cell shall say, None when it shall inherit; what nobody is called goes to `misses`."""
    alternates, minutes = item["alternates"], (item["acknowledge_minutes"], item["decide_minutes"])
    if item["holder"] is None:
        if alternates or any(minutes):
            misses.append(
                (f"{place}.holder", _("Without a holder the cell inherits: leave out alternates and minutes."))
            )
        return None
    held = []
    named = [(f"{place}.holder", item["holder"])]
    named += [(f"{place}.alternates[{index}]", text) for index, text in enumerate(alternates)]
    for field, text in named:
        try:
            held.append(holders.find(text))
        except NotRead as error:
            misses.append((field, str(error)))
    return Value(held[0], tuple(held[1:]), *minutes) if len(held) == len(named) else None
