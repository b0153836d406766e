"""Who is on call now and who is next, schedule by schedule."""

from dataclasses import dataclass
from datetime import datetime

from governance.documents.facts import PeopleFacts
from governance.models import Schedule
from governance.reads import people
from governance.rules import oncall as rules


@dataclass(frozen=True)
class Turn:
    """`schedule` with the duty at the moment (None: nobody answers) and the one after."""

    schedule: Schedule
    now: rules.Duty | None
    then: rules.Duty | None


def turns(*, at: datetime, team: str = "", schedule: str = "") -> tuple[list[Turn], PeopleFacts]:
    """Active schedules (those of the team or with the key that is given) at `at`, and the people to name them."""
    rows = Schedule.objects.filter(is_active=True).select_related("team").order_by("key")
    if team:
        rows = rows.filter(team__key=team)
    if schedule:
        rows = rows.filter(key=schedule)
    folk = people.facts(at)
    known = [(row, folk.schedules[row.pk]) for row in rows if row.pk in folk.schedules]
    found = [Turn(row, rules.on_duty(facts, folk, at), rules.following(facts, folk, at)) for row, facts in known]
    return found, folk
