"""What the clock calls: timers by kind, one thin line each."""

from governance.services import (
    attestations,
    checks,
    deadlines,
    emergencies,
    governance_reviews,
    handovers,
    training,
    turnarounds,
)
from portal import registry


def register() -> None:
    """Name the handlers of this app's timers."""
    registry.timer_handlers.add(handovers.KIND, handovers.fire)
    registry.timer_handlers.add(turnarounds.LOOK, deadlines.look)
    registry.timer_handlers.add(turnarounds.FALLS_BACK, deadlines.fall_back)
    registry.timer_handlers.add(turnarounds.RETROSPECTIVE, emergencies.fire)
    registry.timer_handlers.add(checks.KIND, checks.fire)
    registry.timer_handlers.add(attestations.KIND, attestations.fire)
    registry.timer_handlers.add(training.KIND, training.fire)
    registry.timer_handlers.add(governance_reviews.QUARTER, governance_reviews.fire_quarter)
    registry.timer_handlers.add(governance_reviews.REMIND, governance_reviews.fire_remind)
