"""The demo company's documents as YAML, in the form that import takes."""

from __future__ import annotations

from importlib import resources

DOCUMENTS: tuple[tuple[str, str], ...] = (
    ("matrix", "company-matrix"),
    ("matrix", "payments-matrix"),
    ("matrix", "orders-matrix"),
    ("escalation", "escalation"),
    ("rubric", "rubric"),
    ("glossary", "glossary"),
    ("communication", "communication"),
    ("module", "stalled-trigger"),
    ("module", "misrouted-event"),
    ("module", "data-transformation-error"),
    ("module", "connector-failure"),
    ("module", "rate-limit"),
    ("module", "schema-change-upstream"),
    ("module", "duplicate-run"),
    ("module", "runaway-automation"),
    ("playbook", "nothing-happens"),
    ("playbook", "data-is-wrong"),
)
"""(kind, name) in the order in which they can be imported and published."""


def read(name: str) -> str:
    """The YAML text of the demo document `name`."""
    return resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
