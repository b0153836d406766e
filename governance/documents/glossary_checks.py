"""What a glossary must hold before it may be published, and what is unwise (D68)."""

from __future__ import annotations

from collections.abc import Iterator

from governance.documents import links, terms_in_text
from governance.documents.base import duplicate_keys
from governance.documents.facts import Facts, Finding
from governance.documents.glossary import Glossary, Term
from governance.documents.sentences import Sentence as _


def findings(content: Glossary, facts: Facts) -> list[Finding]:
    """All findings about a glossary, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *duplicate_keys(content.terms, "/terms"),
        *_twice(content),
        *_meanings(content),
        *_not_found(content),
    ]
    if not content.terms:
        found.append(Finding("blocking", "/terms", _("The glossary explains nothing.")))
    return sorted(found, key=lambda finding: not finding.blocking)


def _places(term: Term) -> Iterator[tuple[str, str]]:
    """(path, words) of everything that a term is called."""
    yield f"/terms/{term.key}/title", term.title
    yield from ((f"/terms/{term.key}/aliases/{index}", alias) for index, alias in enumerate(term.aliases))


def _twice(content: Glossary) -> Iterator[Finding]:
    """Of two terms with the same words nobody could tell which one a text means."""
    known: dict[str, tuple[str, Term]] = {}
    for term in content.terms:
        for path, words in _places(term):
            place, other = known.setdefault(terms_in_text.folded(words), (path, term))
            if other is not term:
                sentence = _("“%(words)s” is already explained as “%(other)s”; nobody could tell which one is meant.")
                yield Finding("blocking", path, sentence % {"words": words, "other": other.title})
            elif place != path:
                yield Finding("blocking", path, _("“%(words)s” is said twice for one term.") % {"words": words})


def _meanings(content: Glossary) -> Iterator[Finding]:
    for term in content.terms:
        if not term.meaning.strip():
            sentence = _("“%(term)s” has no meaning; say it in a sentence.") % {"term": term.title}
            yield Finding("blocking", f"/terms/{term.key}/meaning", sentence)
        elif terms_in_text.folded(term.meaning).rstrip(".") in map(terms_in_text.folded, term.words):
            sentence = _("“%(term)s” is explained by itself; say it in other words.") % {"term": term.title}
            yield Finding("advisory", f"/terms/{term.key}/meaning", sentence)


def _not_found(content: Glossary) -> Iterator[Finding]:
    for term in content.terms:
        for path, words in _places(term):
            if not terms_in_text.steps_of(words):
                sentence = _("“%(words)s” begins or ends with a sign that is no letter, so it is not linked in texts.")
                yield Finding("advisory", path, sentence % {"words": words})
