"""`/audit/`: the state of the ledger, its entries with their proofs, and what can be taken away from here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import moments
from portal.audit import leaves, receipts
from portal.forms import ledger as forms
from portal.reads import ledger as reads
from portal.reads import ledger_entry as entries
from portal.reads import ledger_search as searches
from portal.views import errors

View = Callable[..., HttpResponse]


def for_readers(view: View) -> View:
    """`view` is for those who may open the ledger; all others read why not."""

    @login_required
    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not reads.may_open(request.user):
            return errors.refused(request, _("The ledger is for auditors and administrators."))
        return view(request, *args, **kwargs)

    return answer


@require_safe
@for_readers
def audit(request: HttpRequest) -> HttpResponse:
    """The state, and what is looked for in the address."""
    state = reads.state(at=moments.of(request))
    asked, form = searches.filters(request.GET), forms.Period(request.GET)
    may_search = reads.may_search(request.user)
    page = None
    if may_search and form.is_valid():
        place = {name: request.GET.get(name, "") for name in ("after", "before")}
        page = searches.page(asked, since=form.cleaned_data["since"], until=form.cleaned_data["until"], **place)
    words = {
        "state": state,
        "findings": reads.count_findings(state.verified) if state.verified else 0,
        "asked": asked,
        "form": form,
        "page": page,
        "may_search": may_search,
        "verbs": searches.verbs() if may_search else [],
        "shown": ngettext("%d entry", "%d entries", len(page.rows)) % len(page.rows) if page else "",
        "total": total(page) if page else "",
        "witness_admin": witness_admin(request),
    }
    return render(request, "portal/ledger/page.html", words, status=200 if form.is_valid() else 422)


def total(page: searches.Page) -> str:
    """How many there are in words; empty when the page holds them all, or nobody has counted."""
    if page.is_more:
        return _("1 000+")
    return str(page.total) if page.total > len(page.rows) else ""


def witness_admin(request: HttpRequest) -> str:
    """Where the reader can name a witness, or nothing."""
    user = request.user
    if not (user.is_staff and user.has_perm("portal.add_witness")):
        return ""
    return address("admin:portal_witness_add")


def address(name: str, *args: Any) -> str:
    """The page called `name`, or nothing where there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@require_safe
@for_readers
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint with all cosignatures, as it is kept elsewhere."""
    found = reads.newest()
    if found is None:
        raise Http404
    return as_file(receipts.cosigned(found).encode(), f"checkpoint-{found.size}.txt", "text/plain; charset=utf-8")


@require_safe
@for_readers
def key(request: HttpRequest) -> HttpResponse:
    """The public keys that signed the newest checkpoint, one a line."""
    found = reads.keys()
    if not found:
        raise Http404
    return as_file("".join(f"{vkey}\n" for vkey in found).encode(), "ledger.vkey", "text/plain; charset=utf-8")


def as_file(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# One entry: for whoever may see its object too


def visible(request: HttpRequest, pk: int) -> tuple[Any, Any]:
    """The entry and its object; 404 when the reader may not know of them."""
    entry = entries.find(pk)
    obj = entries.target_of(entry) if entry else None
    if entry is None or not entries.may_see(request.user, entry, obj):
        raise Http404
    return entry, obj


@require_safe
@login_required
@never_cache
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    found, obj = visible(request, pk)
    shown = entries.show(found, obj)
    words = {
        "shown": shown,
        "erasure": entries.erasure_of(found) if shown.is_erased else None,
        "may_open": reads.may_open(request.user),
        "erase": address("audit-erase", pk) if request.user.is_staff and not shown.is_erased else "",
    }
    return render(request, "portal/ledger/entry.html", words)


@require_safe
@login_required
@never_cache
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt as c2sp.org/tlog-proof; the page of the entry says why there is none yet."""
    found, obj = visible(request, pk)
    try:
        proof = receipts.receipt(found)
    except receipts.NotSealed as error:
        shown = entries.show(found, obj)
        return render(request, "portal/ledger/entry.html", {"shown": shown, "refusal": str(error)}, status=409)
    return as_file(proof.text.encode(), f"entry-{pk}.tlog-proof", "text/plain; charset=utf-8")


@require_safe
@login_required
@never_cache
def leaf(request: HttpRequest, pk: int) -> HttpResponse:
    """The exact bytes whose hash is in the tree."""
    found, _obj = visible(request, pk)
    return as_file(leaves.of(found), f"entry-{pk}.leaf.json", "application/json")


@require_safe
@login_required
@never_cache
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """What the entry committed to, with its salt; 404 when it was erased."""
    found, _obj = visible(request, pk)
    if not hasattr(found, "payload"):
        raise Http404
    said = {"salt": found.payload.salt, "content": found.payload.content, "commitment": found.commitment}
    response = JsonResponse(said, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="entry-{pk}.words.json"'
    return response
