"""The playbook: scenarios with the modules that they pin, their own steps, gates and ways back (D44, D45, D48, D49).

Who acts, on which channel and how fast is never typed in (D4): steps name a responsibility, gates an authority of the
matrix, scenarios an exception category of the escalation policy. Readers see what these mean at the moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import Field, StringConstraints

from governance.documents.base import Content, Key, Part, Scope, Text, Title
from governance.documents.facts import ModuleFacts
from governance.documents.module import Lines, ManualWork, Words

StepKind = Literal["scope", "containment", "action", "gate", "rollback", "integrity", "verification", "communication"]
STEP_KINDS: tuple[StepKind, ...] = get_args(StepKind)
END = "end"
"""The word that ends a scenario where the key of a step could stand."""
CARRIES_OUT = {
    "containment": "containment",
    "action": "remediation",
    "rollback": "rollback",
    "integrity": "integrity",
    "verification": "verification",
}
"""The instructions of a module that a step of this kind carries out when it follows one."""


class Pin(Part):
    """One version of a module, by number and digest: what was approved is what will be carried out (D51).

    An import or the editor may leave the digest out; `with_digests` fills it in from what was published.
    """

    key: Key
    module: UUID
    version: Annotated[int, Field(ge=1, le=100_000)]
    digest: Annotated[str, StringConstraints(max_length=64)] = ""


class GateOption(Part):
    """One way out of a gate: when to take it, who may, and the step that it leads to (D48).

    `authority` is the key of a limit in the roles of the company matrix, `role` that of a role; one of them at least.
    """

    key: Key
    title: Title
    when: Text = ""
    authority: Key | None = None
    role: Key | None = None
    next: Key | None = None


class Step(Part):
    """One step. `next` is the key of another step or `end`; left out, the step after this one in the list follows.

    `follows` is the key of a pin of the scenario whose instructions are carried out here. Only a gate has options,
    and it goes on by them alone.
    """

    key: Key
    title: Title
    does: StepKind = "action"
    how: Text = ""
    checks: Lines = ()
    follows: Key | None = None
    responsibility: Key | None = None
    options: Annotated[tuple[GateOption, ...], Field(max_length=12)] = ()
    next: Key | None = None


class Scenario(Part):
    """One way in which things go wrong: the modules for it, its escalation category, its steps and its way back."""

    key: Key
    title: Title
    when: Text = ""
    category: Key | None = None
    modules: Annotated[tuple[Pin, ...], Field(max_length=20)] = ()
    rollback: Text = ""
    steps: Annotated[tuple[Step, ...], Field(max_length=400)] = ()

    @cached_property
    def pin_by_key(self) -> dict[str, Pin]:
        return {pin.key: pin for pin in self.modules}


class LiaisonText(Part):
    """Words in which a business liaison tells the business what happens, ready to be adapted (D62)."""

    key: Key
    title: Title
    when: Text = ""
    text: Words


class Playbook(Content):
    """The content of kind `playbook`. `manual` is the fallback or parallel runbook of all its scenarios (D59)."""

    scope: Scope = Scope()
    purpose: Text = ""
    when: Text = ""
    measures: Lines = ()
    scenarios: Annotated[tuple[Scenario, ...], Field(max_length=60)] = ()
    liaison: Annotated[tuple[LiaisonText, ...], Field(max_length=60)] = ()
    manual: ManualWork | None = None

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Every pin of every scenario, in document order."""
        return tuple(pin for scenario in self.scenarios for pin in scenario.modules)


def with_digests(content: Mapping[str, Any], modules: Mapping[UUID, ModuleFacts]) -> dict[str, Any]:
    """JSON `content` of a playbook in which every pin without a digest has that of the version that it names.

    What does not fit a schema, or names a version that was never published, stays as it is: the check says so.
    """
    scenarios = content.get("scenarios")
    if not isinstance(scenarios, list):
        return dict(content)
    return {**content, "scenarios": [_with_digests(scenario, modules) for scenario in scenarios]}


def _with_digests(scenario: Any, modules: Mapping[UUID, ModuleFacts]) -> Any:
    pins = scenario.get("modules") if isinstance(scenario, dict) else None
    if not isinstance(pins, list):
        return scenario
    return {**scenario, "modules": [_with_digest(pin, modules) for pin in pins]}


def _with_digest(pin: Any, modules: Mapping[UUID, ModuleFacts]) -> Any:
    if not isinstance(pin, dict) or pin.get("digest"):
        return pin
    try:
        module = modules[UUID(pin["module"])]
        digest = module.versions[pin["version"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        return pin
    return {**pin, "digest": digest}
