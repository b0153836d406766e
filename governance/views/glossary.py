"""The words that not everybody knows, for everybody to read (D68)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.documents.terms_in_text import folded
from governance.reads.glossary import Terms

MANY = 20
"""More words than this are reached by their first letter as well."""


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Every term of the company's glossary in the order of the alphabet; a term is found by `#key`."""
    terms = Terms()
    listed = terms.glossary.content.terms if terms.glossary is not None else ()
    rows = [(term, terms.besides(term.key)) for term in sorted(listed, key=lambda term: folded(term.title))]
    letters: dict[str, str] = {}
    for term, _others in rows if len(rows) > MANY else ():
        letters.setdefault(folded(term.title)[:1].upper(), term.key)
    context = {"glossary": terms.glossary, "rows": rows, "letters": letters.items()}
    return render(request, "governance/glossary/page.html", context)
