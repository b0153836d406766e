"""What an escalation policy must hold before it may be published, and what is unwise (D16-D24)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.documents.base import CRITICALITIES, SEVERITIES, Target, duplicate_keys, unknown_references
from governance.documents.facts import Facts, Finding

if TYPE_CHECKING:
    from governance.documents.escalation import Escalation, Level, Path


def findings(content: Escalation, facts: Facts) -> list[Finding]:
    """All findings about a policy, blocking ones first."""
    found = [
        *unknown_references(content, facts),
        *_keys(content),
        *_targets(content, facts),
        *_levels(content),
        *_paths(content),
        *_coverage(content),
        *_times(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _keys(content: Escalation) -> Iterator[Finding]:
    for name in ("triggers", "timeboxes", "levels", "paths", "exceptions"):
        yield from duplicate_keys(getattr(content, name), f"/{name}")
    for category in content.exceptions:
        if category.path not in content.path_by_key:
            yield Finding("blocking", f"/exceptions/{category.key}/path", f"There is no path called {category.path!r}.")


def _all_targets(content: Escalation) -> Iterator[tuple[str, Target]]:
    for level in content.levels:
        yield from ((f"/levels/{level.key}/targets/{index}", target) for index, target in enumerate(level.targets))
    for path in content.paths:
        if path.news is not None:
            yield from (
                (f"/paths/{path.key}/news/targets/{index}", target) for index, target in enumerate(path.news.targets)
            )
    yield from ((f"/fallback/{index}", target) for index, target in enumerate(content.fallback))


def _targets(content: Escalation, facts: Facts) -> Iterator[Finding]:
    for path, target in _all_targets(content):
        known = {"responsibility": facts.responsibilities, "role": facts.roles}.get(target.kind)
        if known is not None and target.ref not in known:
            yield Finding(
                "blocking", path, f"There is no {target.kind} called {str(target.ref)!r} in the company matrix."
            )
        if target.team is not None and target.team in facts.teams:
            members = (facts.people.get(person) for person in facts.teams[target.team].members)
            if not any(person is not None and person.active for person in members):
                yield Finding("blocking", path, f"The team {facts.teams[target.team].name} has no active member.")
    if not content.fallback:
        yield Finding("blocking", "/fallback", "Nobody is told when nobody was reached; name a fallback.")


def _levels(content: Escalation) -> Iterator[Finding]:
    used = {key for path in content.paths for key in path.levels}
    for level in content.levels:
        if level.key in ("fallback", "news"):
            yield Finding(
                "blocking", f"/levels/{level.key}", f"No level may have the key {level.key!r}; choose another."
            )
        if not level.targets:
            yield Finding("blocking", f"/levels/{level.key}/targets", f"{level.title} tells nobody.")
        if level.key not in used:
            yield Finding("blocking", f"/levels/{level.key}", f"{level.title} is on no path, so it is never reached.")


def _paths(content: Escalation) -> Iterator[Finding]:
    for path in content.paths:
        where = f"/paths/{path.key}"
        if not path.levels:
            yield Finding("blocking", f"{where}/levels", f"{path.title} has no levels.")
        if len(set(path.levels)) != len(path.levels):
            yield Finding("blocking", f"{where}/levels", f"{path.title} names a level twice; use repeats instead.")
        ended = ""
        for key in path.levels:
            level = content.level_by_key.get(key)
            if level is None:
                yield Finding("blocking", f"{where}/levels", f"There is no level called {key!r}.")
                continue
            if ended:
                yield Finding("blocking", f"{where}/levels", f"{level.title} is never reached: {ended} ends the path.")
            if not _can_match(level, path):
                yield Finding(
                    "blocking",
                    f"{where}/levels",
                    f"{level.title} is never reached on {path.title}: its criteria exclude it.",
                )
            if level.on_timeout != "next":
                ended = level.title
        if path.news is not None and not path.news.targets:
            yield Finding("blocking", f"{where}/news/targets", f"The news of {path.title} tell nobody.")


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
            yield Finding(
                "blocking", f"/paths/{path.key}", f"{path.title} and {seen[cell]} are for the same incidents."
            )
        seen.setdefault(cell, path.title)
    for criticality in CRITICALITIES:
        lacking = [
            severity
            for severity in SEVERITIES
            if not {(criticality, severity), (criticality, "any"), ("any", severity), ("any", "any")} & seen.keys()
        ]
        if lacking:
            words = ", ".join(severity.upper() for severity in lacking)
            yield Finding("blocking", "/paths", f"No path covers {criticality} criticality at {words}.")
    if ("any", "any") not in seen:
        sentence = (
            "No path is for any criticality and any severity; an unknown workflow takes the path of medium criticality."
        )
        yield Finding("advisory", "/paths", sentence)


def _times(content: Escalation) -> Iterator[Finding]:
    for path in content.paths:
        rounds = 1 + content.repeats.count
        needed = len(path.levels) * rounds + 1
        if needed > content.cap:
            sentence = f"{path.title} needs {needed} steps but the cap is {content.cap}; the last ones are never taken."
            yield Finding("advisory", "/cap", sentence)
        window = sum(content.level_by_key[key].window_minutes for key in path.levels if key in content.level_by_key)
        if window > 24 * 60:
            yield Finding(
                "advisory", f"/paths/{path.key}", f"{path.title} takes more than a day until everybody was told."
            )
    if not any(box.severity == "any" for box in content.timeboxes):
        named = {box.severity for box in content.timeboxes}
        if any(severity not in named for severity in SEVERITIES):
            yield Finding("advisory", "/timeboxes", "Some severities have no timebox; 15 and 60 minutes hold for them.")
    severities = [box.severity for box in content.timeboxes]
    for box in content.timeboxes:
        if severities.count(box.severity) > 1:
            yield Finding("blocking", f"/timeboxes/{box.key}", f"Two timeboxes are for {box.severity}.")
