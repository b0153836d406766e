"""Where in a YAML text a place of a document stands, so that a finding can name its line."""

from __future__ import annotations

from typing import Any

import yaml

from governance.documents.canonical import escape
from governance.documents.facts import Finding

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def placed(text: str, findings: list[Finding]) -> list[Finding]:
    """`findings` with their lines. Only for a `text` that `from_yaml` has read: it bounds depth and size."""
    known: dict[str, int] = {}
    _walk(yaml.compose(text, Loader=_LOADER), "", known)
    return [
        finding if finding.line else Finding(finding.level, finding.path, finding.message, _line(finding.path, known))
        for finding in findings
    ]


def _line(path: str, known: dict[str, int]) -> int | None:
    """The line of `path`, or of the nearest place around it that the text names."""
    while path and path not in known:
        path = path.rpartition("/")[0]
    return known.get(path)


def _walk(node: Any, path: str, known: dict[str, int]) -> None:
    known.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            place = f"{path}/{escape(name.value)}"
            known[place] = name.start_mark.line + 1
            _walk(value, place, known)
    elif isinstance(node, yaml.SequenceNode):
        keys = [_key(item) for item in node.value]
        taken = set(keys)
        for index, (item, key) in enumerate(zip(node.value, keys, strict=True)):
            if str(index) not in taken:  # NOTE: a key may be a number, and a path means the key
                _walk(item, f"{path}/{index}", known)
            if key:
                _walk(item, f"{path}/{escape(key)}", known)


def _key(node: Any) -> str:
    """The row key of a mapping in a list."""
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.value == "key" and isinstance(value, yaml.ScalarNode):
            return str(value.value)
    return ""
