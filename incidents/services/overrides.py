"""A rule of a workflow set aside for a limited time, with a reason and the authority to do so (D116).

What can be set aside: by which path its incidents escalate, how severe they are at least, and when a trigger opens
one. Whatever is set aside falls back by itself: the rule holds again from `until` on, whether the clock runs or not;
the clock then says so. Each incident that an override had an effect on says it in its timeline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from governance.documents.escalation import Trigger
from governance.models import Workflow
from governance.rules.triggers import NUMBER
from incidents.models import Override
from incidents.models.incidents import Severity
from incidents.reads import override_rights
from incidents.reads import overrides as reads
from incidents.reads.overrides import OFF, PATH, SEVERITY, TRIGGER
from portal import access, audit, limits, prepared, timers
from portal.errors import DomainError
from portal.models import Timer, User
from portal.prepared import Given

END = "override.end"
LONGEST = timedelta(days=7)
SHORTEST = timedelta(minutes=5)
MOST_NUMBER = 1000


class BadOverride(DomainError):
    """It cannot be set aside like this; `field` is what to change."""

    def __init__(self, sentence: str, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


class Over(DomainError):
    """The rule holds again already."""


_open = prepared.Question(
    lambda: Override.objects.filter(what__any=Given("what", Override, "what", many=True), ended_at=None)
)


def what(kind: str, workflow: Workflow, trigger: str = "") -> str:
    """The name under which one thing is set aside at most once."""
    return ":".join(part for part in (kind, str(workflow.pk), trigger) if part)


# Begin and end


def begin(
    *,
    kind: str,
    workflow: Workflow,
    value: str,
    until: datetime,
    reason: str,
    by: User,
    at: datetime,
    trigger: str = "",
) -> Override:
    """Let `value` hold instead of the rule until `until`: the key of a path, the least severity, or for a `trigger`
    ``OFF``, or the number from which it opens an incident.

    Raises BadOverride, access.Refused.
    """
    reason = reason.strip()
    _check(until, reason, at)
    kept = _value(kind, workflow, trigger, value)
    new = Override(what=what(kind, workflow, trigger), value=kept, workflow=workflow, by=by)
    new.why, new.since, new.until = reason, at, until
    try:
        with audit.action(actor=by, reason=reason, at=at) as action:
            access.require(by, "add", new)
            new.authority = override_rights.authority_over(by, workflow, at=at)[: limits.REASON_LENGTH]
            _make_room(new.what, at)
            new.save(force_insert=True)
            timers.schedule(kind=END, subject=new, due_at=until, at=at)
            action.record(verb="override.begun", target=new, data={**kept, "until": until.isoformat()})
    except IntegrityError as error:
        raise BadOverride(_("This is set aside already. End that first, then set it aside anew.")) from error
    return new


def _check(until: datetime, reason: str, at: datetime) -> None:
    if not reason:
        raise BadOverride(_("Say why the rule shall not hold for a while."), "reason")
    if len(reason) > limits.REASON_LENGTH:
        sentence = _("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH}
        raise BadOverride(sentence, "reason")
    if until < at + SHORTEST:
        raise BadOverride(_("It would be over at once. Choose a later end."), "until")
    if until > at + LONGEST:
        sentence = _("At most %(days)d days. A rule that is wrong for longer is changed where it is written.")
        raise BadOverride(sentence % {"days": LONGEST.days}, "until")


def _value(kind: str, workflow: Workflow, trigger: str, value: str) -> dict[str, Any]:
    """What is kept of it, with its name of today for whoever reads it later."""
    if kind == SEVERITY:
        if value not in Severity.values:
            raise BadOverride(_("Choose one of SEV1 to SEV4."), "value")
        return {"kind": kind, "value": value, "title": value.upper()}
    policy = reads.policy_of(workflow)
    if policy is None:
        raise BadOverride(_("No escalation policy is in force for this workflow, so there is no rule to set aside."))
    if kind == PATH:
        path = policy.path_by_key.get(value)
        if path is None:
            raise BadOverride(_("Choose one of the paths of the policy in force."), "value")
        return {"kind": kind, "value": value, "title": path.title}
    found = next((item for item in reads.movable(policy) if item.key == trigger), None)
    if kind != TRIGGER or found is None:
        raise BadOverride(_("Choose one of the triggers of the policy in force."), "value")
    return {"kind": kind, "trigger": trigger, "value": _threshold(found, value), "title": found.title}


def _threshold(trigger: Trigger, value: str) -> str:
    if value == OFF:
        return OFF
    if trigger.kind not in ("count", "threshold"):
        raise BadOverride(_("This trigger counts nothing. It can only be switched off."), "value")
    value = value.strip()
    if not NUMBER.fullmatch(value):
        raise BadOverride(_("Write a number, such as 20."), "value")
    if trigger.kind == "count" and not (value.isdigit() and 1 <= int(value) <= MOST_NUMBER):
        raise BadOverride(_("Write a number from 1 to %(most)d.") % {"most": MOST_NUMBER}, "value")
    return value


def _make_room(name: str, at: datetime) -> None:
    """One that is over in time, which the clock has not ended yet, gives way."""
    rows = Override.objects.select_for_update(no_key=True).filter(what=name, ended_at=None, until__lte=at)
    for row in rows:
        _end(row, at=row.until)


def end(*, override: Override, by: User, at: datetime) -> Override:
    """The rule holds again from now on. Raises Over, access.Refused."""
    with audit.action(actor=by, reason="override ended", at=at) as action:
        rows = Override.objects.select_related("workflow").select_for_update(no_key=True, of=("self",))
        found = rows.get(pk=override.pk)
        access.require(by, "end", found)
        if found.ended_at is not None or found.until <= at:
            raise Over(_("This is over already."))
        timers.cancel(subject=found, at=at, reason="ended before its time")
        _end(found, at=at)
        action.record(verb="override.ended", target=found, data=dict(found.value))
    return found


def _end(override: Override, *, at: datetime) -> None:
    override.ended_at = at
    override.save(update_fields=["ended_at"])


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``override.end``: the time is over, the rule holds again."""
    held = timers.lock_subjects(Override, {timer.subject_id for timer in rows})
    stay = set()
    for timer in rows:
        found = held.get(timer.subject_id)
        if found is None:
            stay.add(timer.pk)
        elif found.ended_at is None:
            _end(found, at=found.until)
            action = audit.current()
            if action is not None:
                action.record(verb="override.fell_back", target=found, data=dict(found.value))
    return stay


# Effect


@dataclass(frozen=True)
class Held:
    """What is set aside for one workflow at one moment; `triggers` by their keys."""

    path: Override | None = None
    severity: Override | None = None
    triggers: Mapping[str, Override] = field(default_factory=dict)

    def floor(self, severity: str) -> str:
        """The severity that `severity` is raised to; empty where it is not."""
        least = self.severity.value["value"] if self.severity is not None else ""
        return least if least and least < severity else ""  # sev1 is the worst


NOTHING = Held()


def held(workflow: Workflow | None, *, at: datetime, triggers: Sequence[Trigger] = ()) -> Held:
    """What is set aside for `workflow` and of `triggers` at `at`; one statement."""
    if workflow is None:
        return NOTHING
    path, severity = what(PATH, workflow), what(SEVERITY, workflow)
    names = {what(TRIGGER, workflow, item.key): item.key for item in triggers}
    found = {row.what: row for row in _open(what=[path, severity, *names]) if row.since <= at < row.until}
    return Held(
        found.get(path), found.get(severity), {key: found[name] for name, key in names.items() if name in found}
    )


def changed(triggers: Sequence[Trigger], held: Mapping[str, Override]) -> tuple[Trigger, ...]:
    """`triggers` as they hold while `held` is set aside."""
    every = [_changed(item, held.get(item.key)) for item in triggers]
    return tuple(item for item in every if item is not None)


def _changed(trigger: Trigger, override: Override | None) -> Trigger | None:
    if override is None:
        return trigger
    value = override.value["value"]
    if value == OFF:
        return None
    if trigger.kind == "count":
        return trigger.model_copy(update={"count": int(value)})
    return trigger.model_copy(update={"value": value}) if trigger.kind == "threshold" else trigger


def said(override: Override) -> dict[str, Any]:
    """What timeline and ledger say of `override` where it had an effect."""
    return {
        **override.value,
        "who": str(override.by),
        "until": override.until.isoformat(),
        "reason": override.why,
        "override": str(override.pk),
    }
