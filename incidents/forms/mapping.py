"""Where the fields of an event stand in a foreign body: paths, reading by them, and what is wrong with a mapping.

A path is names and places, as people write them: ``alert.labels.name``, ``items[0].id``, ``items[*].id`` (all of
them), ``labels["app.kubernetes.io/name"]``. No I/O and no models.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

FIELDS: Final = (
    "title",
    "description",
    "workflow",
    "dedup_key",
    "event_id",
    "action",
    "occurred_at",
    "severity",
    "workflow_version",
    "components",
)
PATH_LENGTH: Final = 200
STEPS: Final = 20
ALL: Final = "*"  # as a place: every item of a list
STEP = re.compile(
    r"""(?P<dot>\.)? (?P<name>[^.\[\]"'\s][^.\[\]"']*)"""
    r"""| \[ \s* (?: (?P<place>\d{1,6}) | (?P<all>\*) | "(?P<double>[^"]+)" | '(?P<single>[^']+)' ) \s* \]""",
    re.VERBOSE,
)


class BadPath(ValueError):
    """The text is no path; the sentence says why."""


class Place(int):
    """A place in a list, counted from 0."""


class Every:
    """Every item of a list."""


Step = str | Place | Every
Path = tuple[Step, ...]


def parse(text: str) -> Path:
    """``items[0].id`` as ("items", Place(0), "id"). Raises BadPath."""
    text = text.strip().removeprefix("$.").removeprefix("$") if isinstance(text, str) else ""
    if not text:
        raise BadPath(_("Write a path such as alert.labels.name or items[0].id."))
    if len(text) > PATH_LENGTH:
        raise BadPath(_("Use at most %(n)d characters.") % {"n": PATH_LENGTH})
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = STEP.match(text, at)
        if found is None or (found["name"] and bool(found["dot"]) == (not steps)):
            raise BadPath(_("“%(path)s” is no path from its sign %(n)d on.") % {"path": text, "n": at + 1})
        steps.append(_step(found))
        at = found.end()
    if len(steps) > STEPS:
        raise BadPath(_("Use at most %(n)d steps.") % {"n": STEPS})
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["place"] is not None:
        return Place(found["place"])
    if found["all"]:
        return Every()
    return str(found["name"] or found["double"] or found["single"])


def read(content: Any, path: Path) -> Any:
    """The value at `path`, None when there is none; with ``[*]`` a list of those that are there."""
    for number, step in enumerate(path):
        if isinstance(step, Every):
            if not isinstance(content, list):
                return None
            found = [read(item, path[number + 1 :]) for item in content]
            return [item for item in found if item is not None]
        content = _below(content, step)
        if content is None:
            return None
    return content


def _below(content: Any, step: str | Place) -> Any:
    if isinstance(step, Place):
        return content[step] if isinstance(content, list) and step < len(content) else None
    return content.get(step) if isinstance(content, dict) else None


def replace(content: Any, path: Path, mark: str, found: list[str]) -> Any:
    """`content` with every value at or below `path` replaced by `mark`; their texts are added to `found`.

    What is around it stays as it is, `content` itself unchanged.
    """
    if not path:
        return _marked(content, mark, found)
    step, rest = path[0], path[1:]
    if isinstance(content, dict) and isinstance(step, str) and not isinstance(step, Place):
        if step not in content:
            return content
        return content | {step: replace(content[step], rest, mark, found)}
    if isinstance(content, list) and isinstance(step, Every):
        return [replace(item, rest, mark, found) for item in content]
    if isinstance(content, list) and isinstance(step, Place) and step < len(content):
        return [replace(item, rest, mark, found) if place == step else item for place, item in enumerate(content)]
    return content


def _marked(value: Any, mark: str, found: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _marked(item, mark, found) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, mark, found) for item in value]
    if value is None or value is True or value is False or value == "":
        return value
    found.append(str(value))
    return mark


def check(mapping: Any) -> dict[str, str]:
    """What is wrong with `mapping` {field of an event: path}: {field: a sentence}; empty when it is good."""
    if not isinstance(mapping, Mapping):
        return {"": _("A mapping names a path for each field.")}
    wrong = {}
    for name, text in mapping.items():
        if name not in FIELDS:
            wrong[str(name)] = _("“%(name)s” is no field of an event. Use one of: %(fields)s.") % {
                "name": name,
                "fields": ", ".join(FIELDS),
            }
            continue
        try:
            parse(text)
        except BadPath as error:
            wrong[name] = str(error)
    return wrong


def check_paths(paths: Any) -> str:
    """What is wrong with a list of paths, as a sentence; empty when it is good."""
    if not isinstance(paths, list):
        return _("Send a list of texts.")
    for text in paths:
        try:
            parse(text)
        except BadPath as error:
            return str(error)
    return ""


ACTIONS: Final = {
    "resolve": "resolve resolved ok okay recovery recovered recover closed close normal up success successful clear"
    " cleared healthy fixed done inactive",
    "acknowledge": "acknowledge acknowledged ack acked",
}
SEVERITIES: Final = {
    "sev1": "sev1 sev-1 critical crit fatal emergency emerg disaster blocker page p1 1",
    "sev2": "sev2 sev-2 error err high major alert urgent p2 2",
    "sev3": "sev3 sev-3 warning warn medium average moderate minor p3 3",
    "sev4": "sev4 sev-4 info information informational notice low debug trivial none p4 p5 4 5",
}
_ACTION = {word: action for action, words in ACTIONS.items() for word in words.split()}
_SEVERITY = {word: severity for severity, words in SEVERITIES.items() for word in words.split()}


def action_of(value: Any) -> str:
    """What a foreign word means: resolve, acknowledge, else trigger, so that nothing that happened is lost."""
    return _ACTION.get(_word(value), "trigger")


def severity_of(value: Any) -> str | None:
    """The severity that a foreign word suggests, None when it says nothing to us."""
    return _SEVERITY.get(_word(value))


def _word(value: Any) -> str:
    return str(value).strip().lower() if isinstance(value, str | int) and not isinstance(value, bool) else ""
