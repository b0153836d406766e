"""Playbooks as responders read them: scenarios with their decision tree, and the modules at the versions they pin.

Who acts, how fast and what hangs on it is never in the text (D4); ``playbook_live`` says it for one workflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents import gates
from governance.documents.facts import ModuleFacts, WorkflowFacts
from governance.documents.gates import Item, Tree
from governance.documents.module import Instruction, Module
from governance.documents.playbook import CARRIES_OUT, GateOption, Pin, Playbook, Scenario, Step
from governance.models import Version, Workflow
from governance.models.versions import Kind
from governance.reads import documents, modules, named, people
from governance.reads.documents import PinnedVersion
from governance.reads.sentences import said
from governance.rules import scoping

SCOPES = ("workflow", "team", "department", "criticality", "default")
"""The most specific first."""


@dataclass(frozen=True)
class Used:
    """A module that a scenario uses, at the version that it pins; `module` is None when that cannot be found.

    `newest` is the version in force when it is another one (None: none is).
    """

    pin: Pin
    module: PinnedVersion[Module] | None
    title: str
    newest: int | None
    is_newest: bool


@dataclass(frozen=True)
class Line:
    """A piece of a scenario's outline with what its step carries out: `used` and those `instructions` of it."""

    item: Item
    used: Used | None = None
    instructions: tuple[Instruction, ...] = ()


@dataclass(frozen=True)
class Told:
    """A scenario as it is read: `tree` is drawn, `lines` are the same as text; `category` in words."""

    scenario: Scenario
    category: str
    tree: Tree
    lines: tuple[Line, ...]
    modules: tuple[Used, ...]


@dataclass(frozen=True)
class Read:
    """A playbook with everything that its scenarios use."""

    playbook: PinnedVersion[Playbook]
    scenarios: tuple[Told, ...]

    @property
    def content(self) -> Playbook:
        return self.playbook.content


@dataclass(frozen=True)
class Listed:
    """A playbook in force. `older`: so many pins name a version that is no longer the newest."""

    playbook: PinnedVersion[Playbook]
    scenarios: tuple[str, ...]
    older: int


@dataclass(frozen=True)
class UsedIn:
    """A playbook in force that pins a module, in which version, in which scenarios."""

    playbook: PinnedVersion[Playbook]
    version: int
    scenarios: tuple[str, ...]


def listed(workflow: Workflow | WorkflowFacts | None = None) -> list[Listed]:
    """The playbooks in force, by title; for `workflow` only those that fit it, the most specific first.

    A constant number of queries.
    """
    found, known = documents.in_force(Kind.PLAYBOOK).playbooks(), modules.facts()
    if workflow is not None:
        facts = people.workflow_facts(workflow)
        found = [item for item in found if scoping.applicable([item], workflow=facts) is not None]
    ranked = sorted(found, key=lambda item: item.title)
    if workflow is not None:
        ranked.sort(key=lambda item: SCOPES.index(item.content.scope.kind))
    return [
        Listed(
            item,
            tuple(scenario.title for scenario in item.content.scenarios),
            sum(not _is_newest(pin, known) for pin in item.content.pins),
        )
        for item in ranked
    ]


def library() -> list[PinnedVersion[Module]]:
    """The modules in force, by title."""
    return sorted(documents.in_force(Kind.MODULE).modules(), key=lambda item: item.title)


def used_in(module: UUID) -> list[UsedIn]:
    """The playbooks in force that pin `module` (a document), by title; one entry for each version that they pin."""
    found: list[UsedIn] = []
    for item in sorted(documents.in_force(Kind.PLAYBOOK).playbooks(), key=lambda each: each.title):
        versions: dict[int, list[str]] = {}
        for scenario in item.content.scenarios:
            for number in {pin.version for pin in scenario.modules if pin.module == module}:
                versions.setdefault(number, []).append(scenario.title)
        found += [UsedIn(item, number, tuple(titles)) for number, titles in sorted(versions.items())]
    return found


def read(playbook: PinnedVersion[Playbook]) -> Read:
    """`playbook` with its modules at the versions that it pins; a constant number of queries."""
    known, pinned, titles = modules.facts(), pinned_modules(playbook.content.pins), named.titles()
    told = []
    for scenario in playbook.content.scenarios:
        used = {pin.key: _used(pin, known, pinned) for pin in scenario.modules}
        tree = gates.tree(scenario.steps, note=lambda option: needs(option, titles))
        category = titles.get("category", {}).get(scenario.category or "", scenario.category or "")
        lines = tuple(_line(item, used) for item in tree.items)
        told.append(Told(scenario, category, tree, lines, tuple(used.values())))
    return Read(playbook, tuple(told))


def pinned_modules(pins: Iterable[Pin]) -> dict[tuple[UUID, str], PinnedVersion[Module]]:
    """What `pins` name, by document and digest; at most two queries."""
    wanted = {(pin.module, pin.digest) for pin in pins}
    rows = Version.objects.filter(
        document__in={module for module, _digest in wanted},
        digest__in={digest for _module, digest in wanted},
        frozen_at__isnull=False,
    )
    ids = {(module, digest): version for version, module, digest in rows.values_list("pk", "document_id", "digest")}
    loaded = documents.pinned((ids[key], key[1]) for key in wanted if key in ids)
    return {key: loaded[ids[key]] for key in wanted if key in ids}


def needs(option: GateOption, titles: Mapping[str, Mapping[str, str]]) -> str:
    """What somebody needs to choose `option`, in words; empty when it does not say so."""
    action = titles.get("authority", {}).get(option.authority or "", option.authority)
    role = said(titles.get("role", {}).get(option.role or "", option.role or ""))
    if action and role:
        return _("needs: %(action)s; or the role %(role)s") % {"action": action, "role": role}
    if action:
        return _("needs: %(action)s") % {"action": action}
    return _("needs the role %(role)s") % {"role": role} if role else ""


def _used(
    pin: Pin, known: Mapping[UUID, ModuleFacts], pinned: Mapping[tuple[UUID, str], PinnedVersion[Module]]
) -> Used:
    module, facts = pinned.get((pin.module, pin.digest)), known.get(pin.module)
    title = facts.title if facts is not None else (module.content.title if module is not None else pin.key)
    return Used(pin, module, title, facts.effective if facts is not None else None, _is_newest(pin, known))


def _is_newest(pin: Pin, known: Mapping[UUID, ModuleFacts]) -> bool:
    facts = known.get(pin.module)
    return facts is not None and facts.effective == pin.version


def _line(item: Item, used: Mapping[str, Used]) -> Line:
    step = item.step if item.kind == "step" else None
    if step is None or step.follows is None or step.follows not in used:
        return Line(item)
    module = used[step.follows]
    return Line(item, module, carried_out(step, module.module))


def carried_out(step: Step, module: PinnedVersion[Module] | None) -> tuple[Instruction, ...]:
    """The instructions of `module` that `step` carries out."""
    if module is None or step.does not in CARRIES_OUT:
        return ()
    found: Sequence[Instruction] = getattr(module.content, CARRIES_OUT[step.does])
    return tuple(found)
