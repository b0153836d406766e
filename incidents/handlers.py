"""What the clock and the kernel call: timers by kind, one thin line each."""

from incidents.models import DecisionRequest
from incidents.services import (
    action_timers,
    beats,
    callbacks,
    decision_steps,
    decisions,
    effects,
    escalation,
    escalation_steps,
    follow_ups,
    gates,
    governance_reports,
    incidents,
    leaving,
    meetings,
    overrides,
    patterns,
    readings,
    remedies,
    reporters,
    review_timers,
    role_timers,
    roles,
    silence_ends,
    silences,
    timeboxes,
    update_timers,
)
from portal import registry


def register() -> None:
    """Name the handlers of this app's timers."""
    handlers = {
        escalation_steps.STEP: escalation_steps.fire,
        escalation_steps.NEWS: escalation_steps.fire_news,
        escalation_steps.FOLLOW_UP: follow_ups.fire,
        escalation.RESUME: follow_ups.fire_resume,
        timeboxes.TRIAGE: timeboxes.fire,
        timeboxes.DECISION: timeboxes.fire,
        incidents.CLOSE: incidents.fire_close,
        incidents.REMIND: reporters.fire_remind,
        leaving.LEFT: leaving.fire,
        remedies.EXPIRY: remedies.fire,
        silences.ENDS: silence_ends.fire,
        beats.MISSING: beats.fire,
        decision_steps.STEP: decision_steps.fire,
        decision_steps.NEWS: decision_steps.fire_news,
        decision_steps.OWED: decision_steps.fire_owed,
        decision_steps.TIE: decision_steps.fire_tie,
        decision_steps.LATE: decision_steps.fire_late,
        meetings.MEETING: meetings.fire,
        meetings.JOINS: meetings.fire_joins,
        update_timers.DUE: update_timers.fire,
        update_timers.PROMISE: update_timers.fire_promise,
        review_timers.DUE: review_timers.fire,
        readings.KIND: readings.fire,
        governance_reports.KIND: governance_reports.fire,
        action_timers.DUE: action_timers.fire,
        action_timers.EFFECT: effects.fire,
        overrides.END: overrides.fire,
        patterns.MONTH: patterns.fire,
        roles.ROTATION: role_timers.fire_rotation,
        roles.SILENCE: role_timers.fire_silence,
        roles.ABSENCE: role_timers.fire_absence,
    }
    for kind, handler in handlers.items():
        registry.timer_handlers.add(kind, handler)
    decisions.ENDED[DecisionRequest.Asked.API] = callbacks.ended
    decisions.ENDED[DecisionRequest.Asked.GATE] = gates.decided
