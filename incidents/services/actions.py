"""What is done so that it does not come back: planned, done or dropped, and asked for in time (D94-D96, D101)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from governance.models import ChangeRequest
from incidents import access
from incidents.models import ActionItem, Finding, Incident
from incidents.services import action_timers, cases, participants, timeline
from incidents.services.reviews import NotReviewed, rule_of
from portal import audit, ids, limits, timers
from portal.models import User

State = ActionItem.State
LATEST = timedelta(days=730)


@dataclass(frozen=True)
class Plan:
    """What somebody plans: `measure` says how one sees that it helps, from `baseline` to `goal` (numbers as text)."""

    title: str
    owner: User
    due_at: datetime
    measure: str
    horizon: str = ActionItem.Horizon.LONG_TERM
    impact: int = 2
    effort: int = 2
    metric: str = ""
    baseline: str = ""
    goal: str = ""
    is_up: bool = False
    artefact_kind: str = ActionItem.Artefact.OTHER
    artefact: str = ""
    change: ChangeRequest | None = None


@contextmanager
def holding(incident: Incident, *, by: User, reason: str, at: datetime) -> Iterator[tuple[Incident, audit.Action]]:
    """`incident` locked; whoever may review it may plan. Raises access.Refused."""
    with audit.action(actor=by, reason=reason, at=at) as action:
        found, _run = cases.lock(incident)
        access.require(by, "review", found)
        yield found, action


def plan(*, incident: Incident, plan: Plan, by: User, at: datetime, finding: Finding | None = None) -> ActionItem:
    """Write down an action. Raises NotReviewed, Refused."""
    with holding(incident, by=by, reason=plan.title or "plans an action", at=at) as (found, action):
        _refuse(plan, at)
        if finding is not None and finding.postmortem.incident_id != found.pk:
            raise NotReviewed(_("This finding is about another incident."))
        made = ActionItem(
            reference=ids.reference("ACT", at.year), incident=found, finding=finding, by=by, at=at, **_values(plan)
        )
        made.save()
        action_timers.promise(made, at=at)
        data = {"name": str(plan.owner), "reference": made.reference, "title": made.title}
        action.record(verb="incident.action_planned", target=found, data=data)
        timeline.add(found, verb="action_planned", by=by, at=at, data=data)
        participants.let_in(found, [plan.owner], at=at)
        if plan.owner != by:
            action_timers.tell("assigned", made, [plan.owner], f"action:{made.pk}", at=at, name=str(by))
    return made


def change(*, item: ActionItem, plan: Plan, by: User, at: datetime) -> ActionItem:
    """Plan it otherwise, also for somebody else. Raises NotReviewed, Refused."""
    with holding(item.incident, by=by, reason=plan.title or "changes an action", at=at) as (found, action):
        row = _open(item)
        _refuse(plan, at)
        before = row.owner
        for name, value in _values(plan).items():
            setattr(row, name, value)
        row.save()
        action_timers.promise(row, at=at)
        action.record(verb="incident.action_changed", target=found, data={"reference": row.reference})
        participants.let_in(found, [plan.owner], at=at)
        if plan.owner not in (before, by):
            key = f"action:{row.pk}:{at.timestamp()}"
            action_timers.tell("assigned", row, [plan.owner], key, at=at, name=str(by))
    return row


def done(*, item: ActionItem, what: str, by: User, at: datetime, artefact: str = "") -> ActionItem:
    """It is done: `what` says how, `artefact` names what was changed; its effect is looked at later.

    Raises NotReviewed, Refused.
    """
    what = _said(what, _("Say what was done."), "ending")
    with holding(item.incident, by=by, reason=what, at=at) as (found, action):
        row = _open(item)
        row.artefact = artefact.strip()[: limits.REASON_LENGTH] or row.artefact
        if not row.artefact and row.change_id is None:
            sentence = _("Name what was changed: a workflow and its version, a schema, a setting or a change.")
            raise NotReviewed(sentence, {"artefact": sentence})
        row.state, row.ended_at, row.ending = State.DONE, at, what
        row.effect_due_at = at + timedelta(days=rule_of(found).effect_days)
        row.save()
        action_timers.done(row, at=at)
        data = {"name": str(by), "reference": row.reference, "title": row.title}
        action.record(verb="incident.action_done", target=found, data=data)
        timeline.add(found, verb="action_done", by=by, at=at, data=data, text=what)
    return row


def drop(*, item: ActionItem, why: str, by: User, at: datetime) -> ActionItem:
    """It will not be done. Raises NotReviewed, Refused."""
    why = _said(why, _("Say why it is not done."), "ending")
    with holding(item.incident, by=by, reason=why, at=at) as (found, action):
        row = _open(item)
        row.state, row.ended_at, row.ending = State.DROPPED, at, why
        row.save()
        timers.cancel(subject=row, at=at, reason="dropped")
        data = {"name": str(by), "reference": row.reference, "title": row.title}
        action.record(verb="incident.action_dropped", target=found, data=data)
        timeline.add(found, verb="action_dropped", by=by, at=at, data=data, text=why)
    return row


def _open(item: ActionItem) -> ActionItem:
    row = ActionItem.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=item.pk)
    if row.state != State.OPEN:
        raise NotReviewed(_("This action is over: %(state)s.") % {"state": row.get_state_display()})
    return row


def _values(plan: Plan) -> dict[str, object]:
    found = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    return found | {name: found[name].strip() for name in ("title", "measure", "baseline", "goal", "artefact")}


def _refuse(plan: Plan, at: datetime) -> None:
    """Name everything that is missing in `plan` at once. Raises NotReviewed."""
    wrong: dict[str, str] = {}
    for name, sentence, longest in (
        ("title", _("Say what shall be done."), limits.TITLE_LENGTH),
        ("measure", _("Say how you will see that it helps."), limits.REASON_LENGTH),
    ):
        text = getattr(plan, name).strip()
        if not text:
            wrong[name] = sentence
        elif len(text) > longest:
            wrong[name] = _("Use at most %(count)d characters.") % {"count": longest}
    if plan.due_at <= at:
        wrong["due_at"] = _("This time has passed. Choose a later one.")
    elif plan.due_at > at + LATEST:
        wrong["due_at"] = _("Choose a time within two years.")
    if not plan.owner.is_active:
        wrong["owner"] = _("%(name)s has left. Choose somebody else.") % {"name": plan.owner}
    for name in ("baseline", "goal"):
        if number(getattr(plan, name)) is None and getattr(plan, name).strip():
            wrong[name] = _("Write a number, such as 12 or 0.5.")
    if not all(1 <= value <= 3 for value in (plan.impact, plan.effort)):
        wrong["impact"] = _("Choose little, some or much.")
    if wrong:
        raise NotReviewed(_("Something is missing."), wrong)


def number(text: str) -> Decimal | None:
    """The number that `text` says, or None."""
    try:
        found = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _said(text: str, sentence: str, field: str) -> str:
    text = text.strip()
    if not text or len(text) > limits.REASON_LENGTH:
        said = sentence if not text else _("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH}
        raise NotReviewed(said, {field: said})
    return text
