"""What people have learned and for how long it counts, what they hold asks for, and what is missing (D10, D108)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.documents import training_checks
from governance.documents.facts import Facts
from governance.documents.matrix import Matrix
from governance.models import Topic, Training
from governance.reads import checks, documents, learned
from governance.rules import keeping
from portal.models import User
from portal.reads.home import Item

SOON = timedelta(days=keeping.LAPSE_DAYS)


@dataclass(frozen=True)
class Gap:
    """`person` holds `title` (a role or a duty), which asks for `topic` (its key)."""

    person: UUID
    topic: str
    title: str


@dataclass(frozen=True)
class Line:
    """A topic of one person: until when it counts, what asks for it, and how it stands (tone)."""

    topic: Topic
    training: Training | None
    asked_by: tuple[str, ...]
    words: str
    tone: str


def gaps(*, at: datetime) -> list[Gap]:
    """Whoever lacks training that a role or duty of the matrices in force asks for; a constant number of queries."""
    known = documents.facts(at)
    return [gap for gap in _asked(_matrices(), known) if gap.topic not in (known.training or {}).get(gap.person, ())]


def _matrices() -> list[Matrix]:
    force = documents.matrices()
    every = [force.company, *force.teams.values()] if force.company else [*force.teams.values()]
    return [pinned.content for pinned in every if pinned is not None]


def _asked(matrices: Iterable[Matrix], known: Facts) -> list[Gap]:
    """Who has to have learned what because of which role or duty; nobody twice for one."""
    found: dict[Gap, None] = {}
    for content in matrices:
        for role in content.roles:
            for person in training_checks.people(role.holders, content, known) if role.training else ():
                found |= {Gap(person, topic, role.title): None for topic in role.training if topic in known.topics}
        for row in content.rows:
            duty = content.responsibility_by_key.get(row.responsibility)
            title = duty.title if duty else row.responsibility
            if duty is not None and duty.training and row.letter in ("R", "A"):
                for person in training_checks.people((row.holder, *row.alternates), content, known):
                    found |= {Gap(person, topic, title): None for topic in duty.training if topic in known.topics}
            if row.letter == "A" and {keeping.PLATFORM, keeping.BUSINESS} <= known.topics.keys():
                for person in training_checks.people((row.holder,), content, known) if row.holder.person else ():
                    found |= {Gap(person, topic, title): None for topic in (keeping.PLATFORM, keeping.BUSINESS)}
    return list(found)


def own(user: User, *, at: datetime) -> list[Line]:
    """The topics that `user` has learned or should have; what is missing first; a constant number of queries."""
    known, day = documents.facts(at), checks.today(at)
    asked: dict[str, list[str]] = defaultdict(list)
    for gap in _asked(_matrices(), known):
        if gap.person == user.pk and gap.title not in asked[gap.topic]:
            asked[gap.topic].append(gap.title)
    last: dict[str, Training] = {}
    for row in Training.objects.filter(person=user).select_related("topic").order_by("learned_on"):
        best = last.get(row.topic.key)
        if best is None or _end(row) >= _end(best):
            last[row.topic.key] = row
    every = Topic.objects.filter(is_active=True).order_by("title")
    lines = [_line(topic, last.get(topic.key), tuple(asked[topic.key]), day) for topic in every]
    shown = [line for line in lines if line.training is not None or line.asked_by]
    order = {"bad": 0, "warn": 1, "": 2, "ok": 3}
    return sorted(shown, key=lambda line: order[line.tone])


def _end(row: Training) -> date:
    return row.valid_until or date.max


def _line(topic: Topic, row: Training | None, asked: tuple[str, ...], day: date) -> Line:
    if row is None:
        return Line(topic, row, asked, _("Missing"), "bad")
    if row.valid_until is None:
        return Line(topic, row, asked, _("Learned"), "ok")
    said = {"day": checks.in_words(row.valid_until)}
    if row.valid_until < day:
        return Line(topic, row, asked, _("Ended %(day)s") % said, "bad" if asked else "")
    return Line(topic, row, asked, _("Counts until %(day)s") % said, "warn" if row.valid_until - day <= SOON else "ok")


def lacking(*, at: datetime) -> list[tuple[User, list[str], list[str]]]:
    """Who lacks something: the person, titles of topics, and what asks for them; a constant number of queries."""
    found, titles = gaps(at=at), learned.topics()
    people = User.objects.in_bulk({gap.person for gap in found})
    rows: dict[UUID, tuple[dict[str, None], dict[str, None]]] = defaultdict(lambda: ({}, {}))
    for gap in found:
        rows[gap.person][0][titles[gap.topic]] = None
        rows[gap.person][1][gap.title] = None
    every = [(people[key], [*which], [*why]) for key, (which, why) in rows.items() if key in people]
    return sorted(every, key=lambda row: str(row[0]))


def assigned(person: User, *, at: datetime) -> list[str]:
    """What whoever has given `person` a team or a role should know: the training that what they hold now asks for and
    that is missing, each topic with what asks for it; a constant number of queries.
    """
    found, titles = gaps(at=at), learned.topics()
    asked: dict[str, dict[str, None]] = defaultdict(dict)
    for gap in found:
        if gap.person == person.pk:
            asked[titles[gap.topic]][gap.title] = None
    if not asked:
        return []
    topics = [_("%(topic)s (for %(titles)s)") % {"topic": topic, "titles": ", ".join(asked[topic])} for topic in asked]
    sentence = _(
        "%(name)s holds what asks for training and has not learned %(topics)s, or too long ago. "
        "It is saved all the same."
    )
    return [sentence % {"name": person.name, "topics": ", ".join(topics)}]


def card(user: User, *, at: datetime) -> list[Item]:
    """Training of `user` that ends soon or has ended without being renewed; one query while there is none."""
    day = checks.today(at)
    rows = Training.objects.filter(person=user, topic__is_active=True).select_related("topic")
    last: dict[UUID, Training] = {}
    for row in rows:
        best = last.get(row.topic_id)
        last[row.topic_id] = row if best is None or _end(row) >= _end(best) else best
    return [
        Item(
            title=_("Learn again: %(topic)s") % {"topic": row.topic.title},
            reason=_("What you learned counts until %(day)s.") % {"day": checks.in_words(row.valid_until)},
            url=reverse("governance:training"),
            button=_("See"),
            due_at=checks.morning(row.valid_until),
            tone="bad" if row.valid_until < day else "warn",
        )
        for row in last.values()
        if row.valid_until is not None and -SOON <= row.valid_until - day <= SOON
    ]
