"""Who holds something without the training that it asks for (D10, D108). Advice only: nobody is locked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from governance.documents.base import Holder
from governance.documents.facts import Facts, Finding
from governance.documents.matrix import Matrix, Responsibility, Role
from governance.documents.sentences import Sentence as _

PLATFORM, BUSINESS = "platform", "business"
"""Topics that an accountable owner has to know both (D10)."""
NAMED = 3
UNKNOWN = _("%(title)s asks for training that the portal does not know: %(key)s.")
LACKS = _("%(title)s: %(name)s has not learned %(topics)s, or too long ago.")
LACKED = _("%(title)s: %(names)s have not learned what it asks for (%(topics)s), or too long ago.")
MORE = _("%(title)s: %(names)s and %(count)d more have not learned what it asks for (%(topics)s), or too long ago.")
OWNER = _("%(title)s: nobody who is accountable has learned both %(platform)s and %(business)s.")


def findings(content: Matrix, facts: Facts) -> Iterator[Finding]:
    """Missing and lapsed training of holders, as far as training is known."""
    if facts.training is None:
        return
    for section, parts in (("roles", content.roles), ("responsibilities", content.responsibilities)):
        for part in parts:
            yield from _unknown(part, f"/{section}/{part.key}/training", facts)
    for role in content.roles:
        path = f"/roles/{role.key}/holders"
        yield from _lacking(role.title, role.training, people(role.holders, content, facts), path, facts)
    yield from _rows(content, facts)


def _unknown(part: Role | Responsibility, path: str, facts: Facts) -> Iterator[Finding]:
    for key in part.training:
        if key not in facts.topics:
            yield Finding("advisory", path, UNKNOWN % {"title": part.title, "key": key})


def _rows(content: Matrix, facts: Facts) -> Iterator[Finding]:
    both = {PLATFORM, BUSINESS}
    judged = both <= facts.topics.keys()
    for row in content.rows:
        duty, path = content.responsibility_by_key.get(row.responsibility), f"/rows/{row.key}/holder"
        title = duty.title if duty else row.responsibility
        if duty is not None and duty.training and row.letter in ("R", "A"):
            held = people((row.holder, *row.alternates), content, facts)
            yield from _lacking(title, duty.training, held, path, facts)
        if judged and row.letter == "A":
            owners = people((row.holder,), content, facts)
            if owners and not any(both <= _learned(person, facts) for person in owners):
                words = {"title": title, "platform": facts.topics[PLATFORM], "business": facts.topics[BUSINESS]}
                yield Finding("advisory", path, OWNER % words)


def _lacking(title: str, training: Iterable[str], held: Iterable[UUID], path: str, facts: Facts) -> Iterator[Finding]:
    """One finding for those of `held` who lack something of `training`."""
    asked = [key for key in training if key in facts.topics]
    lacking = [person for person in held if not set(asked) <= _learned(person, facts)]
    if not lacking:
        return
    first = lacking[0]
    if len(lacking) == 1:
        topics = [facts.topics[key] for key in asked if key not in _learned(first, facts)]
        words = {"title": title, "name": facts.people[first].name, "topics": ", ".join(topics)}
        yield Finding("advisory", path, LACKS % words)
        return
    names = ", ".join(facts.people[person].name for person in lacking[:NAMED])
    topics = [facts.topics[key] for key in asked]
    words = {"title": title, "topics": ", ".join(topics)}
    if len(lacking) > NAMED:
        more = {"names": names, "count": len(lacking) - NAMED}
        yield Finding("advisory", path, MORE % {**words, **more})
    else:
        yield Finding("advisory", path, LACKED % {**words, "names": names})


def _learned(person: UUID, facts: Facts) -> frozenset[str]:
    return (facts.training or {}).get(person, frozenset())


def people(holders: Iterable[Holder], content: Matrix, facts: Facts) -> list[UUID]:
    """The active people behind `holders`, nobody twice; behind a schedule those of the next week."""
    found: dict[UUID, None] = {}
    for holder in holders:
        behind: Iterable[UUID] = ()
        if holder.person is not None:
            behind = (holder.person,)
        elif holder.team is not None and holder.team in facts.teams:
            behind = facts.teams[holder.team].members
        elif holder.schedule is not None and holder.schedule in facts.schedules:
            behind = facts.schedules[holder.schedule].people
        elif holder.role is not None and holder.role in content.role_by_key:
            inner = [one for one in content.role_by_key[holder.role].holders if one.kind != "role"]
            behind = people(inner, content, facts)
        found |= dict.fromkeys(person for person in behind if person in facts.people and facts.people[person].active)
    return list(found)
