"""A playbook module: one failure pattern, what it means, how it is stopped, repaired, undone and proven (D46-D50).

Modules are the failure library of the company: playbooks pin them by version, so that a lesson learned once serves
every playbook that names it.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from governance.documents.base import Content, Key, Part, Scope, Text, Title

Lines = Annotated[tuple[Title, ...], Field(max_length=60)]
"""Short texts, one thing each."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""A text that may not be empty."""


class Instruction(Part):
    """One thing to do. `responsibility` is a key of the matrix: who does it is looked up, never typed in (D4)."""

    key: Key
    title: Title
    how: Text = ""
    responsibility: Key | None = None


Instructions = Annotated[tuple[Instruction, ...], Field(max_length=100)]


class ManualWork(Part):
    """How the business goes on without the workflow, from when on, and how it comes back (D59)."""

    when: Words
    steps: Instructions = ()
    back: Text = ""


class PlatformUse(Part):
    """A platform that the module names: when it changes, the module is marked for another look (D56)."""

    key: Key
    platform: UUID
    note: Text = ""


class Module(Content):
    """The content of kind `module`: a failure pattern with technical and business consequence and every way back.

    The five lists of instructions are what the steps of a playbook carry out: containment, remediation, rollback,
    integrity (is the data right on both sides?) and verification (does it work again?).
    """

    scope: Scope = Scope()
    summary: Text = ""
    symptoms: Lines = ()
    causes: Lines = ()
    technical_consequence: Text = ""
    business_consequence: Text = ""
    privacy: Text = ""
    how_to_test: Text = ""
    success_signals: Lines = ()
    measures: Lines = ()
    containment: Instructions = ()
    remediation: Instructions = ()
    rollback: Instructions = ()
    integrity: Instructions = ()
    verification: Instructions = ()
    manual: ManualWork | None = None
    platforms: Annotated[tuple[PlatformUse, ...], Field(max_length=60)] = ()


INSTRUCTIONS = ("containment", "remediation", "rollback", "integrity", "verification")
"""The lists of instructions, in the order in which they are carried out."""
