"""What somebody fills in for a section of a document: texts kept whatever they say, and the content they come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.documents import section_forms, section_orders
from governance.documents.facts import Finding
from governance.documents.sections import Section
from portal import limits

SAVE = "save"


class SectionForm:
    """`section` opened from `content`, or as it was sent in `data`; nothing is written.

    `parts` are the fields of the content that the texts come to, `problems` what cannot be understood.
    """

    def __init__(
        self, section: Section, content: Mapping[str, Any], lookup: section_forms.Lookup, data: Any = None
    ) -> None:
        self.section, self.stored, self.lookup = section, content, lookup
        self.opened = section_forms.opened(section, content, lookup)
        self.is_sent = data is not None
        self.texts = section_forms.posted(section, data.lists()) if data is not None else self.opened
        self.order = str(data.get("do", "")) if data is not None else ""
        self.seen = str(data.get("seen", "")) if data is not None else ""
        self.reason = str(data.get("reason", ""))[: limits.REASON_LENGTH * 2] if data is not None else ""
        self.parts: dict[str, Any] = {}
        self.problems: list[Finding] = []
        self.read()

    def read(self) -> None:
        """Understand the texts as they are now."""
        self.parts, self.problems = section_forms.content(self.section, self.texts, self.stored, self.lookup)

    def arrange(self, kept: Mapping[str, str]) -> str:
        """Add, remove or move a row as was asked; the name of what has the focus then."""
        focus = section_orders.arranged(self.section, self.texts, self.order, kept)
        self.read()
        return focus or ""

    def whole(self) -> dict[str, Any]:
        """The content of the document with this section as it was filled in."""
        rest = {name: value for name, value in self.stored.items() if name not in self.section.names}
        return rest | self.parts
