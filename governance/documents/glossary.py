"""The glossary: words that people of several departments use, in plain language (D68)."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import StringConstraints

from governance.documents.base import Content, Key, Part, Scope, Text, Title
from governance.documents.terms_in_text import Matcher


class Term(Part):
    """A word or a few, what they mean, and other words for the same.

    `use` jargon: whoever writes to people outside technology explains it. `instead` is what one may say in its place.
    """

    key: Key
    title: Title
    aliases: tuple[Title, ...] = ()
    meaning: Text = ""
    use: Literal["plain", "jargon"] = "plain"
    instead: Annotated[str, StringConstraints(max_length=200)] = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that the term is called."""
        return (self.title, *self.aliases)


class Glossary(Content):
    """The content of kind `glossary`."""

    scope: Scope = Scope()
    terms: tuple[Term, ...] = ()

    @cached_property
    def term_by_key(self) -> dict[str, Term]:
        return {term.key: term for term in self.terms}

    @cached_property
    def matcher(self) -> Matcher:
        """Finds the terms in texts; made once for each digest, since typed content is."""
        return Matcher((term.key, term.words) for term in self.terms)

    @cached_property
    def jargon(self) -> dict[str, tuple[str, ...]]:
        """The words of each term that has to be explained, by the term's title."""
        return {term.title: term.words for term in self.terms if term.use == "jargon"}
