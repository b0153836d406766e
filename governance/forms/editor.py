"""What somebody fills in on a page of the editor: texts kept whatever they say, and the content they come to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from governance.documents import section_forms, section_orders
from governance.documents.facts import Finding
from governance.documents.section_forms import plain
from governance.documents.section_orders import blank
from governance.documents.section_places import NEW, Place

SAVE, AGAIN, DRAFT = "save", "again", "draft"
"""Orders that leave the rows as they are: saving, saving and going on to another new row, keeping in passing."""


class PlaceForm:
    """`place` opened from `content`, or as it was sent in `data`; nothing is written.

    `parts` are the fields of the page that the texts come to, `problems` what cannot be understood.
    """

    def __init__(
        self, place: Place, content: Mapping[str, Any], lookup: section_forms.Lookup, data: Any = None
    ) -> None:
        self.place, self.content, self.lookup = place, content, lookup
        row = place.row(content)
        self.is_there = row is not None
        self.stored: Mapping[str, Any] = row or {}
        self.is_sent = data is not None
        self.texts = section_forms.posted(place.here, data.lists()) if data is not None else self._opened()
        self.order = str(data.get("do", "")) if data is not None else ""
        self.seen = str(data.get("seen", "")) if data is not None else ""
        self.parts: dict[str, Any] = {}
        self.problems: list[Finding] = []
        self.read()

    def _opened(self) -> dict[str, Any]:
        if not self.is_there and self.place.list_field is not None:
            return {name: text for name, text in blank(self.place.list_field).items() if name != "key"} | {
                field.name: [] for field in self.place.here.fields if field.widget == "folded"
            }
        return section_forms.opened(self.place.here, self.stored, self.lookup)

    @property
    def is_blank(self) -> bool:
        """A new row in which nothing was filled in yet."""
        return self.place.is_new and plain(self.texts) == plain(self._opened())

    def read(self, *, keep_gone: bool = False) -> None:
        """Understand the texts as they are now; with `keep_gone` without removing rows."""
        self.parts, self.problems = section_forms.content(
            self.place.here, self.texts, self.stored, self.lookup, path=self.place.path, keep_gone=keep_gone
        )
        self.__dict__.pop("whole", None)

    def arrange(self, kept: Mapping[str, str]) -> str:
        """Add, remove or move a row as was asked; the name of what has the focus then."""
        focus = section_orders.arranged(self.place.here, self.texts, self.order, kept, self.place.path)
        self.read()
        return focus or ""

    @cached_property
    def whole(self) -> tuple[dict[str, Any], str]:
        """The content of the document with this page as it was filled in, and the address of the page in it."""
        if self.is_blank:
            return dict(self.content), self.place.address
        return self.place.put(self.content, self.parts)

    @property
    def path(self) -> str:
        """JSON pointer to what holds the fields of the page, as findings about `whole` name it."""
        return f"/{self.whole[1]}" if self.place.is_row else ""

    def found(self, problems: list[Finding]) -> list[Finding]:
        """`problems` with the place that a new row has in `whole`."""
        if not self.place.is_new:
            return problems
        old, new = self.place.path, self.path
        return [Finding(item.level, item.path.replace(old, new, 1), item.message, item.line) for item in problems]

    def settle(self, before: PlaceForm) -> None:
        """Take over from `before`, which was saved, the keys that its new rows have got."""
        for field in self.place.here.fields:
            for row, old in zip(self.texts.get(field.name) or (), before.texts.get(field.name) or (), strict=False):
                if field.widget == "rows" and field.is_keyed and not row.get("key"):
                    row["key"] = old.get("made", "")
        self.read()

    def opens(self) -> str:
        """Address of the new row that was asked for, in a list whose rows have pages; empty for anything else."""
        verb, _colon, name = self.order.partition(":")
        field = next((item for item in self.place.here.fields if item.name == name), None)
        if verb != "add" or field is None or field.widget != "folded":
            return ""
        return "/".join(filter(None, [self.whole[1], name, NEW]))
