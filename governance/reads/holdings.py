"""What a person holds in the documents that steer people: cells, drafts, roles, levels; and who answers then.

Everything comes from ``ownership.expand``, the rule that the live engine calls: once as things are, once with the
person inactive. A row where somebody answers now and nobody does then is a gap, told to the owner of the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.documents.base import Holder, Pinned
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Matrix, Row
from governance.models import ChangeRequest, Document, Reference, Version
from governance.reads import changes, documents, people
from governance.rules import ownership
from portal.models import User
from portal.reads import holdings
from portal.reads.holdings import Gap, Holding

ACTING = ("R", "A")  # letters whose holder somebody waits for
PLAIN = ("person", "team", "role")
NOBODY = UUID(int=0)
CRITICALITIES = {
    "high": gettext_lazy("high criticality"),
    "medium": gettext_lazy("medium criticality"),
    "low": gettext_lazy("low criticality"),
}


def without(folk: PeopleFacts, person: UUID) -> PeopleFacts:
    """The same people when `person` has left."""
    known = folk.people.get(person)
    return folk if known is None else replace(folk, people={**folk.people, person: replace(known, active=False)})


def held(person: User, *, at: datetime, viewer: User | None = None) -> list[Holding]:
    """Cells, roles and levels that name `person`, in force and in drafts; a constant number of queries."""
    scene = _Scene(person, at)
    return [*_in_force(scene), *_named_elsewhere(scene), *_drafts(scene)]


@dataclass
class _Scene:
    """Who leaves, and the world before and after."""

    person: User
    at: datetime

    @cached_property
    def before(self) -> PeopleFacts:
        return people.facts(self.at)

    @cached_property
    def after(self) -> PeopleFacts:
        return without(self.before, self.person.pk)

    @cached_property
    def matrices(self) -> ownership.Matrices:
        return documents.matrices()

    @cached_property
    def owners(self) -> holdings.Owners:
        return holdings.Owners(self.person)

    @cached_property
    def workflows(self) -> dict[UUID, WorkflowFacts]:
        return people.workflows()

    @cached_property
    def stands_for(self) -> frozenset[UUID]:
        """The person and everybody whom they cover now."""
        folk = self.before.people.values()
        covers = (
            one.id
            for one in folk
            if any(item.cover == self.person.pk and item.from_at <= self.at < item.until_at for item in one.absences)
        )
        return frozenset({self.person.pk, *covers})

    @cached_property
    def teams(self) -> frozenset[UUID]:
        """Teams where somebody counts on the person."""
        return frozenset(key for key, team in self.before.teams.items() if not self.stands_for.isdisjoint(team.members))

    def touches(self, holder: Holder, matrix: Matrix) -> bool:
        """Whether `holder` may reach somebody else when the person has left."""
        if holder.kind == "role":
            role = matrix.role_by_key.get(str(holder.ref)) or self._company_role(str(holder.ref))
            return role is not None and any(one.kind != "role" and self.touches(one, matrix) for one in role.holders)
        if holder.kind == "team":
            return holder.ref in self.teams
        return holder.kind not in PLAIN or holder.ref in self.stands_for

    def _company_role(self, key: str) -> Any:
        company = self.matrices.company
        return company.content.role_by_key.get(key) if company else None

    def answers(self, team: UUID | None, holders: tuple[Holder, ...], folk: PeopleFacts) -> list[tuple[int, list[str]]]:
        """(position, names) of those who can be told, holder first."""
        workflow = WorkflowFacts(NOBODY, "", team=team)
        found = []
        for position, holder in enumerate(holders):
            people_there, _left_out = ownership.expand(self.matrices, workflow, holder.kind, holder.ref, folk, self.at)
            if people_there:
                found.append((position, [one.name for one in people_there]))
        return found

    def becomes(self, team: UUID | None, holders: tuple[Holder, ...]) -> tuple[str, bool]:
        """What happens to a row of `holders`, in a sentence without its owner, and whether that is a gap."""
        now, then = self.answers(team, holders, self.before), self.answers(team, holders, self.after)
        if not then:
            return (_("Nobody answers."), True) if now else (_("Nobody answers already now."), False)
        position, names = then[0]
        return _answering(names, position, is_same=bool(now) and now[0] == then[0], is_last=len(then) == 1), False


def _answering(names: list[str], position: int, *, is_same: bool, is_last: bool) -> str:
    """Who answers then, for one name and for several."""
    count = len(names)
    if is_same and is_last:
        sentence = ngettext(
            "%(names)s still answers; nobody stands in any more.",
            "%(names)s still answer; nobody stands in any more.",
            count,
        )
    elif is_same:
        sentence = ngettext(
            "%(names)s still answers first; one person fewer stands in.",
            "%(names)s still answer first; one person fewer stands in.",
            count,
        )
    elif position == 0:
        sentence = ngettext("%(names)s answers from now on.", "%(names)s answer from now on.", count)
    elif position == 1:
        sentence = ngettext(
            "%(names)s, the first alternate, answers from now on.",
            "%(names)s, the first alternates, answer from now on.",
            count,
        )
    else:
        sentence = ngettext(
            "%(names)s, alternate %(position)d, answers from now on.",
            "%(names)s, alternates %(position)d, answer from now on.",
            count,
        )
    return sentence % {"names": ", ".join(names), "position": position}


def _in_force(scene: _Scene) -> Iterator[Holding]:
    """Rows and roles of the matrices in force."""
    company, teams = scene.matrices.company, scene.matrices.teams
    for team, pinned in [*([(None, company)] if company else []), *teams.items()]:
        url = reverse("governance:document", args=[pinned.document])
        for row in pinned.content.rows:
            found = _row(scene, team, pinned, row, url)
            if found is not None:
                yield found
        yield from _roles(scene, team, pinned, url)


def _row(scene: _Scene, team: UUID | None, pinned: Pinned[Matrix], row: Row, url: str) -> Holding | None:
    holders = (row.holder, *row.alternates)
    named = any(holder.person == scene.person.pk for holder in holders)
    if not named and not any(scene.touches(holder, pinned.content) for holder in holders):
        return None
    title, where = words(scene, pinned.content, row), place(pinned)
    if row.letter not in ACTING:
        return Holding(_("Duties in force"), title, where, _("They hear of it no more."), url) if named else None
    after, is_gap = scene.becomes(team, holders)
    gap = Gap(holdings.DUTY, title, where, scene.owners.of(team)) if is_gap else None
    if gap is not None:
        after = _("Nobody answers: %(owners)s is told.") % {"owners": gap.names}
    if not named and gap is None:
        return None
    heading = _("Duties in force") if named else _("Duties of their teams and roles")
    return Holding(heading, title, where, after, url, gap)


def _roles(scene: _Scene, team: UUID | None, pinned: Pinned[Matrix], url: str) -> Iterator[Holding]:
    for role in pinned.content.roles:
        if not any(holder.person == scene.person.pk for holder in role.holders):
            continue
        where = place(pinned)
        left = [name for _position, names in scene.answers(team, role.holders, scene.after) for name in names]
        if left:
            names = list(dict.fromkeys(left))
            after = ngettext("%(names)s still holds it.", "%(names)s still hold it.", len(names))
            after %= {"names": ", ".join(names)}
            yield Holding(_("Roles in incidents"), role.title, where, after, url)
        else:
            gap = Gap(holdings.DUTY, role.title, where, scene.owners.of(team))
            after = _("Nobody holds the role: %(owners)s is told.") % {"owners": gap.names}
            yield Holding(_("Roles in incidents"), role.title, where, after, url, gap)
    rule = pinned.content.conflict
    if rule is not None and rule.tie_breaker.person == scene.person.pk:
        gap = Gap(holdings.DUTY, _("Decides when others disagree"), place(pinned), scene.owners.of(team))
        after = _("Nobody decides then: %(owners)s is told.") % {"owners": gap.names}
        yield Holding(_("Roles in incidents"), gap.what, gap.where, after, url, gap)


def _references(scene: _Scene) -> Any:
    return Reference.objects.filter(target_type=User._meta.label_lower, target_id=scene.person.pk)


def _named_elsewhere(scene: _Scene) -> Iterator[Holding]:
    """Levels of escalation policies in force, and other documents, that name the person."""
    effective = Document.objects.exclude(kind="matrix").filter(effective_version__isnull=False)
    rows = _references(scene).filter(version__in=effective.values("effective_version"))
    after = _("They are left out; when nobody else is named there, the next level is called at once.")
    for version, where in _named(rows):
        url = reverse("governance:document", args=[version.document_id])
        yield Holding(_("Named in other documents"), version.document.title, where, after, url)


def _drafts(scene: _Scene) -> Iterator[Holding]:
    after = _("The draft keeps the name; its check says that they are no longer active.")
    found = _named(_references(scene).filter(version__frozen_at=None))
    rows = ChangeRequest.objects.filter(version__in=[version.pk for version, _where in found]).order_by("requested_at")
    asked = {change.version_id: change.get_absolute_url() for change in rows.only("reference", "version")}
    for version, where in found:
        url = asked.get(version.pk) or reverse("governance:document", args=[version.document_id])
        number = _("version %(number)d, %(path)s") % {"number": version.number, "path": where}
        yield Holding(_("Drafts"), version.document.title, number, after, url)


def _named(references: Any) -> list[tuple[Version, str]]:
    """The version of each of `references`, and where in it the person is named, in words."""
    found = list(references.select_related("version__document").order_by("version", "path"))
    contents = {one.version_id: changes.content(one.version) for one in found}
    where = changes.places_of([(one.path, [contents[one.version_id]]) for one in found])
    return list(zip((one.version for one in found), where, strict=True))


def words(scene: _Scene, content: Matrix, row: Row) -> str:
    """A row in words: responsibility, what it is for, severity."""
    company = scene.matrices.company
    own = content.responsibility_by_key.get(row.responsibility)
    duty = own or (company.content.responsibility_by_key.get(row.responsibility) if company else None)
    parts = [duty.title if duty else row.responsibility]
    ref = row.scope.ref
    if isinstance(ref, UUID):
        known: Any = scene.workflows.get(ref) if row.scope.kind == "workflow" else scene.before.teams.get(ref)
        parts += [known.name] if known is not None else []
    elif ref:
        parts.append(str(CRITICALITIES[ref]))
    if row.severity != "any":
        parts.append(row.severity.upper())
    return " · ".join(parts)


def place(pinned: Pinned[Matrix]) -> str:
    return pinned.title or pinned.content.title
