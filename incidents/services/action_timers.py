"""The clock asks for actions: before they are due, when they are and every week, and later whether they help (D96)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from incidents.models import ActionItem, Incident
from incidents.reads import better
from incidents.services import cases, messages, participants, timeline
from incidents.services.review_timers import team_admins
from portal import audit, operators, timers
from portal import roles as portal_roles
from portal.models import Timer, User

DUE, EFFECT = "action.due", "action.effect"
REMINDED_BEFORE = timedelta(days=1)
AGAIN = timedelta(days=7)
SOON, OVERDUE = "soon", "overdue"
ASK, CHECK = "ask", "check"


def promise(item: ActionItem, *, at: datetime) -> None:
    """Call it to mind before it is due, or at once when it is due; what was promised before counts no more."""
    timers.supersede(subject=item, at=at, reason="another time", kinds=[DUE])
    timers.schedule(kind=DUE, subject=item, due_at=max(item.due_at - REMINDED_BEFORE, at), at=at)


def done(item: ActionItem, *, at: datetime) -> None:
    """Nobody is asked for it any more; later people are asked whether it helps, then it is looked at."""
    assert item.effect_due_at is not None
    timers.cancel(subject=item, at=at, reason="done", kinds=[DUE])
    asked = max(at, item.effect_due_at - better.ASKED_BEFORE)
    timers.schedule(kind=EFFECT, subject=item, due_at=asked, at=at, data={"stage": ASK})


def tell(which: str, item: ActionItem, to: Iterable[User], key: str, *, at: datetime, **more: Any) -> None:
    """A message about `item`, which leads to its page."""
    url = settings.SITE_URL + item.get_absolute_url()
    facts = {"which": which, "action": item.reference, "what": item.title, "due_at": item.due_at, "url": url} | more
    messages.tell("incident.action", item.incident, to, key, at=at, **facts)


def each_free(
    rows: Sequence[Timer], move: Callable[[ActionItem, Timer], None], *, state: str = ActionItem.State.OPEN
) -> set[int]:
    """`move` each action of `rows` that is in `state` and whose incident nobody holds; the timers of the others."""
    known = ActionItem.objects.in_bulk([timer.subject_id for timer in rows])
    held = cases.lock_free({item.incident_id for item in known.values()})
    left = set()
    for timer in rows:
        item = known.get(timer.subject_id)
        if item is None:
            continue
        if item.incident_id not in held:
            left.add(timer.pk)
            continue
        item = ActionItem.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=item.pk)
        item.incident = held[item.incident_id][0]
        if item.state == state:
            move(item, timer)
    return left


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``action.due``."""
    return each_free(rows, lambda item, timer: _remind(item, int(timer.data.get("times", 0)), at=at))


def _remind(item: ActionItem, times: int, *, at: datetime) -> None:
    is_over = item.due_at <= at
    which = OVERDUE if is_over else SOON
    people = recipients(item, times) if is_over or not item.owner.is_active else [item.owner]
    following = at + AGAIN if is_over else item.due_at
    timers.schedule(kind=DUE, subject=item, due_at=following, at=at, data={"times": times + is_over})
    if not people:
        facts = {"subject": item.reference, "reason": "nobody"}
        operators.alert(what="action_unowned", subject=item.incident, key=str(item.pk), facts=facts, at=at)
        return
    participants.let_in(item.incident, people, at=at)
    said = {"which": which, "people": [str(person) for person in people], "reference": item.reference}
    said["title"] = item.title
    log(item.incident, {SOON: "action_soon", OVERDUE: "action_overdue"}[which], said, at=at)
    key = f"action:{item.pk}:{which}:{times}:{messages.iso(item.due_at)}"
    tell(which, item, people, key, at=at, name=str(item.owner))


def log(incident: Incident, verb: str, data: dict[str, Any], *, at: datetime, text: str = "") -> None:
    """Timeline and ledger say what the clock did."""
    timeline.add(incident, verb=verb, by=None, at=at, data=data, text=text)
    action = audit.current()
    if action is not None:
        action.record(verb=f"incident.{verb}", target=incident, data=data)


def recipients(item: ActionItem, times: int) -> list[User]:
    """Who hears that an action is late: its owner and who planned it, then the team's admins, then governance.

    Active people only.
    """
    keys = {item.owner_id, item.by_id}
    if times:
        keys |= team_admins(item.incident)
    active = User.objects.active()
    if times > 1 or not active.filter(pk__in=keys).exists():
        keys |= set(active.filter(groups__name=portal_roles.GOVERNANCE_ADMIN).values_list("pk", flat=True))
    return list(active.filter(pk__in=keys).order_by("name", "pk"))
