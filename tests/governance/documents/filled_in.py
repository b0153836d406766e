"""Sections of a small matrix, and what a browser sends when somebody fills them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from governance.documents import section_forms, sections
from governance.documents.facts import Finding
from governance.documents.sections import Section

KINDS = ("matrix", "escalation", "rubric", "communication", "glossary", "module", "playbook")
ANNA = "00000000-0000-7000-8000-000000000001"
TEAM = "00000000-0000-7000-8000-000000000002"


class Names:
    """Anna, the team ops and everything that is called by its key."""

    known = {"Anna": {"person": ANNA}, "Ops": {"team": TEAM}, "On call": {"responsibility": "on_call"}}

    def text(self, refers: str, value: Mapping[str, Any]) -> str:
        return next((name for name, held in self.known.items() if held == value), json.dumps(dict(value)))

    def find(self, refers: str, text: str) -> dict[str, Any] | None:
        return dict(self.known[text]) if text in self.known else None

    def choices(self, refers: str) -> Sequence[tuple[str, str]]:
        return [("on_call", "On call")]


NAMES = Names()


def section(kind: str, key: str, *, is_company: bool = True) -> Section:
    return next(item for item in sections.sections(kind, is_company=is_company) if item.key == key)


def matrix() -> dict[str, Any]:
    return {
        "title": "Company",
        "scope": {},
        "responsibilities": [
            {"key": "on_call", "title": "On call", "stages": ["triage", "detect"], "description": "Answers\nfirst. "},
            {"key": "exceptions", "title": "Approves exceptions", "stages": ["contain"]},
        ],
        "roles": [
            {
                "key": "lead",
                "title": "Lead",
                "holders": [{"person": ANNA}, {"team": TEAM}],
                "limits": [{"key": "pause", "action": "Pause", "severity": "any"}],
                "artefacts": ["Notes, with time"],
                "hours": 8,
            }
        ],
        "rows": [],
        "decisions": [{"key": "stop", "title": "Stop?", "responsibility": "on_call", "options": []}],
        "conflict": {"tie_breaker": {"person": ANNA}},
    }


def form(texts: Any, name: str = "") -> list[tuple[str, list[str]]]:
    """What a browser sends for `texts`."""
    if isinstance(texts, dict):
        parts = [item for key, value in texts.items() if key != "made" for item in form(value, f"{name}.{key}")]
        return [*parts, (f"{name}.is", ["1"])]
    if isinstance(texts, list) and not (texts and isinstance(texts[0], str) and name.rpartition(".")[2] in CHECKS):
        return [item for index, value in enumerate(texts) for item in form(value, f"{name}.{index}")]
    return [] if texts is None else [(name.lstrip("."), texts if isinstance(texts, list) else [texts])]


CHECKS = ("stages", "criticality", "channels")


def sent(part: Section, texts: dict[str, Any]) -> dict[str, Any]:
    found = [item for name, value in texts.items() for item in form(value, name)]
    return section_forms.posted(part, found)


def read(part: Section, texts: dict[str, Any], stored: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    return section_forms.content(part, texts, stored, NAMES)


def demo(kind: str) -> dict[str, Any]:
    if kind == "matrix":
        return matrix()
    person = {"person": ANNA}
    if kind == "escalation":
        level = {"key": "one", "title": "One", "window_minutes": 5, "targets": [{"responsibility": "on_call"}]}
        news = {"every_minutes": 60, "targets": [person]}
        path = {"key": "all", "title": "All", "levels": ["one", "one"], "news": news}
        return {"title": "Policy", "levels": [level], "paths": [path], "fallback": [person], "repeats": {"count": 2}}
    if kind == "communication":
        return plan()
    if kind == "glossary":
        term = {"key": "rollback", "title": "rollback", "aliases": ["roll back"], "meaning": "Back to before."}
        return {"title": "Words", "terms": [term]}
    if kind in ("module", "playbook"):
        return failure() if kind == "module" else response()
    if kind == "approval":
        need = {"key": "owners", "title": "Owners", "who": {"team": TEAM}, "turnaround_minutes": 60}
        row = {"key": "all", "title": "Everything", "when": {"bands": ["low"]}, "needs": [need]}
        asked = [{"key": "undo", "question": "Is it hard to undo?"}]
        return {"title": "Policy", "rows": [row], "risk": asked, "blocking_comments": True}
    weights = [{"key": "money", "weight": 3}]
    question = {"key": "money", "title": "Money", "question": "Lost?", "yes": 3, "no": 0, "unknown": 1}
    appetite = {"key": "it", "department": TEAM, "weights": weights}
    return {"title": "Rubric", "dimensions": [question], "departments": [appetite], "criticality": {"high": 20}}


def plan() -> dict[str, Any]:
    """A communication plan with one row in each list."""
    person = {"person": ANNA}
    named = {"audience": "customers", "title": "Some"}
    return {
        "title": "Plan",
        "functions": [{"key": "product", "title": "Product", "function": "product", "team": TEAM}],
        "questions": [{"key": "what", "title": "What happened?", "asks": "what"}],
        "audiences": [{"key": "customers", "title": "Customers", "channels": ["email"], "issuer": person}],
        "cadence": [{"key": "hourly", "after_minutes": 0, "every_minutes": 60, **named}],
        "meetings": [{"key": "huddle", "title": "Huddle", "occasion": "huddle", "audiences": ["customers"]}],
        "templates": [{"key": "news", "event": "update", "channel": "email", "text": "{what}", **named}],
        "statements": [{"key": "sorry", "text": "We are sorry.", "released_by": person, **named}],
        "tone": [{"key": "plain", "title": "Plain words", "say": "It stopped."}],
    }


def failure() -> dict[str, Any]:
    """A module with one row in each list."""
    row = {"key": "one", "title": "One thing", "how": "So.", "responsibility": "on_call"}
    lists = {name: [row] for name in ("containment", "remediation", "rollback", "integrity", "verification")}
    platforms = [{"key": "n8n", "platform": TEAM, "note": "Its limits"}]
    manual = {"when": "At once", "steps": [row], "back": "Later"}
    return {"title": "Module", "symptoms": ["It waits", "It stops"], "manual": manual, "platforms": platforms, **lists}


def response() -> dict[str, Any]:
    """A playbook with a gate."""
    option = {"key": "fix", "title": "Fix in place", "authority": "change", "next": "end"}
    steps = [
        {"key": "scope", "title": "Look", "does": "scope", "checks": ["Since when"], "next": "gate"},
        {"key": "gate", "title": "Choose", "does": "gate", "options": [option]},
        {"key": "stop", "title": "Stop it", "does": "containment", "follows": "stalled"},
    ]
    pins = [{"key": "stalled", "module": TEAM, "version": 3}]
    scenario = {"key": "nothing", "title": "Nothing starts", "modules": pins, "steps": steps, "rollback": "Back."}
    return {"title": "Playbook", "purpose": "To run again.", "scenarios": [{**scenario, "category": "customers"}]}
