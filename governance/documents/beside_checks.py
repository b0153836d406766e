"""What stands beside the grid of a matrix: duties, roles, decisions (D1, D3, D5, D7, D8, D11, D14)."""

from __future__ import annotations

from collections.abc import Iterator

from governance.documents.facts import Finding
from governance.documents.matrix import DEFAULT, Matrix
from governance.documents.sentences import Sentence as _

ALWAYS = {
    "exceptions": _("Nobody approves exceptions: there is no responsibility called '%(key)s'."),
    "log_keeping": _("Nobody keeps the log: there is no responsibility called '%(key)s'."),
    "data_integrity": _("Nobody owns data integrity in handoffs: there is no responsibility called '%(key)s'."),
}
"""Responsibilities that the company matrix always has, by key, and what is said when one lacks."""


def findings(content: Matrix) -> Iterator[Finding]:
    """What lacks beside the grid; duties that are always there block the company matrix only."""
    yield from _stages(content)
    if content.scope.kind == "default":
        yield from _always(content)
    yield from _roles(content)
    yield from _decisions(content)


def _stages(content: Matrix) -> Iterator[Finding]:
    for duty in content.responsibilities:
        if not duty.stages:
            sentence = _("%(duty)s: say during which stages of an outage this counts.") % {"duty": duty.title}
            yield Finding("blocking", f"/responsibilities/{duty.key}/stages", sentence)


def _always(content: Matrix) -> Iterator[Finding]:
    for key, sentence in ALWAYS.items():
        duty = content.responsibility_by_key.get(key)
        if duty is None:
            yield Finding("blocking", "/responsibilities", sentence % {"key": key})
            continue
        rows = content.cells.get(("criticality", "high", key), ())
        if not any(row.letter in ("R", "A") for row in rows):
            words = _("%(duty)s: nobody is named for workflows of high criticality; the company default holds.")
            yield Finding("advisory", f"/responsibilities/{key}", words % {"duty": duty.title})


def _roles(content: Matrix) -> Iterator[Finding]:
    for role in content.roles:
        path, named = f"/roles/{role.key}", {"role": role.title}
        if not role.artefacts:
            yield Finding("advisory", f"{path}/artefacts", _("%(role)s leaves nothing behind in writing.") % named)
        if not role.handoff:
            yield Finding(
                "advisory", f"{path}/handoff", _("%(role)s: nothing says when it may be handed over.") % named
            )
        if role.hours is None:
            sentence = _("%(role)s: nothing says after how many hours it is handed over.")
            yield Finding("advisory", f"{path}/hours", sentence % named)


def _decisions(content: Matrix) -> Iterator[Finding]:
    for decision in content.decisions:
        path, named = f"/decisions/{decision.key}", {"decision": decision.title}
        if not decision.options and decision.key != DEFAULT:  # whatever nobody planned for has no options of its own
            yield Finding("advisory", f"{path}/options", _("%(decision)s: no acceptable options are named.") % named)
        if decision.minutes is None:
            yield Finding("advisory", f"{path}/minutes", _("%(decision)s: nothing says by when.") % named)
