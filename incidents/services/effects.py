"""Whether an action helps: people are asked, the clock measures, and what did not help is said (D96, D98).

A cause that came back since says no, whatever the figure says.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from governance.rules import learning
from incidents.metrics import measured
from incidents.models import ActionItem, EffectCheck, HelpAnswer, Incident
from incidents.reads import better
from incidents.reads.action_items import seen_again
from incidents.services import action_timers, actions, cases, participants, tracking
from incidents.services.reviews import NotReviewed
from portal import audit, limits, timers
from portal.models import Timer, User


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``action.effect``."""

    def move(item: ActionItem, timer: Timer) -> None:
        if timer.data.get("stage") == action_timers.ASK:
            _ask(item, at=at)
        else:
            _check(item, value="", note="", by=None, at=at)

    return action_timers.each_free(rows, move, state=ActionItem.State.DONE)


def _ask(item: ActionItem, *, at: datetime) -> None:
    """Whoever reported the incident or is affected says whether it helps; then it is looked at."""
    assert item.effect_due_at is not None
    people = concerned(item.incident)
    key = f"action:{item.pk}:helps"
    for user in people:
        url = tracking.address(item.incident, user)
        action_timers.tell("helps", item, [user], f"{key}:{user.pk}", at=at, url=url)
    due = max(at, item.effect_due_at)
    timers.schedule(kind=action_timers.EFFECT, subject=item, due_at=due, at=at, data={"stage": action_timers.CHECK})


def concerned(incident: Incident) -> list[User]:
    """Who reported `incident` or said that they are affected; active people only."""
    reporter = incident.reporter
    found = [reporter] if reporter is not None and reporter.is_active else []
    return found + [user for user in participants.affected(incident) if user not in found]


def answer(*, incident: Incident, helps: bool, note: str, person: User, at: datetime) -> list[HelpAnswer]:
    """`person`, who reported it or is affected, says whether what was changed helps; the newest answer counts.

    One answer for all that was done: who uses a workflow knows whether it got better, not which of the changes did
    it. Raises NotReviewed.
    """
    with audit.action(actor=person, reason=note or "whether it helps", at=at) as action:
        found, _run = cases.lock(incident)
        if person not in concerned(found):
            raise NotReviewed(_("Only those who reported it or are affected are asked."))
        items = list(better.items(found, at=at).select_for_update(no_key=True).order_by("pk"))
        if not items:
            raise NotReviewed(_("Nothing was changed yet of which you could say whether it helps."))
        rows = []
        for item in items:
            row = HelpAnswer.objects.filter(action=item, user=person).first() or HelpAnswer(action=item, user=person)
            row.helps, row.note, row.at = helps, note.strip()[: limits.REASON_LENGTH], at
            row.save()
            rows.append(row)
        data = {"references": [item.reference for item in items], "helps": helps}
        action.record(verb="incident.help_answered", target=found, data=data)
    return rows


def check(*, item: ActionItem, value: str, note: str, by: User, at: datetime) -> EffectCheck:
    """`by` looks now: `value` is the figure as it is (a number as text, empty: not measured).

    Raises NotReviewed, Refused.
    """
    if value.strip() and actions.number(value) is None:
        sentence = _("Write a number, such as 12 or 0.5.")
        raise NotReviewed(sentence, {"value": sentence})
    with actions.holding(item.incident, by=by, reason=note or "looks whether it helps", at=at) as (found, _action):
        row = ActionItem.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=item.pk)
        if row.state != ActionItem.State.DONE:
            raise NotReviewed(_("It is not done yet, so nobody can say whether it helps."))
        row.incident = found
        timers.cancel(subject=row, at=at, reason="looked at", kinds=[action_timers.EFFECT])
        return _check(row, value=value.strip(), note=note.strip()[: limits.REASON_LENGTH], by=by, at=at)


def _check(item: ActionItem, *, value: str, note: str, by: User | None, at: datetime) -> EffectCheck:
    """Measure and judge, keep it, and say it where it did not help. The incident and `item` are locked."""
    if not value and item.metric:
        value = measured.value(item, at=at)
    facts = _facts(item, value)
    effect = learning.effect(facts)
    row = EffectCheck(
        action=item,
        at=at,
        by=by,
        value=value,
        moved=learning.moved(facts),
        came_back=facts.again,
        helps=facts.helps,
        not_helps=facts.not_helps,
        effect=effect,
        note=note,
    )
    row.save(force_insert=True)
    item.effect = effect
    item.save(update_fields=["effect"])
    said = {"name": str(by or ""), "reference": item.reference, "title": item.title, "effect": effect}
    action_timers.log(item.incident, "effect", said, at=at, text=note)
    action = audit.current()
    assert action is not None
    action.prove([row], about=item.incident)
    people = action_timers.recipients(item, int(effect == ActionItem.Effect.NOT_HELPED))
    key = f"action:{item.pk}:effect:{row.pk}"
    action_timers.tell("effect", item, [user for user in people if user != by], key, at=at, effect=effect)
    return row


def _facts(item: ActionItem, value: str) -> learning.Measured:
    """What is known about the effect of `item`; three queries."""
    answers = list(HelpAnswer.objects.filter(action=item).values_list("helps", flat=True))
    return learning.Measured(
        baseline=_number(item.baseline),
        goal=_number(item.goal),
        direction="up" if item.is_up else "down",
        value=_number(value),
        again=seen_again(item).values("incident").distinct().count(),
        helps=sum(answers),
        not_helps=len(answers) - sum(answers),
    )


def _number(text: str) -> float | None:
    found = actions.number(text)
    return None if found is None else float(found)
