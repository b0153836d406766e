"""What a playbook module must hold before it may be published, and what is unwise (D47, D49, D50, D57, D59)."""

from __future__ import annotations

from collections.abc import Iterator

from governance.documents import links, typed_in
from governance.documents.base import duplicate_keys
from governance.documents.facts import Facts, Finding
from governance.documents.module import INSTRUCTIONS, Instruction, ManualWork, Module
from governance.documents.sentences import Sentence as _

NEEDED = {
    "technical_consequence": _("Say what the failure means technically."),
    "business_consequence": _("Say what the failure means for the business."),
    "privacy": _("Say what has to be minded about privacy and compliance while recovering."),
    "how_to_test": _("Say how this failure can be tested on purpose."),
    "success_signals": _("Say by which signs people see that the recovery worked."),
    "rollback": _("Say how to go back when the repair makes it worse."),
    "integrity": _("Say how to check that the data is whole."),
    "verification": _("Say how to show that the workflow works again."),
}
"""Without any of these a module may not be published (D47, D49, D50, D57)."""
WISE = {
    "symptoms": _("Say what people notice, so that they find this module."),
    "causes": _("Say what it usually comes from, the most likely cause first."),
    "containment": _("Say how to stop the damage before anything is repaired."),
    "remediation": _("Say how to repair it."),
    "measures": _("Say how success is measured."),
    "manual": _("Say how the business goes on by hand, and when to begin with it."),
}
UNKNOWN_DUTY = _("There is no responsibility called '%(key)s' in the company matrix.")


def findings(content: Module, facts: Facts) -> list[Finding]:
    """All findings about a module, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *_needed(content),
        *_rows(content, facts),
        *typed_in.findings(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _needed(content: Module) -> Iterator[Finding]:
    for name, sentence in NEEDED.items():
        if not _says(getattr(content, name)):
            yield Finding("blocking", f"/{name}", sentence)
    for name, sentence in WISE.items():
        if not _says(getattr(content, name)):
            yield Finding("advisory", f"/{name}", sentence)


def _says(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, tuple):
        return any(not isinstance(item, str) or item.strip() for item in value)
    return value is not None


def _rows(content: Module, facts: Facts) -> Iterator[Finding]:
    for name in INSTRUCTIONS:
        yield from instructions(getattr(content, name), f"/{name}", facts)
    yield from manual(content.manual, facts)
    yield from duplicate_keys(content.platforms, "/platforms")
    seen = set()
    for use in content.platforms:
        if use.platform in seen:
            yield Finding("advisory", f"/platforms/{use.key}/platform", _("This platform is named twice."))
        seen.add(use.platform)


def instructions(rows: tuple[Instruction, ...], path: str, facts: Facts) -> Iterator[Finding]:
    """Keys that are used twice, and responsibilities that the matrix does not know."""
    yield from duplicate_keys(rows, path)
    for row in rows:
        yield from duty(row.responsibility, f"{path}/{row.key}/responsibility", facts)


def duty(key: str | None, path: str, facts: Facts) -> Iterator[Finding]:
    """A blocking finding for a responsibility that nobody could look up."""
    if key is not None and facts.responsibilities is not None and key not in facts.responsibilities:
        yield Finding("blocking", path, UNKNOWN_DUTY % {"key": key})


def manual(work: ManualWork | None, facts: Facts) -> Iterator[Finding]:
    """What is missing in a fallback: from when on, what to do, how to come back (D59)."""
    if work is None:
        return
    yield from instructions(work.steps, "/manual/steps", facts)
    if not work.steps:
        yield Finding("advisory", "/manual/steps", _("Say what is done by hand."))
    if not work.back.strip():
        yield Finding("advisory", "/manual/back", _("Say how the work comes back to the workflow."))
