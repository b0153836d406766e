"""What an approval policy must hold before it may be published, and what is unwise (D52, D53, P16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args
from uuid import UUID

from governance.documents import links
from governance.documents.approval import BANDS, Approval, Governed, Requirement, Rule, Who
from governance.documents.base import duplicate_keys
from governance.documents.facts import Facts, Finding
from governance.documents.sentences import Sentence as _

UNGOVERNED = _("No row is for every normal change of the approval policy itself, so it could never be changed again.")
NOT_COVERED: Mapping[Governed, _] = {
    "matrix": _("No row is for normal changes of ownership matrices, so none can be approved."),
    "escalation": _("No row is for normal changes of escalation policies, so none can be approved."),
    "rubric": _("No row is for normal changes of triage rubrics, so none can be approved."),
    "module": _("No row is for normal changes of playbook modules, so none can be approved."),
    "playbook": _("No row is for normal changes of playbooks, so none can be approved."),
    "communication": _("No row is for normal changes of communication plans, so none can be approved."),
    "glossary": _("No row is for normal changes of glossaries, so none can be approved."),
}
UNKNOWN_KEY = {
    "role": _("There is no permission role called '%(key)s'."),
    "responsibility": _("There is no responsibility called '%(key)s' in the company matrix."),
}
SAME = {
    "alternate": _("%(need)s: the stand-in is the same as who is asked first."),
    "next": _("%(need)s: the next authority is the same as somebody who is asked before."),
    "tie_breaker": _("%(need)s: the tie-breaker is the same as who is asked; somebody else has to decide."),
}


def findings(content: Approval, facts: Facts) -> list[Finding]:
    """All findings about a policy, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *_whole(content),
        *_rows(content),
        *_governed(content),
        *(finding for path, need in content.requirements() for finding in _requirement(path, need, facts)),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _whole(content: Approval) -> Iterator[Finding]:
    if content.scope.kind != "default":
        yield Finding("blocking", "/scope", _("An approval policy is for the whole company."))
    for name in ("rows", "risk", "retrospective"):
        yield from duplicate_keys(getattr(content, name), f"/{name}")
    for row in content.rows:
        yield from duplicate_keys(row.needs, f"/rows/{row.key}/needs")
    if not content.rows:
        yield Finding("blocking", "/rows", _("The policy has no row, so nothing could be approved any more."))
    if not content.retrospective:
        yield Finding("advisory", "/retrospective", _("Nobody judges an emergency change after it has taken effect."))
    if "emergency" not in content.freeze_exempt:
        sentence = _("While changes are frozen not even an emergency change may take effect.")
        yield Finding("advisory", "/freeze_exempt", sentence)


def _rows(content: Approval) -> Iterator[Finding]:
    for row in content.rows:
        path, named = f"/rows/{row.key}", {"row": row.title}
        if not row.pre_approved:
            if not row.needs:
                sentence = _("%(row)s names nobody who has to approve; name somebody, or approve it in advance.")
                yield Finding("blocking", f"{path}/needs", sentence % named)
            if row.when.models == ("standard",):
                sentence = _("%(row)s is never used: a standard change takes only rows that are approved in advance.")
                yield Finding("advisory", f"{path}/when/models", sentence % named)
            continue
        if row.needs:
            sentence = _("%(row)s is approved in advance, so nobody would be asked; remove the people or the tick.")
            yield Finding("blocking", f"{path}/needs", sentence % named)
        if not row.when.kinds or "approval" in row.when.kinds:
            sentence = _("%(row)s would let anybody change the approval policy itself; name the kinds that it is for.")
            yield Finding("blocking", f"{path}/when/kinds", sentence % named)
        if row.when.models and "standard" not in row.when.models:
            sentence = _("%(row)s is never used: only a standard change can be approved in advance.")
            yield Finding("advisory", f"{path}/when/models", sentence % named)


def _governed(content: Approval) -> Iterator[Finding]:
    """The policy governs its own change, whatever its risk and whatever it touches."""
    if content.rows and not _covers(content, "approval", ("publish", "restore")):
        yield Finding("blocking", "/rows", UNGOVERNED)
    for kind in get_args(Governed):
        if content.rows and kind != "approval" and not _covers(content, kind, ("publish",)):
            yield Finding("advisory", "/rows", NOT_COVERED[kind])


def _covers(content: Approval, kind: str, actions: tuple[str, ...]) -> bool:
    def holds(row: Rule, action: str, band: str) -> bool:
        when = row.when
        return (
            not row.pre_approved
            and bool(row.needs)
            and not (when.criticalities or when.parts)
            and (not when.kinds or kind in when.kinds)
            and (not when.models or "normal" in when.models)
            and (not when.actions or action in when.actions)
            and (not when.bands or band in when.bands)
        )

    return all(any(holds(row, action, band) for row in content.rows) for action in actions for band in BANDS)


def _requirement(path: str, need: Requirement, facts: Facts) -> Iterator[Finding]:
    named = {"need": need.title}
    earlier = [need.who]
    for name in ("alternate", "next", "tie_breaker"):
        who: Who | None = getattr(need, name)
        if who is not None and who in (earlier if name != "tie_breaker" else (need.who,)):
            yield Finding("blocking", f"{path}/{name}", SAME[name] % named)
        if who is not None:
            earlier.append(who)
            yield from _who(f"{path}/{name}", who, facts)
    yield from _who(f"{path}/who", need.who, facts)
    yield from _number(path, need, facts)
    if need.turnaround_minutes is None:
        sentence = _("%(need)s: nothing says by when; without that nobody is reminded and no stand-in is asked.")
        yield Finding("advisory", f"{path}/turnaround_minutes", sentence % named)
    if need.alternate is None:
        sentence = _("%(need)s: who is asked when they are silent or may not judge a change themselves?")
        yield Finding("advisory", f"{path}/alternate", sentence % named)
    if need.who.kind == "person":
        sentence = _("%(need)s hangs on a single person; a board, a team or a role outlasts one.")
        yield Finding("advisory", f"{path}/who", sentence % named)


def _who(path: str, who: Who, facts: Facts) -> Iterator[Finding]:
    known = {"role": facts.permission_roles, "responsibility": facts.responsibilities}.get(who.kind)
    if known is not None and who.ref not in known:
        yield Finding("blocking", path, UNKNOWN_KEY[who.kind] % {"key": who.ref})
    people = _people(who, facts)
    if people is None or people:
        return
    if who.team is not None:
        sentence = _("The team %(team)s has no active member.") % {"team": facts.teams[who.team].name}
        yield Finding("blocking", path, sentence)
    if who.board is not None and who.function:
        sentence = _("Nobody on the board %(board)s sits there for %(function)s.")
        named = {"board": facts.boards[who.board].name, "function": who.function}
        yield Finding("blocking", path, sentence % named)
    elif who.board is not None:
        sentence = _("The board %(board)s has no active member.") % {"board": facts.boards[who.board].name}
        yield Finding("blocking", path, sentence)


def _number(path: str, need: Requirement, facts: Facts) -> Iterator[Finding]:
    if need.how == "percent" and need.number > 100:
        sentence = _("%(need)s: there are no more than 100 percent.") % {"need": need.title}
        yield Finding("blocking", f"{path}/number", sentence)
    people = _people(need.who, facts)
    if need.how == "number" and people and need.number > len(people):
        sentence = _("%(need)s: needs %(number)d approvals, but only %(count)d could give one.")
        named = {"need": need.title, "number": need.number, "count": len(people)}
        yield Finding("blocking", f"{path}/number", sentence % named)


def _people(who: Who, facts: Facts) -> set[UUID] | None:
    """The active people whom `who` means; None when that is not known here."""
    found: list[UUID]
    if who.person is not None:
        found = [who.person]
    elif who.team is not None and who.team in facts.teams:
        found = list(facts.teams[who.team].members)
    elif who.board is not None and who.board in facts.boards:
        seats = facts.boards[who.board].seats
        found = [seat.person for seat in seats if who.function in ("", seat.function)]
    else:
        return None
    return {person for person in found if person in facts.people and facts.people[person].active}
