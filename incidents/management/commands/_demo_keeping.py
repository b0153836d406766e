"""What keeps the rules of the demo company alive: days on which documents are looked at again, and training."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from governance.models import Document, Topic
from governance.reads import checks as days
from governance.rules import keeping
from governance.services import checks, training
from portal import audit
from portal.models import User

REASON, LABEL = "demo company", "demo"
EVERY_DAYS = 365
LEARNED = timedelta(days=200)
OWNERS = (keeping.PLATFORM, keeping.BUSINESS)


def keep(people: Mapping[str, User], *, at: datetime) -> None:
    """Once: every document is looked at each year, and everybody has learned what accountable owners need."""
    if Topic.objects.exists():
        return
    admin, on = people["admin"], days.today(at) - LEARNED
    training.default_topics(by=None, label=LABEL, at=at)
    topics = list(Topic.objects.filter(key__in=OWNERS))
    with audit.action(actor=admin, reason=REASON, at=at):
        for person in people.values():
            for topic in topics:
                training.record(person=person, topic=topic, learned_on=on, proof="Course", by=admin, at=at)
        for document in Document.objects.filter(effective_version__isnull=False, review_every_days=None):
            checks.keep(document=document, every_days=EVERY_DAYS, by=admin, at=at)
