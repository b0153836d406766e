"""What an escalation policy must hold before it may be published, and what is unwise (D16-D24)."""

from __future__ import annotations

from collections.abc import Iterator

from governance.documents import links, trigger_checks
from governance.documents.base import CRITICALITIES, SEVERITIES, Target, duplicate_keys
from governance.documents.escalation import Escalation, Level, Path
from governance.documents.facts import Facts, Finding, SeatFacts
from governance.documents.sentences import Sentence as _

NOT_IN_MATRIX = {
    "responsibility": _("There is no responsibility called '%(key)s' in the company matrix."),
    "role": _("There is no role called '%(key)s' in the company matrix."),
}
UNCOVERED = {
    "high": _("No path covers high criticality at %(severities)s."),
    "medium": _("No path covers medium criticality at %(severities)s."),
    "low": _("No path covers low criticality at %(severities)s."),
}
NO_DEFAULT = _(
    "No path is for any criticality and any severity; an unknown workflow takes the path of medium criticality."
)


def findings(content: Escalation, facts: Facts) -> list[Finding]:
    """All findings about a policy, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *_keys(content),
        *_targets(content, facts),
        *_levels(content),
        *_paths(content),
        *_coverage(content),
        *_times(content),
        *trigger_checks.findings(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _keys(content: Escalation) -> Iterator[Finding]:
    for name in ("triggers", "timeboxes", "levels", "paths", "exceptions", "learning"):
        yield from duplicate_keys(getattr(content, name), f"/{name}")
    for category in content.exceptions:
        if category.path not in content.path_by_key:
            sentence = _("There is no path called '%(key)s'.") % {"key": category.path}
            yield Finding("blocking", f"/exceptions/{category.key}/path", sentence)


def _all_targets(content: Escalation) -> Iterator[tuple[str, Target]]:
    for level in content.levels:
        yield from ((f"/levels/{level.key}/targets/{index}", target) for index, target in enumerate(level.targets))
    for path in content.paths:
        if path.news is not None:
            yield from (
                (f"/paths/{path.key}/news/targets/{index}", target) for index, target in enumerate(path.news.targets)
            )
    for trigger in content.triggers:
        for index, target in enumerate(trigger.targets):
            yield f"/triggers/{trigger.key}/targets/{index}", target
    yield from ((f"/fallback/{index}", target) for index, target in enumerate(content.fallback))


def _targets(content: Escalation, facts: Facts) -> Iterator[Finding]:
    for path, target in _all_targets(content):
        known = {"responsibility": facts.responsibilities, "role": facts.roles}.get(target.kind)
        if known is not None and target.ref not in known:
            yield Finding("blocking", path, NOT_IN_MATRIX[target.kind] % {"key": target.ref})
        if target.team is not None and target.team in facts.teams:
            members = (facts.people.get(person) for person in facts.teams[target.team].members)
            if not any(person is not None and person.active for person in members):
                sentence = _("The team %(team)s has no active member.") % {"team": facts.teams[target.team].name}
                yield Finding("blocking", path, sentence)
        if target.schedule is not None and target.schedule in facts.schedules:
            roster = facts.schedules[target.schedule]
            if not any(person in facts.people and facts.people[person].active for person in roster.people):
                sentence = _("%(schedule)s has nobody on call within the next week.") % {"schedule": roster.name}
                yield Finding("blocking", path, sentence)
        if target.board is not None and target.board in facts.boards:
            board = facts.boards[target.board]
            if not any(_sits(seat, facts) for seat in board.seats):
                sentence = _("The board %(board)s has nobody in office.") % {"board": board.name}
                yield Finding("blocking", path, sentence)
    if not content.fallback:
        yield Finding("blocking", "/fallback", _("Nobody is told when nobody was reached; name a fallback."))


def _sits(seat: SeatFacts, facts: Facts) -> bool:
    """Whether somebody active holds the seat, or stands in for it."""
    holders = (facts.people.get(person) for person in (seat.person, seat.deputy) if person is not None)
    return any(person is not None and person.active for person in holders)


def _levels(content: Escalation) -> Iterator[Finding]:
    used = {key for path in content.paths for key in path.levels}
    for level in content.levels:
        if level.key in ("fallback", "news"):
            sentence = _("No level may have the key '%(key)s'; choose another.") % {"key": level.key}
            yield Finding("blocking", f"/levels/{level.key}", sentence)
        if not level.targets:
            sentence = _("%(level)s tells nobody.") % {"level": level.title}
            yield Finding("blocking", f"/levels/{level.key}/targets", sentence)
        if level.key not in used:
            sentence = _("%(level)s is on no path, so it is never reached.") % {"level": level.title}
            yield Finding("blocking", f"/levels/{level.key}", sentence)


def _paths(content: Escalation) -> Iterator[Finding]:
    for path in content.paths:
        where, named = f"/paths/{path.key}", {"path": path.title}
        if not path.levels:
            yield Finding("blocking", f"{where}/levels", _("%(path)s has no levels.") % named)
        if len(set(path.levels)) != len(path.levels):
            sentence = _("%(path)s names a level twice; use repeats instead.") % named
            yield Finding("blocking", f"{where}/levels", sentence)
        ended = ""
        for key in path.levels:
            level = content.level_by_key.get(key)
            if level is None:
                yield Finding("blocking", f"{where}/levels", _("There is no level called '%(key)s'.") % {"key": key})
                continue
            if ended:
                sentence = _("%(level)s is never reached: %(ended)s ends the path.")
                yield Finding("blocking", f"{where}/levels", sentence % {"level": level.title, "ended": ended})
            if not _can_match(level, path):
                sentence = _("%(level)s is never reached on %(path)s: its criteria exclude it.")
                yield Finding("blocking", f"{where}/levels", sentence % {"level": level.title, **named})
            if level.on_timeout != "next":
                ended = level.title
        if path.news is not None and not path.news.targets:
            yield Finding("blocking", f"{where}/news/targets", _("The news of %(path)s tell nobody.") % named)


def _can_match(level: Level, path: Path) -> bool:
    wanted = level.criteria.criticality
    if wanted and path.criticality != "any" and path.criticality not in wanted:
        return False
    return path.severity == "any" or SEVERITIES.index(path.severity) <= SEVERITIES.index(
        level.criteria.minimum_severity
    )


def _coverage(content: Escalation) -> Iterator[Finding]:
    """Every incident finds a path, one path only, and on it at least one level."""
    seen: dict[tuple[str, str], str] = {}
    special = {category.path for category in content.exceptions}
    for path in content.paths:
        cell = (path.criticality, path.severity)
        if path.key in special:
            continue
        if cell in seen:
            sentence = _("%(path)s and %(other)s are for the same incidents.")
            yield Finding("blocking", f"/paths/{path.key}", sentence % {"path": path.title, "other": seen[cell]})
        seen.setdefault(cell, path.title)
    for criticality in CRITICALITIES:
        lacking = [
            severity
            for severity in SEVERITIES
            if not {(criticality, severity), (criticality, "any"), ("any", severity), ("any", "any")} & seen.keys()
        ]
        if lacking:
            words = ", ".join(severity.upper() for severity in lacking)
            yield Finding("blocking", "/paths", UNCOVERED[criticality] % {"severities": words})
    if ("any", "any") not in seen:
        yield Finding("advisory", "/paths", NO_DEFAULT)


def _times(content: Escalation) -> Iterator[Finding]:
    for path in content.paths:
        rounds = 1 + content.repeats.count
        needed = len(path.levels) * rounds + 1
        if needed > content.cap:
            sentence = _("%(path)s needs %(needed)d steps but the cap is %(cap)d; the last ones are never taken.")
            said = {"path": path.title, "needed": needed, "cap": content.cap}
            yield Finding("advisory", "/cap", sentence % said)
        window = sum(content.level_by_key[key].window_minutes for key in path.levels if key in content.level_by_key)
        if window > 24 * 60:
            sentence = _("%(path)s takes more than a day until everybody was told.") % {"path": path.title}
            yield Finding("advisory", f"/paths/{path.key}", sentence)
    if not any(box.severity == "any" for box in content.timeboxes):
        named = {box.severity for box in content.timeboxes}
        if any(severity not in named for severity in SEVERITIES):
            sentence = _("Some severities have no timebox; 15 and 60 minutes hold for them.")
            yield Finding("advisory", "/timeboxes", sentence)
    severities = [box.severity for box in content.timeboxes]
    for box in content.timeboxes:
        if severities.count(box.severity) > 1:
            sentence = _("Two timeboxes are for %(severity)s.") % {"severity": box.severity}
            yield Finding("blocking", f"/timeboxes/{box.key}", sentence)
