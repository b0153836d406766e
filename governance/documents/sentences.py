"""Sentences that rules and checks make: English text that still knows how it was made.

Whoever shows one to a person translates it there (``governance.reads.sentences.said``); everywhere else it is
plain English text, so what is stored and sealed never depends on anybody's language. Import ``Sentence`` or
``stored`` as ``_``: that is how makemessages finds the texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

Translate = Callable[[str], str]


class Sentence(str):
    """An English text with the template and the parameters that it was made of; a parameter may be a Sentence."""

    __slots__ = ("params", "template")
    template: str
    params: Mapping[str, Any]

    def __new__(cls, template: str, params: Mapping[str, Any] | None = None) -> Sentence:
        made = str.__new__(cls, template % params if params else template)
        made.template, made.params = template, params or {}
        return made

    def __mod__(self, params: Any) -> Sentence:
        made = str.__new__(Sentence, self.template % params)
        made.template, made.params = self.template, params
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.template, self.params

    def rendered(self, translate: Translate) -> str:
        """The text in the language of `translate`, which is given English templates."""
        text = translate(self.template)
        return text % {name: rendered(value, translate) for name, value in self.params.items()} if self.params else text

    @property
    def clause(self) -> Clause:
        """The same without its full stop, to stand inside another sentence."""
        made = str.__new__(Clause, self.removesuffix("."))
        made.template, made.params = self.template, self.params
        return made


class Clause(Sentence):
    """A sentence without its full stop."""

    __slots__ = ()

    def __new__(cls, template: str, params: Mapping[str, Any] | None = None) -> Clause:
        whole = template % params if params else template
        made = str.__new__(cls, whole.removesuffix("."))
        made.template, made.params = template, params or {}
        return made

    def rendered(self, translate: Translate) -> str:
        return super().rendered(translate).removesuffix(".")


def rendered(value: Any, translate: Translate) -> Any:
    """A parameter in the reader's language; names and numbers stay as they are."""
    return value.rendered(translate) if isinstance(value, Sentence) else value


def joined(separator: str, parts: Iterable[str]) -> Sentence:
    """`parts` one after the other; those that are Sentences stay translatable."""
    numbered = {str(index): part for index, part in enumerate(parts)}
    return Sentence(separator.join(f"%({index})s" for index in numbered), numbered)


_STORED: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {}
"""By template: the pattern of the texts that it makes, and its literal parts, which are cheaper to look for."""


def stored(template: str) -> Sentence:
    """A template at the top of a module, by which `recognized` finds back what was stored as English text."""
    parts = re.split(r"%\((\w+)\)([sd])", template)
    pattern = "".join(_part(parts, index) for index in range(0, len(parts), 3))
    _STORED[template] = re.compile(pattern, re.DOTALL), tuple(filter(None, parts[::3]))
    recognized.cache_clear()
    return Sentence(template)


def _part(parts: list[str], index: int) -> str:
    """Literal text and the placeholder after it, as part of a pattern; a name that returns has the same value."""
    literal = re.escape(parts[index])
    if index + 2 >= len(parts):
        return literal
    name = parts[index + 1]
    if name in parts[1:index:3]:
        return f"{literal}(?P={name})"
    return f"{literal}(?P<{name}>{'-?[0-9]+' if parts[index + 2] == 'd' else '.+?'})"


@lru_cache(maxsize=4096)
def recognized(text: str) -> str:
    """The Sentence that `text` was before it was stored; a text that no rule made stays plain text.

    Of several readings that one counts which explains the most of the text. A wrong split of two names could
    only leave a part in English, since every reading says the same in English.
    """
    best = max(_readings(text), key=lambda reading: reading[0], default=None)
    return best[1] if best is not None else text


def _readings(text: str) -> Iterator[tuple[int, Sentence]]:
    """(characters that templates explain, sentence) of every template that fits `text` or `text` with a stop."""
    if "; " in text:
        parts = [recognized(part) for part in text.split("; ")]
        if any(isinstance(part, Sentence) for part in parts):
            yield sum(map(explained, parts)), joined("; ", parts)
    for template, (pattern, literals) in _STORED.items():
        is_clause = template.endswith(".") and not text.endswith(".")
        whole = f"{text}." if is_clause else text
        if not all(literal in whole for literal in literals):
            continue
        found = pattern.fullmatch(whole)
        if found is None:
            continue
        params = {name: _value(name, value, template) for name, value in found.groupdict().items()}
        literal = len(text) - sum(len(value) for value in found.groupdict().values())
        made = (Clause if is_clause else Sentence)(template, params)
        yield literal + sum(explained(value) for value in params.values()), made


def _value(name: str, value: str, template: str) -> Any:
    return int(value) if f"%({name})d" in template else recognized(value)


def explained(value: Any) -> int:
    """How many characters of `value` come from templates."""
    if not isinstance(value, Sentence):
        return 0
    held = [str(item) for item in value.params.values()]
    return len(value) - sum(map(len, held)) + sum(explained(item) for item in value.params.values())


_ = stored  # the name by which makemessages finds the texts
ONE_MINUTE, MINUTES = _("1 minute"), _("%(n)d minutes")
HOURS, DAYS = _("%(n)d hours"), _("%(n)d days")
HOUR, DAY = 60, 1440


def lasting(minutes: int) -> Sentence:
    """So many minutes in words: "1 minute", "90 minutes", "4 hours", "2 h 30", "3 days"; they stand in sentences."""
    if minutes < 2 * HOUR:
        return ONE_MINUTE if minutes == 1 else MINUTES % {"n": minutes}
    if minutes >= 2 * DAY and minutes % DAY == 0:
        return DAYS % {"n": minutes // DAY}
    if minutes % HOUR == 0:
        return HOURS % {"n": minutes // HOUR}
    return Sentence("%(h)s h %(m)s", {"h": minutes // HOUR, "m": f"{minutes % HOUR:02d}"})
