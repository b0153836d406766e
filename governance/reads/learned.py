"""The training topics in use, and who has learned what, as the checks of documents need them."""

from collections import defaultdict
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from governance.models import Topic, Training
from governance.reads import checks


def topics() -> dict[str, str]:
    """Titles of the topics in use by key; one query."""
    return dict(Topic.objects.filter(is_active=True).order_by("title").values_list("key", "title"))


def valid(on: date) -> dict[UUID, frozenset[str]]:
    """The keys of the topics that each person has learned and that count on a day; one query."""
    rows = Training.objects.filter(Q(valid_until=None) | Q(valid_until__gte=on), learned_on__lte=on)
    found: dict[UUID, set[str]] = defaultdict(set)
    for person, topic in rows.filter(topic__is_active=True).values_list("person_id", "topic__key"):
        found[person].add(topic)
    return {person: frozenset(keys) for person, keys in found.items()}


def facts(at: datetime) -> tuple[dict[str, str], dict[UUID, frozenset[str]]]:
    """What ``Facts.topics`` and ``Facts.training`` say at `at`; two queries, one where there are no topics."""
    known = topics()
    return known, valid(checks.today(at)) if known else {}
