"""The squares of the grid as HTML; thousands stand on a page, so they are written without the template engine."""

from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from governance.documents.matrix import LETTERS
from governance.reads.grid_squares import Answer, Square

register = template.Library()
escaped = lru_cache(maxsize=20_000)(escape)


@register.simple_tag
def squares(line: list[Square], editable: bool) -> SafeString:
    """The cells of one line. An editable one is a link to its own page, and carries what the script needs."""
    base = reverse("admin:governance_grid_cell", args=["-"])[:-2]
    words = {
        "nobody": gettext("Nobody"),
        "then": gettext("then %(names)s"),
        "minutes": gettext("%(minutes)s min"),
        "was": gettext("was: %(name)s"),
        "wants": gettext("%(name)s wants: %(text)s"),
        "late": gettext("changed by somebody else meanwhile"),
    }
    return mark_safe("".join(_square(square, base, words, editable) for square in line))  # noqa: S308


def _square(square: Square, base: str, words: dict[str, str], editable: bool) -> str:
    answer, level = square.answer, square.level
    kind = ' data-from=""' if answer is not None and answer.origin else ""
    if square.late:
        kind += ' data-conflict=""'
    if square.changed:
        kind += ' data-changed=""'
    if level:
        kind += f' data-finding="{level}"'
    if editable:
        kind += f' data-token="{square.token}" data-text="{escaped(square.text)}"'
    name = escaped(answer.name) if answer is not None else words["nobody"]
    letter = f"<i>{square.cell.letter}</i>" if answer is not None else ""
    parts = [f'<a href="{base}{square.cell.address}/">{letter}<b>{name}</b></a>']
    if answer is not None and not answer.origin:
        parts += _small(answer, words)
    if square.late:
        parts.append(f"<small>{words['late']}</small>")
    if square.was is not None:
        parts.append(f"<small>{escaped(words['was'] % {'name': square.was})}</small>")
    for who, text in square.wishes:
        parts.append(f"<small data-wish>{escaped(words['wants'] % {'name': who, 'text': text})}</small>")
    parts += [f"<small data-flaw>{escaped(str(flaw.words))}</small>" for flaw in square.flaws]
    if answer is not None and answer.origin:
        parts.append(f"<small>{escaped(answer.origin)}</small>")
    own = square.cell.address[:-1]
    for item in square.others:
        named = f'<a href="{base}{own}{item.letter}/">{escaped(item.name)}</a>' if editable else escaped(item.name)
        parts.append(f"<small><i>{item.letter}</i>{named}</small>")
    return f"<td{kind}>{''.join(parts)}</td>"


def _small(answer: Answer, words: dict[str, str]) -> list[str]:
    parts = []
    if answer.then:
        parts.append(f"<small>{escaped(words['then'] % {'names': answer.then})}</small>")
    if answer.value.acknowledge_minutes:
        parts.append(f"<small>{words['minutes'] % {'minutes': answer.value.acknowledge_minutes}}</small>")
    return parts


@register.filter
def letter_word(letter: str) -> str:
    """R, A, C or I in words."""
    return {
        "R": gettext("Responsible: answers and does it"),
        "A": gettext("Accountable: answers for it"),
        "C": gettext("Consulted: is asked before"),
        "I": gettext("Informed: is told"),
    }[letter if letter in LETTERS else "A"]


@register.filter
def workflows_counted(count: int) -> str:
    return ngettext("%(count)s workflow", "%(count)s workflows", count) % {"count": count}
