"""The section editor in the admin: one form for each part of a document, made from its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from governance.documents import section_forms, section_nodes, sections
from governance.documents.facts import Finding
from governance.documents.sections import Section
from governance.forms.sections import SAVE, SectionForm
from governance.models import Document, Version
from governance.reads import changes as change_reads
from governance.reads import drafts, sentences
from governance.reads import sections as reads
from governance.reads.drafts import Draft
from governance.services import changes, versions
from governance.services import drafts as service
from portal import access
from portal.errors import DomainError

SHOWN_ENTRIES = 8
SHOWN_FINDINGS = 6


def urls(view: Callable[..., Any]) -> list[Any]:
    """The pages of the section editor, each wrapped in `view`."""
    return [
        path("<path:object_id>/sections/", view(index), name="governance_document_sections"),
        path("<path:object_id>/sections/<slug:key>/", view(page), name="governance_document_section"),
    ]


def index(request: HttpRequest, object_id: str) -> HttpResponse:
    """The first section that holds rows."""
    document = _document(request, object_id)
    found = _sections(document)
    first = next((item for item in found if item.key != sections.BASICS and not item.elsewhere), found[0])
    return HttpResponseRedirect(reads.address(document, first.key))


def page(request: HttpRequest, object_id: str, key: str) -> HttpResponse:
    """One section; POST saves it into one's draft, or adds, removes and moves rows and shows it again."""
    document = _document(request, object_id)
    section = next((item for item in _sections(document) if item.key == key), None)
    if section is None:
        raise Http404
    if section.elsewhere:
        return HttpResponseRedirect(next(tab.url for tab in reads.tabs(document, ()) if tab.key == key))
    draft = drafts.mine(document, _user(request))
    known = reads.Known(document, draft.content, at=timezone.now())
    form = SectionForm(section, draft.content, known, request.POST if request.method == "POST" else None)
    shown = _Page(request, document, section, draft, known, form)
    if request.method != "POST":
        return shown.answer()
    if not (may := access.can(request.user, "draft", document)):
        raise PermissionDenied(may.reason)
    return _save(shown) if form.order == SAVE else shown.answer(focus=form.arrange(shown.kept))


def _save(shown: _Page) -> HttpResponse:
    """Save the section; what is refused is asked again with everything that was typed."""
    form, document = shown.form, shown.document
    if form.problems:
        return shown.answer(422, refusal=_("Nothing was saved yet. Look at the marked fields first."))
    try:
        done = service.put(
            document=document,
            names=shown.section.names,
            parts=form.parts,
            seen=form.seen,
            reason=form.reason,
            by=_user(shown.request),
            at=timezone.now(),
        )
    except access.Refused as error:
        raise PermissionDenied(str(error)) from error
    except versions.Stale as error:
        return shown.answer(422, stale=error, refusal=str(error))
    except versions.NothingChanged as error:
        messages.info(shown.request, str(error))
        return HttpResponseRedirect(shown.request.path)
    except changes.ReasonMissing as error:
        return shown.answer(422, reason_error=str(error))
    except versions.ImportRefused as error:
        return shown.answer(422, refusal=str(error), findings=list(error.findings))
    except DomainError as error:
        return shown.answer(422, refusal=str(error))
    if done.version is None:
        messages.success(shown.request, _("The document says what is in force again; your draft is withdrawn."))
    else:
        sentence = _("Saved in the draft of version %(number)s. Nothing is in force yet.")
        messages.success(shown.request, sentence % {"number": done.version.number})
    return HttpResponseRedirect(shown.request.path)


class _Page:
    """Everything that one answer needs."""

    def __init__(
        self,
        request: HttpRequest,
        document: Document,
        section: Section,
        draft: Draft,
        known: reads.Known,
        form: SectionForm,
    ) -> None:
        self.request, self.document, self.section = request, document, section
        self.draft, self.known, self.form = draft, known, form
        self.kept = sections.kept(document.kind, is_company=document.scope_kind == "default")

    def answer(
        self,
        status: int = 200,
        *,
        focus: str = "",
        refusal: str = "",
        reason_error: str = "",
        stale: versions.Stale | None = None,
        findings: list[Finding] | None = None,
    ) -> HttpResponse:
        found = findings or self.form.problems or self.known.findings(self.form.whole())
        shown = self._drawn(found, focus, is_refused=status != 200)
        seen = drafts.token(self.draft.content, self.section.names)
        tabs = reads.tabs(self.document, found)
        pages = {name: tab.url for tab, part in zip(tabs, _sections(self.document), strict=True) for name in part.names}
        context = {
            "title": capfirst(sentences.said(self.section.title)),
            "document": self.document,
            "section": self.section,
            "shown": shown,
            "elsewhere": [(item, pages.get(item.path.split("/")[1], "")) for item in shown.elsewhere[:SHOWN_FINDINGS]],
            "blocking": sum(item.blocking for item in found),
            "tabs": tabs,
            "focus": focus,
            "names": self._names(),
            "clashes": [(words, pages.get(name, "")) for name, words in self._clashes()],
            **self._of_draft(),
            **self._rights(),
            # A page that is shown again after its words came too late stands against what is there now.
            "seen": stale.digest if stale is not None else self.form.seen or seen,
            "reason": self.form.reason or (self.draft.request.reason if self.draft.request else ""),
            "refusal": refusal,
            "reason_error": reason_error,
            "stale": change_reads.redline(stale.theirs, stale.mine) if stale is not None else None,
            "is_new": not self.form.is_sent and self.draft.version is not None,
        }
        everything = {**admin.site.each_context(self.request), "opts": Document._meta, **context}
        everything["is_nav_sidebar_enabled"] = False
        return TemplateResponse(self.request, "governance/admin/sections.html", everything, status=status)

    def _drawn(self, found: list[Finding], focus: str, *, is_refused: bool) -> Any:
        """The section with its fields, and `found` beside them."""
        return section_nodes.drawn(
            self.section,
            self.form.texts,
            found,
            self.known,
            kept=self.kept,
            focus=focus,
            before=self._in_force(),
            opened=self.form.opened if self.form.is_sent else None,
            is_refused=is_refused,
        )

    def _of_draft(self) -> dict[str, Any]:
        """Where the words of the person are kept, and what they change of what is in force."""
        version = self.draft.version
        changes = self._changes() if version is not None else None
        return {"draft": version, "request_of": self.draft.request, "changes": changes}

    def _rights(self) -> dict[str, Any]:
        return {
            "may": access.can(self.request.user, "draft", self.document),
            "may_publish": access.can(self.request.user, "publish", self.document),
            "may_see_version": _may_view(self.request, Version),
            "may_see_document": _may_view(self.request, Document),
        }

    def _in_force(self) -> Mapping[str, Any]:
        """The texts of the section as they are in force."""
        now = drafts.said(self.document.effective_version, self.document)
        return section_forms.opened(self.section, now, self.known)

    def _changes(self) -> Any:
        now = change_reads.content(self.document.effective_version)
        return change_reads.redline(now, self.draft.content, shown=SHOWN_ENTRIES)

    def _clashes(self) -> list[tuple[str, str]]:
        """What somebody else has changed too: the field of the document, and the place in words."""
        now = change_reads.content(self.document.effective_version)
        said = change_reads.places_in_words(self.draft.clashes, [self.draft.content, now])
        return list(zip((path.split("/")[1] for path in self.draft.clashes), said, strict=True))

    def _names(self) -> dict[str, list[reads.Suggestion]]:
        """What can be completed, by what a field refers to."""
        used = {field.refers for field in sections.walk(self.section.fields) if field.widget == "name"}
        return {refers: self.known.suggestions(refers) for refers in sorted(used)}


def _document(request: HttpRequest, object_id: str) -> Document:
    if not access.can(request.user, "view", Document):
        raise PermissionDenied
    try:
        found = Document.objects.select_related("effective_version").filter(pk=object_id).first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise Http404
    return found


def _sections(document: Document) -> tuple[Section, ...]:
    return sections.sections(document.kind, is_company=document.scope_kind == "default")


def _may_view(request: HttpRequest, model: Any) -> bool:
    return bool(admin.site._registry[model].has_view_permission(request))


def _user(request: HttpRequest) -> Any:
    return request.user
