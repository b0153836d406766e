"""Any valid content of a kind, made from its schema: a field that is added there is generated here at once."""

from __future__ import annotations

import types
import unicodedata
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import annotated_types
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import StringConstraints
from pydantic_core import PydanticUndefined

from governance.documents import approval, base
from governance.documents.interchange import reference_kind
from tests.governance.documents import world

KINDS = ("matrix", "escalation", "rubric", "communication", "glossary", "module", "playbook", "approval")
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,6}", fullmatch=True) | st.just("k" * 64)
POOLS = {
    "person": [world.ident(name) for name in world.NAMES],
    "team": [world.ident(f"t:{key}") for key in world.MEMBERS],
    "workflow": [world.ident(f"w:{key}") for key in world.WORKFLOWS],
    "schedule": [world.ident(f"s:{key}") for key in world.SCHEDULES],
}
ODD = ["=1+1", "'=1+1", "''", "+49 30", "-", "@SUM(A1)", "\t=x", "007", "1.50", "1e3", "TRUE", "null", "~", "no", "<<"]
ODD += [
    "2026-03-02",
    "12:30",
    "a\nb",
    "a\r\nb",
    "\r",
    " edge ",
    '"quoted"',
    'a,"b";c',
    "\\n",
    "a\\",
    "#x",
    "- x",
    "_x000D_",
]
ODD += [
    "Ünïcödé ✓",
    "\U0001f468\u200d\U0001f469",
    "\u202eevil",
    "\ufeffx",
    "\u2028",
    "\x7f",
    "x" * 200,
    "role:lead",
    "[a]",
]
"""What spreadsheets and YAML like to take for something else."""
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\r=+-@';,\"\\")


def contents(kind: str) -> SearchStrategy[dict[str, Any]]:
    """JSON content that the schema of `kind` takes; what may be left out is there or not."""
    return part(base.spec(kind).schema)


def part(model: type[base.Part]) -> SearchStrategy[dict[str, Any]]:
    if model is base.Target:
        return TARGETS
    if model in (base.Scope, base.Holder, approval.Who):
        return one_of(model)
    needed, free = {}, {}
    for name, field in model.model_fields.items():
        if name == "schema_number":
            free[name] = st.just(base.spec("matrix").number)
            continue
        made = values(name, field.annotation, field.metadata)
        (needed if field.default is PydanticUndefined else free)[name] = made
    return st.fixed_dictionaries(needed, optional=free)


def one_of(model: type[base.Part]) -> SearchStrategy[dict[str, Any]]:
    """At most one field is filled (of a holder exactly one); the empty ones may be written down."""
    fields = list(model.model_fields)
    filled = [
        st.fixed_dictionaries(
            {name: values(name, *_plain(model.model_fields[name]))},
            optional={other: st.none() for other in fields if other not in (name, "function")},
        )
        for name in fields
        if name not in ("department", "function") and (name not in ("schedule", "board") or name in POOLS)
    ]
    return st.one_of(*filled, st.just({})) if model is base.Scope else st.one_of(*filled)


def values(name: str, annotation: Any, metadata: Any = ()) -> SearchStrategy[Any]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        [only] = [arg for arg in args if arg is not type(None)]
        return st.none() | values(name, only, metadata)
    if hasattr(annotation, "__metadata__"):
        return values(name, annotation.__origin__, annotation.__metadata__)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return _lists(name, args[0], metadata)
    if annotation is UUID:
        kind = reference_kind(name) or name
        return st.sampled_from([str(item) for item in POOLS[kind]]) if kind in POOLS else st.uuids().map(str)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(*_bounds(metadata))
    if annotation is str:
        return _texts(metadata)
    return part(annotation)


def _plain(field: Any) -> tuple[Any, Any]:
    """The annotation of an optional field without its None."""
    [only] = [arg for arg in get_args(field.annotation) if arg is not type(None)]
    return only, field.metadata


def _lists(name: str, item: Any, metadata: Any = ()) -> SearchStrategy[list[Any]]:
    keyed = isinstance(item, type) and issubclass(item, base.Part) and "key" in item.model_fields
    unique = {"unique_by": lambda row: row["key"]} if keyed else {}
    least = max((rule.min_length for rule in metadata if isinstance(rule, annotated_types.MinLen)), default=0)
    return st.lists(values(name, item), min_size=least, max_size=3, **unique)  # type: ignore[arg-type]


def _bounds(metadata: Any) -> tuple[int, int]:
    every = [item for found in metadata for item in (found.metadata if hasattr(found, "metadata") else [found])]
    low = max([item.ge for item in every if isinstance(item, annotated_types.Ge)], default=0)
    high = min([item.le for item in every if isinstance(item, annotated_types.Le)], default=10_000)
    return low, high


def _texts(metadata: Any) -> SearchStrategy[str]:
    rule = next((item for item in metadata if isinstance(item, StringConstraints)), None)
    if rule is not None and rule.pattern:
        return KEYS
    low, high = (rule.min_length or 0, rule.max_length or 4000) if rule is not None else (0, 4000)
    plain = st.text(CHARACTERS, min_size=low, max_size=12) | st.sampled_from(ODD)
    whole = plain.map(lambda text: unicodedata.normalize("NFC", text))
    return whole.filter(lambda text: low <= len(text) <= high)


TARGETS = st.one_of(
    st.fixed_dictionaries({"responsibility": KEYS}, optional={"alternate": st.integers(0, 20), "team": st.none()}),
    *(
        st.fixed_dictionaries({name: st.sampled_from([str(item) for item in POOLS[name]])})
        for name in ("person", "team", "schedule")
    ),
    st.fixed_dictionaries({"role": KEYS}, optional={"alternate": st.just(0)}),
    st.fixed_dictionaries({"board": st.uuids().map(str)}),
)
CONTENTS = {kind: contents(kind) for kind in KINDS}


def changed(kind: str) -> SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """Two contents that are related: rows of the second came, went, moved, got another key, or say something else."""
    return st.tuples(CONTENTS[kind], CONTENTS[kind], st.randoms(use_true_random=False)).map(_mixed)


def _mixed(given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    old, other, random = given
    return old, _mix(old, other, random)


def _mix(old: dict[str, Any], other: dict[str, Any], random: Any) -> dict[str, Any]:
    new: dict[str, Any] = {}
    for name in dict.fromkeys([*old, *other]):
        one, two = old.get(name), other.get(name)
        if _rows(one) and _rows(two):
            new[name] = _shuffled(one, two, random)
        elif name in old and (name not in other or random.random() < 0.6):
            new[name] = one
        else:
            new[name] = two
    return new


def _rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and "key" in row for row in value)


def _shuffled(one: list[Any], two: list[Any], random: Any) -> list[Any]:
    rows = {row["key"]: row for row in two if random.random() < 0.5}
    for place, row in enumerate(one):
        chance = random.random()
        if chance < 0.15:
            continue
        if chance < 0.3:
            row = {**row, "key": f"renamed-{place}"}
        elif chance < 0.6 and two:
            row = {**_mix(row, random.choice(two), random), "key": row["key"]}
        rows[row["key"]] = row
    found = list(rows.values())
    if random.random() < 0.5:
        random.shuffle(found)
    return found
