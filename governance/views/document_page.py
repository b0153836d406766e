"""Everything that one answer about a document needs: its page as it is read, or with a form that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from governance.forms.documents import CompareForm
from governance.forms.restoring import Retire, RollBack
from governance.models import Attestation, ChangeRequest, Document, DocumentCheck, Version
from governance.reads import attestations, checks, choosing, document_page, reading, references
from governance.reads.document_page import Compared
from portal import access
from portal.models import User

PARTS = ("versions", "text", "compare", "links")


class Page:
    """The page of `document` for `user`. `forms` holds what was refused, by name, so that nothing typed is lost."""

    def __init__(self, document: Document, user: User, *, at: datetime, asked: Mapping[str, str]) -> None:
        self.document, self.user, self.at, self.asked = document, user, at, asked
        self.part = asked.get("part", "") if asked.get("part") in PARTS else "versions"
        self.forms: dict[str, Any] = {}

    @cached_property
    def stays(self) -> list[document_page.Stay]:
        return document_page.stays(self.document)

    @cached_property
    def versions(self) -> list[Version]:
        """Those that are or were in force, newest first."""
        return list(document_page.once_in_force(self.document).select_related("created_by").defer("content"))

    @cached_property
    def earlier(self) -> list[Version]:
        """What could be brought back."""
        now = self.document.effective_version
        return [version for version in self.versions if now is None or version.digest != now.digest]

    @cached_property
    def successors(self) -> list[Document]:
        return document_page.successors(self.document) if self.may_retire else []

    @cached_property
    def may(self) -> Any:
        return access.can(self.user, "draft", self.document)

    @cached_property
    def waiting(self) -> list[ChangeRequest]:
        return document_page.waiting(self.document)

    @cached_property
    def may_begin(self) -> bool:
        """A change may begin now: the person may, it is not retired, and has none open already."""
        return bool(self.may) and self.document.retired_at is None and self.mine is None

    @cached_property
    def mine(self) -> ChangeRequest | None:
        return document_page.begun(self.waiting, self.user)

    @property
    def may_retire(self) -> bool:
        return bool(self.may) and document_page.may_retire(self.document)

    # Forms

    @cached_property
    def roll_back(self) -> RollBack | None:
        if "roll_back" in self.forms:
            form: RollBack = self.forms["roll_back"]
            return form
        return RollBack(versions=self.earlier, auto_id="back_%s") if self.may_begin and self.earlier else None

    @cached_property
    def retire(self) -> Retire | None:
        if "retire" in self.forms:
            form: Retire = self.forms["retire"]
            return form
        if not (self.may_begin and self.may_retire):
            return None
        return Retire(successors=self.successors, auto_id="retire_%s")

    @cached_property
    def compare(self) -> CompareForm:
        bound = {name: self.asked[name] for name in ("old", "new") if name in self.asked}
        form = CompareForm(bound or None, versions=self.versions, auto_id="compare_%s")
        for name in form.fields:  # the list of versions says who and when
            choices = [
                (version.number, _("Version %(number)s") % {"number": version.number}) for version in self.versions
            ]
            form.fields[name].choices = choices  # type: ignore[attr-defined]
        return form

    @cached_property
    def compared(self) -> Compared | None:
        form = self.compare
        if form.is_bound and form.is_valid():
            return document_page.compared(self.document, form.cleaned_data["old"], form.cleaned_data["new"])
        if not form.is_bound and len(self.versions) > 1:
            return document_page.compared(self.document, self.versions[1].number, self.versions[0].number)
        return None

    # Parts

    @cached_property
    def shown(self) -> Version | None:
        """The version whose text is read."""
        asked = self.asked.get("version", "")
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else None
        return document_page.version_of(self.document, number)

    @cached_property
    def used_in(self) -> list[references.Use]:
        return references.used_in(self.document, self.user)

    def context(self) -> dict[str, Any]:
        document = self.document
        found: dict[str, Any] = {}
        if self.part == "text" and self.shown is not None:
            self.shown.document = document
            found["sections"] = reading.sections(self.shown)
        if self.part == "links":
            found |= {
                "names": references.refers_to(document.effective_version),
                "governed": references.governed(document),
            }
        if self.part == "compare" and len(self.versions) < 2:
            self.part = "versions"
        words, tone = checks.state(document, on=checks.today(self.at))
        return found | {
            "page": self,
            "document": document,
            "scope": choosing.scopes([document])[document.pk],
            "own_page": document_page.own_page(document),
            "words": words,
            "tone": tone,
            "may_check": access.can(self.user, "add", DocumentCheck(document=document)),
            "is_read": document.kind in attestations.READ and document.effective_version_id is not None,
            "may_see_people": access.can(self.user, "view", Attestation),
            "tabs": self._tabs(),
        }

    def _tabs(self) -> list[tuple[str, str]]:
        found = [("versions", _("Versions"))]
        if self.versions:
            found.append(("text", _("Text")))
        if len(self.versions) > 1:
            found.append(("compare", _("Compare")))
        return [*found, ("links", _("What points where"))]
