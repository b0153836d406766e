"""What a matrix must hold before it may be published, and what is unwise (D1, D3, D6, D7, D14, D15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from governance.documents import beside_checks, links, training_checks
from governance.documents.base import SEVERITIES, Holder, Scope, duplicate_keys
from governance.documents.facts import Facts, Finding, Level
from governance.documents.matrix import STAGES, Matrix, Row
from governance.documents.sentences import Sentence as _


def findings(content: Matrix, facts: Facts) -> list[Finding]:
    """All findings about a matrix, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *_keys(content),
        *_scopes(content, facts),
        *_inner_references(content, facts),
        *_roles(content, facts),
        *_rows(content, facts),
        *_cells(content),
        *beside_checks.findings(content),
        *training_checks.findings(content, facts),
        *(_company(content, facts) if content.scope.kind == "default" else ()),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _keys(content: Matrix) -> Iterator[Finding]:
    for name in ("responsibilities", "roles", "rows", "decisions"):
        yield from duplicate_keys(getattr(content, name), f"/{name}")
    for role in content.roles:
        yield from duplicate_keys(role.limits, f"/roles/{role.key}/limits")
    for decision in content.decisions:
        yield from duplicate_keys(decision.options, f"/decisions/{decision.key}/options")


def _scopes(content: Matrix, facts: Facts) -> Iterator[Finding]:
    if content.scope.kind not in ("default", "team"):
        yield Finding("blocking", "/scope", _("A matrix belongs to one team or is the company default."))
    if content.scope.kind == "team" and content.triage_team is not None:
        yield Finding("blocking", "/triage_team", _("Only the company default names the triage team."))
    for row in content.rows:
        path = f"/rows/{row.key}/scope"
        if content.scope.kind == "team" and not _of_team(row.scope, content.scope.team, facts):
            yield Finding("blocking", path, _("A team's matrix holds rows for that team and its own workflows only."))
        if content.scope.kind == "default" and row.scope.kind not in ("default", "criticality"):
            yield Finding("blocking", path, _("The company matrix holds default rows and rows for a criticality only."))


def _of_team(scope: Scope, team: UUID | None, facts: Facts) -> bool:
    if scope.kind == "workflow" and scope.workflow is not None:
        workflow = facts.workflows.get(scope.workflow)
        return workflow is None or workflow.team == team  # an unknown workflow is a finding of its own
    return scope.kind == "team" and scope.team == team


def _inner_references(content: Matrix, facts: Facts) -> Iterator[Finding]:
    duties = set(content.responsibility_by_key)
    inherited = content.scope.kind == "team"
    known = duties | (facts.responsibilities or frozenset()) if inherited else duties
    judged = not inherited or facts.responsibilities is not None
    for list_name, items in (("rows", content.rows), ("decisions", content.decisions)):
        for item in items:
            if judged and item.responsibility not in known:
                sentence = _("There is no responsibility called '%(key)s'.") % {"key": item.responsibility}
                yield Finding("blocking", f"/{list_name}/{item.key}/responsibility", sentence)
    roles = set(content.role_by_key) | ((facts.roles or frozenset()) if inherited else frozenset())
    if inherited and facts.roles is None:
        return
    for path, holder in _holders(content):
        if holder.kind == "role" and holder.ref not in roles:
            yield Finding("blocking", path, _("There is no role called '%(key)s'.") % {"key": holder.ref})


def _holders(content: Matrix) -> Iterator[tuple[str, Holder]]:
    for row in content.rows:
        yield f"/rows/{row.key}/holder", row.holder
        for index, holder in enumerate(row.alternates):
            yield f"/rows/{row.key}/alternates/{index}", holder
    if content.conflict is not None:
        yield "/conflict/tie_breaker", content.conflict.tie_breaker


def _roles(content: Matrix, facts: Facts) -> Iterator[Finding]:
    used = {holder.ref for _, holder in _holders(content) if holder.kind == "role"}
    for role in content.roles:
        path = f"/roles/{role.key}"
        if any(holder.kind == "role" for holder in role.holders):
            sentence = _("%(role)s: a role is held by people or teams, not by another role.") % {"role": role.title}
            yield Finding("blocking", f"{path}/holders", sentence)
        if not role.holders:
            level: Level = "blocking" if role.key in used else "advisory"
            yield Finding(level, f"{path}/holders", _("Nobody holds the role %(role)s.") % {"role": role.title})
        elif not _anybody(role.holders, content, facts):
            sentence = _("Nobody active holds the role %(role)s.") % {"role": role.title}
            yield Finding("blocking", f"{path}/holders", sentence)
        if not role.limits:
            sentence = _("%(role)s has no authority limits.") % {"role": role.title}
            yield Finding("advisory", f"{path}/limits", sentence)


def _rows(content: Matrix, facts: Facts) -> Iterator[Finding]:
    for row in content.rows:
        if row.letter not in ("R", "A"):
            continue
        path, named = f"/rows/{row.key}", {"row": _named(content, row)}
        if not row.alternates:
            sentence = _("%(row)s has no alternate; nobody stands in.") % named
            yield Finding("advisory", f"{path}/alternates", sentence)
        if row.holder.kind == "role" and row.holder.ref not in content.role_by_key:
            continue  # a role of the company matrix, judged there
        if not _anybody((row.holder, *row.alternates), content, facts):
            sentence = _("%(row)s names nobody who can be told.") % named
            yield Finding("blocking", f"{path}/holder", sentence)
        elif row.holder in row.alternates:
            sentence = _("%(row)s: holder and alternate are the same.") % named
            yield Finding("advisory", f"{path}/alternates", sentence)
        elif not _anybody((row.holder,), content, facts):
            sentence = _("%(row)s: the holder has nobody who can be told.") % named
            yield Finding("advisory", f"{path}/holder", sentence)


def _anybody(holders: Iterable[Holder], content: Matrix, facts: Facts) -> bool:
    """At least one active person stands behind `holders` (behind a schedule: within the next week)."""
    for holder in holders:
        people: Iterable[UUID] = ()
        if holder.person is not None:
            people = (holder.person,)
        elif holder.team is not None and holder.team in facts.teams:
            people = facts.teams[holder.team].members
        elif holder.schedule is not None and holder.schedule in facts.schedules:
            people = facts.schedules[holder.schedule].people
        elif holder.role is not None:
            role = content.role_by_key.get(holder.role)
            behind = [inner for inner in role.holders if inner.kind != "role"] if role else []
            if role is None or _anybody(behind, content, facts):
                return True
        if any(person in facts.people and facts.people[person].active for person in people):
            return True
    return False


def _named(content: Matrix, row: Row) -> str:
    duty = content.responsibility_by_key.get(row.responsibility)
    said = {"duty": duty.title if duty else row.responsibility, "severity": row.severity.upper(), "row": row.key}
    if row.severity == "any":
        return _("%(duty)s (row %(row)s)") % said
    return _("%(duty)s at %(severity)s (row %(row)s)") % said


def _cells(content: Matrix) -> Iterator[Finding]:
    """Two rows with the same question and letter: only one could decide."""
    seen: dict[tuple[object, ...], str] = {}
    for row in content.rows:
        cell = (row.scope.kind, row.scope.ref, row.responsibility, row.severity, row.letter)
        if cell in seen and row.letter in ("A", "R"):
            accountable = _("%(row)s: %(other)s already says who is accountable; add an alternate instead.")
            responsible = _("%(row)s: %(other)s already says who is responsible; add an alternate instead.")
            named = {"row": _named(content, row), "other": seen[cell]}
            yield Finding("blocking", f"/rows/{row.key}", (accountable if row.letter == "A" else responsible) % named)
        seen.setdefault(cell, row.key)


def _company(content: Matrix, facts: Facts) -> Iterator[Finding]:
    covered = {stage for duty in content.responsibilities for stage in duty.stages}
    for stage in STAGES:
        if stage not in covered:
            sentence = _("No responsibility covers the stage %(stage)s.") % {"stage": stage}
            yield Finding("blocking", "/responsibilities", sentence)
    letters: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in content.rows:
        if row.scope.kind == "default":
            letters[row.responsibility, row.severity].add(row.letter)
    for duty in content.responsibilities:
        path = f"/responsibilities/{duty.key}"
        lacking = [sev for sev in SEVERITIES if not (letters[duty.key, sev] | letters[duty.key, "any"]) & {"A", "R"}]
        unowned = [sev for sev in SEVERITIES if "A" not in letters[duty.key, sev] | letters[duty.key, "any"]]
        if lacking:
            yield Finding(
                "blocking", path, _("%(duty)s has no default holder%(at)s.") % {"duty": duty.title, "at": _at(lacking)}
            )
        elif unowned:
            yield Finding(
                "blocking",
                path,
                _("Nobody is accountable for %(duty)s%(at)s.") % {"duty": duty.title, "at": _at(unowned)},
            )
    if content.triage_team is None:
        yield Finding("blocking", "/triage_team", _("No triage team is named; nobody would own an unknown workflow."))
    elif content.triage_team in facts.teams and not _anybody((Holder(team=content.triage_team),), content, facts):
        yield Finding("blocking", "/triage_team", _("The triage team has no active member."))
    if content.conflict is None:
        yield Finding("advisory", "/conflict", _("No rule says who decides when stakeholders contradict each other."))
    elif not _anybody((content.conflict.tie_breaker,), content, facts):
        sentence = _("Nobody active decides when stakeholders contradict each other.")
        yield Finding("blocking", "/conflict/tie_breaker", sentence)


def _at(severities: Sequence[str]) -> str:
    if len(severities) == len(SEVERITIES):
        return ""
    return _(" at %(severities)s") % {"severities": ", ".join(severity.upper() for severity in severities)}
