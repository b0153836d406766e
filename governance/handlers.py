"""What the clock calls: timers by kind, one thin line each."""

from governance.services import handovers
from portal import registry


def register() -> None:
    """Name the handlers of this app's timers."""
    registry.timer_handlers.add(handovers.KIND, handovers.fire)
