"""What a playbook must hold before it may be published, and what is unwise (D4, D44, D47-D49, D51, D59)."""

from __future__ import annotations

from collections.abc import Iterator

from governance.documents import links, module_checks, typed_in, ways
from governance.documents.base import duplicate_keys
from governance.documents.facts import Facts, Finding
from governance.documents.playbook import CARRIES_OUT, END, GateOption, Pin, Playbook, Scenario, Step
from governance.documents.sentences import Sentence as _

NOT_PUBLISHED = _("Version %(number)d of “%(module)s” was never published; the newest one in force is %(newest)d.")
NEVER = _("No version of “%(module)s” was ever published, so it cannot be used yet.")
RETIRED = _("“%(module)s” is no longer in force; use what replaces it.")
NEWER = _("Version %(newest)d of “%(module)s” is in force; this pins version %(number)d.")
OTHER_DIGEST = _("The digest is not the one of version %(number)d of “%(module)s”; leave it out to take the right one.")
NO_STEP = _("There is no step called '%(key)s' in this scenario.")
NO_ROLE = _("There is no role called '%(key)s' in the company matrix.")
NO_ACTION = _("No role of the company matrix has the authority '%(key)s'.")
NO_CATEGORY = _("No escalation policy in force has a category called '%(key)s'.")


def findings(content: Playbook, facts: Facts) -> list[Finding]:
    """All findings about a playbook, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *_whole(content, facts),
        *(finding for scenario in content.scenarios for finding in _scenario(scenario, facts)),
        *typed_in.findings(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _whole(content: Playbook, facts: Facts) -> Iterator[Finding]:
    if not content.purpose.strip():
        yield Finding("blocking", "/purpose", _("Say what the playbook is for."))
    if not any(line.strip() for line in content.measures):
        yield Finding("blocking", "/measures", _("Say how success is measured."))
    if not content.scenarios:
        yield Finding("blocking", "/scenarios", _("The playbook has no scenario."))
    if not content.liaison:
        yield Finding("advisory", "/liaison", _("Prepare words for the business liaison."))
    if content.manual is None:
        yield Finding("advisory", "/manual", _("Say how the business goes on by hand, and when to begin with it."))
    yield from duplicate_keys(content.scenarios, "/scenarios")
    yield from duplicate_keys(content.liaison, "/liaison")
    yield from module_checks.manual(content.manual, facts)


def _scenario(scenario: Scenario, facts: Facts) -> Iterator[Finding]:
    path, named = f"/scenarios/{scenario.key}", {"scenario": scenario.title}
    if not scenario.modules:
        yield Finding("blocking", f"{path}/modules", _("“%(scenario)s” uses no module.") % named)
    if scenario.category is None:
        yield Finding("blocking", f"{path}/category", _("“%(scenario)s” has no escalation category.") % named)
    elif facts.exceptions is not None and scenario.category not in facts.exceptions:
        yield Finding("blocking", f"{path}/category", NO_CATEGORY % {"key": scenario.category})
    if not scenario.rollback.strip():
        yield Finding("blocking", f"{path}/rollback", _("“%(scenario)s” does not say how to go back.") % named)
    yield from duplicate_keys(scenario.modules, f"{path}/modules")
    for pin in scenario.modules:
        yield from _pin(pin, f"{path}/modules/{pin.key}", facts)
    yield from duplicate_keys(scenario.steps, f"{path}/steps")
    for step in scenario.steps:
        yield from _step(step, scenario, f"{path}/steps/{step.key}", facts)
    yield from _order(scenario, path)
    yield from _graph(scenario, path)


def _pin(pin: Pin, path: str, facts: Facts) -> Iterator[Finding]:
    """D51: a pin names a version that was in force, by the digest that was approved."""
    module = facts.modules.get(pin.module)
    if module is None:
        return  # links.unknown has said so
    newest = module.effective or max(module.versions, default=0)
    said = {"module": module.title, "number": pin.version, "newest": newest}
    if not module.versions:
        yield Finding("blocking", f"{path}/module", NEVER % said)
    elif module.effective is None:
        yield Finding("blocking", f"{path}/module", RETIRED % said)
    elif pin.version not in module.versions:
        yield Finding("blocking", f"{path}/version", NOT_PUBLISHED % said)
    elif pin.digest != module.versions[pin.version]:
        yield Finding("blocking", f"{path}/version", OTHER_DIGEST % said)
    elif pin.version != module.effective:
        yield Finding("advisory", f"{path}/version", NEWER % said)


def _step(step: Step, scenario: Scenario, path: str, facts: Facts) -> Iterator[Finding]:
    named = {"step": step.title}
    if step.key == END:
        yield Finding("blocking", path, _("No step may have the key '%(key)s'; choose another.") % {"key": END})
    yield from module_checks.duty(step.responsibility, f"{path}/responsibility", facts)
    if step.follows is not None and step.follows not in scenario.pin_by_key:
        sentence = _("This scenario uses no module called '%(key)s'.") % {"key": step.follows}
        yield Finding("blocking", f"{path}/follows", sentence)
    elif step.follows is not None and step.does not in CARRIES_OUT:
        sentence = _("“%(step)s” carries out nothing of a module; only steps that do something can.") % named
        yield Finding("advisory", f"{path}/follows", sentence)
    keys = {item.key for item in scenario.steps} | {END}
    if step.next is not None and step.next not in keys:
        yield Finding("blocking", f"{path}/next", NO_STEP % {"key": step.next})
    if step.does != "gate":
        if step.options:
            yield Finding("blocking", f"{path}/options", _("“%(step)s” is no gate, so it has no options.") % named)
        return
    if step.next is not None:
        yield Finding("blocking", f"{path}/next", _("A gate goes on by its options alone; leave this empty."))
    if not step.options:
        yield Finding("blocking", f"{path}/options", _("“%(step)s” is a gate without options.") % named)
    elif len(step.options) == 1:
        yield Finding("advisory", f"{path}/options", _("“%(step)s” leaves no choice.") % named)
    yield from duplicate_keys(step.options, f"{path}/options")
    for option in step.options:
        yield from _option(option, keys, f"{path}/options/{option.key}", facts)


def _option(option: GateOption, keys: set[str], path: str, facts: Facts) -> Iterator[Finding]:
    """D48: every option names the least authority that may take it, and where it leads."""
    named = {"option": option.title}
    if option.next is None:
        yield Finding("blocking", f"{path}/next", _("“%(option)s” leads to no step.") % named)
    elif option.next not in keys:
        yield Finding("blocking", f"{path}/next", NO_STEP % {"key": option.next})
    if option.authority is None and option.role is None:
        yield Finding("blocking", f"{path}/authority", _("“%(option)s” does not say who may choose it.") % named)
    if option.authority is not None and facts.actions is not None and option.authority not in facts.actions:
        yield Finding("blocking", f"{path}/authority", NO_ACTION % {"key": option.authority})
    if option.role is not None and facts.roles is not None and option.role not in facts.roles:
        yield Finding("blocking", f"{path}/role", NO_ROLE % {"key": option.role})


def _order(scenario: Scenario, path: str) -> Iterator[Finding]:
    """Nothing is corrected before its scope is known, and nothing ends unproven."""
    kinds = [step.does for step in scenario.steps]
    first = next((place for place, kind in enumerate(kinds) if kind in ("action", "rollback")), None)
    if first is not None and "scope" not in kinds[:first]:
        sentence = _("“%(step)s” comes before any scope check.") % {"step": scenario.steps[first].title}
        yield Finding("advisory", f"{path}/steps/{scenario.steps[first].key}", sentence)
    for kind, sentence in (
        ("integrity", _("No step checks the data.")),
        ("verification", _("No step shows that the workflow works again.")),
    ):
        if kinds and kind not in kinds:
            yield Finding("advisory", f"{path}/steps", sentence)


def _graph(scenario: Scenario, path: str) -> Iterator[Finding]:
    """Every step can be reached, and from every step the end."""
    found = ways.ways(scenario.steps)
    reached, ending = ways.reached(found), ways.ending(found)
    for place, step in enumerate(scenario.steps):
        where, named = f"{path}/steps/{step.key}", {"step": step.title}
        if place not in reached:
            yield Finding("blocking", where, _("“%(step)s” is never reached: nothing leads to it.") % named)
        elif place not in ending:
            yield Finding("blocking", where, _("“%(step)s” never leads to the end.") % named)
