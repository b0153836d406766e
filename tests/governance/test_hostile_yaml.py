"""Broken, hostile and huge YAML of every kind: refused with place and line, and no row of any table changes (U5)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from governance.documents import base, interchange
from governance.documents.canonical import escape
from governance.documents.facts import Finding
from governance.documents.interchange import reference_kind
from governance.services import versions
from portal import limits, roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.documents import contents, filled_in
from tests.governance.unchanged import picture, refused

pytestmark = pytest.mark.django_db

BOMB = "title: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
ROW = "title: Words\nterms:\n  - {key: one, title: One, meaning: First.}\n  - key: two\n    title: Two\n"
"""Five lines of a glossary; whatever follows belongs to the row `two`."""

HOSTILE: dict[str, tuple[str | bytes, str, int | None, str]] = {
    "bomb of aliases": (BOMB, "/title", 1, "Anchors and aliases"),
    "an alias in a row": (ROW + "    meaning: *one\n", "/terms/two/meaning", 6, "Anchors and aliases"),
    "an anchor in a row": (ROW + "    meaning: &x y\n", "/terms/two/meaning", 6, "Anchors and aliases"),
    "a merge key in a row": (ROW + "    <<: {title: x}\n", "/terms/two", 6, "Merge keys"),
    "the same name twice": (ROW + "    title: Three\n", "/terms/two/title", 6, "'title' is given twice"),
    "the same list twice": (ROW + "terms: []\n", "/terms", 6, "'terms' is given twice"),
    "a python object": (ROW + "    meaning: !!python/object/new:os.system [ls]\n", "/terms/two/meaning", 6, "Tags"),
    "a timestamp by tag": (ROW + "    meaning: !!timestamp 2026-01-01\n", "/terms/two/meaning", 6, "Tags"),
    "a float": (ROW + "    meaning: 1.5\n", "/terms/two/meaning", 6, "1.5 is not a whole number"),
    "not a number": (ROW + "    meaning: .NaN\n", "/terms/two/meaning", 6, ".NaN is not a whole number"),
    "infinity in a list": (ROW + "    aliases: [a, -.inf]\n", "/terms/two/aliases/1", 6, "not a whole number"),
    "a number too large": (ROW + f"    meaning: {2**53}\n", "/terms/two/meaning", 6, "too large"),
    "an escaped NUL": (ROW + '    meaning: "a\\0b"\n', "/terms/two/meaning", 6, "control character"),
    "a text too long": (ROW + f"    meaning: {'x' * 20_001}\n", "/terms/two/meaning", 6, "20000 characters"),
    "a list as a name": (ROW + "    ? [a]\n    : b\n", "/terms/two", 6, "A name must be plain text"),
    "deep nesting": (ROW + "    aliases: " + "[" * 9_000, "/terms/two/aliases/0/0", 6, "nested deeper than 24"),
    "tab as indentation": (ROW + "\taliases: [a]\n", "/terms/two/title", 6, "not valid YAML"),
    "an open bracket": (ROW + "    aliases: [a\ntitle: x\n", "/terms/two/aliases", 7, "not valid YAML"),
    "an open quote": (ROW + '    meaning: "a\n', "/terms/two/meaning", 7, "not valid YAML"),
    "two documents": (ROW + "---\ntitle: x\n", "", 6, "more than one document"),
    "NUL": (ROW + "    meaning: a\x00b\n", "", 6, "broken character"),
    "a bell": (ROW + "    meaning: a\x07b\n", "", 6, "broken character"),
    "half a character": (ROW + "    meaning: a\ud800b\n", "", 6, "broken character"),
    "latin-1": ((ROW + "    meaning: für\n").encode("latin-1"), "", 6, "not UTF-8"),
    "UTF-16": (ROW.encode("utf-16"), "", 1, "not UTF-8"),
    "UTF-16 without a mark": (ROW.encode("utf-16-be"), "", 1, "broken character"),
    "nothing": ("", "", 1, "one mapping"),
    "a list": ("- a\n", "", 1, "one mapping"),
    "a word": ("hello", "", 1, "one mapping"),
    "schema below one": ("title: a\nschema_number: 0\n", "/schema_number", 2, "a whole number from 1 on"),
    "schema of yes": ("title: a\nschema_number: true\n", "/schema_number", 2, "a whole number from 1 on"),
    "schema of text": ("title: a\nschema_number: '1'\n", "/schema_number", 2, "a whole number from 1 on"),
    "schema of tomorrow": ("title: a\nschema_number: 7\n", "/schema_number", 2, "newer schema"),
    "larger than allowed": ("title: " + "x" * limits.DOCUMENT_BYTES, "", None, "larger than 2 MB"),
    "larger in bytes only": ("title: " + "ü" * (limits.DOCUMENT_BYTES // 2), "", None, "larger than 2 MB"),
    "a million brackets": ("title: " + "[" * 1_000_000, "/title/0/0", 1, "nested deeper than 24"),
    "a million of values": ("title: x\nterms:\n" + "- 1\n" * 450_000, "/terms/399995", 399_998, "400000 values"),
    "a million line breaks": ("\n" * 1_000_000, "", 1, "one mapping"),
}


@pytest.fixture
def admin() -> Any:
    return make.make_person("admin", role=roles.GOVERNANCE_ADMIN)


def take(text: str | bytes, by: Any, kind: str = "glossary") -> Any:
    return versions.import_yaml(kind=kind, text=text, key="company", by=by, at=NOW)


def findings_of(text: str | bytes, by: Any, kind: str) -> tuple[Finding, ...]:
    with pytest.raises(versions.ImportRefused) as info:
        take(text, by, kind)
    assert str(info.value)
    return info.value.findings


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_with_its_place_and_its_line(admin: Any, name: str) -> None:
    text, path, line, words = HOSTILE[name]
    with refused(versions.ImportRefused) as info:
        take(text, admin)
    [finding] = info.value.findings
    assert words in finding.message and len(finding.message) < 300
    assert finding.path.startswith(path) and bool(finding.path) == bool(path)
    assert finding.line == line and finding.blocking


def test_no_hostile_text_is_taken_for_any_kind(admin: Any) -> None:
    before = picture()
    for kind in contents.KINDS:
        for name, (text, *_rest) in HOSTILE.items():
            if "million" not in name:
                assert findings_of(text, admin, kind), (kind, name)
    assert picture() == before


def test_what_only_looks_hostile_is_taken(admin: Any) -> None:
    """A mark at the beginning, tabs between words, and words that other YAML takes for dates or for yes and no."""
    text = ROW + '    meaning: "2026-01-01\\tno"\n    aliases: [on, 2026-01-01, 0x1F, 1_000, "<<", "&a"]\n'
    for number, source in enumerate(
        (text, "\ufeff" + text, b"\xef\xbb\xbf" + text.encode(), text.replace("\n", "\r\n"))
    ):
        _document, version = versions.import_yaml(kind="glossary", text=source, key="company", by=admin, at=NOW)
        term = json.loads(version.content)["terms"][1]
        assert version.number == number + 1
        assert (term["meaning"], term["aliases"]) == (
            "2026-01-01\tno",
            ["on", "2026-01-01", "0x1F", "1_000", "<<", "&a"],
        )


# Wrong types and unknown names, in every kind


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in JSON `value`, of a list its first item."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*path, name)
        yield from places(inner, (*path, name))


def put(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    content = json.loads(json.dumps(content))
    here = content
    for name in path[:-1]:
        here = here[name]
    here[path[-1]] = value
    return content


def pointer(content: Any, path: tuple[Any, ...]) -> str:
    """`path` as findings write it: rows by their key."""
    parts = []
    for name in path:
        content = content[name]
        key = content.get("key") if isinstance(name, int) and isinstance(content, dict) else None
        parts.append(escape(key if isinstance(key, str) and key else str(name)))
    return "/" + "/".join(parts)


def line_of(text: str, path: tuple[Any, ...]) -> int:
    """The line at which `path` stands in `text`, which YAML has written: the name, or the item of a list."""
    node: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    line = 1
    for name in path:
        if isinstance(name, int):
            node = node.value[name]
            line = node.start_mark.line + 1
        else:
            key, node = next(pair for pair in node.value if pair[0].value == name)
            line = key.start_mark.line + 1
    return line


def wrong_for(value: Any) -> Any:
    """Something of another type."""
    if isinstance(value, (dict, list)):
        return 7
    return ["x"] if isinstance(value, (str, int)) else {"x": {}}


@pytest.mark.parametrize("kind", contents.KINDS)
def test_a_wrong_type_is_named_with_row_field_and_line(admin: Any, kind: str) -> None:
    content = filled_in.demo(kind)
    tried, before = 0, picture()
    for path in places(content):
        value = content
        for name in path:
            value = value[name]
        text = yaml.safe_dump(put(content, path, wrong_for(value)), sort_keys=False)
        place = pointer(put(content, path, wrong_for(value)), path)
        found = findings_of(text, admin, kind)
        assert any(item.path.startswith(place) and item.line == line_of(text, path) for item in found), (path, found)
        assert not any("Input should" in item.message for item in found), "words of a person, not of a program"
        tried += 1
    assert picture() == before
    assert tried > 4


@pytest.mark.parametrize("kind", contents.KINDS)
def test_an_unknown_name_is_named_with_row_field_and_line(admin: Any, kind: str) -> None:
    content = filled_in.demo(kind) | {"scope": {"team": filled_in.TEAM}}
    named = [path for path in places(content) if isinstance(path[-1], str) and reference_kind(path[-1])]
    before = picture()
    for path in named:
        changed = put(content, path, "nobody/at all")
        text = yaml.safe_dump(changed, sort_keys=False)
        found = [item for item in findings_of(text, admin, kind) if "'nobody/at all'" in item.message]
        assert [(item.path, item.line) for item in found] == [(pointer(changed, path), line_of(text, path))]
        assert found[0].message.startswith("There is no ")
    assert picture() == before


@pytest.mark.parametrize("kind", contents.KINDS)
def test_fields_and_rows_that_no_schema_knows_are_refused(admin: Any, kind: str) -> None:
    with refused(versions.ImportRefused) as info:
        take("title: a\n__class__: x\n'a/b~c': {d: 1}\n", admin, kind)
    assert {(item.path, item.line) for item in info.value.findings} == {("/__class__", 2), ("/a~1b~0c", 3)}
    assert "'__class__' is not known here." in {item.message for item in info.value.findings}


def test_of_thousands_of_wrong_places_the_first_are_named_and_the_rest_is_counted(admin: Any) -> None:
    fields = "title: a\n" + "".join(f"field{number}: 1\n" for number in range(5_000))
    names = "title: a\nrows:\n" + "".join(f"- {{key: k{n}, holder: {{person: p{n}}}}}\n" for n in range(5_000))
    for text, first in ((fields, ("/field0", 2)), (names, ("/rows/k0/holder/person", 3))):
        with refused(versions.ImportRefused, "^Line .* \\(and 200 more\\)$") as info:
            take(text, admin, "matrix")
        assert len(info.value.findings) == interchange.MOST_FINDINGS + 1
        assert (info.value.findings[0].path, info.value.findings[0].line) == first
        assert info.value.findings[-1].message == "4800 more places are wrong; put these right first."


def test_an_edit_refuses_the_same_and_keeps_the_draft(admin: Any) -> None:
    _document, version = take(ROW + "    meaning: Second.\n", admin)
    for name in ("bomb of aliases", "a float", "latin-1", "larger than allowed", "schema below one"):
        text, _path, _line, words = HOSTILE[name]
        with refused(versions.ImportRefused, words):
            versions.edit(version=version, text=text, by=admin, at=NOW)


def test_every_kind_is_tried() -> None:
    assert set(contents.KINDS) == set(base.Kind)
