"""Times in which nothing takes effect: what is withdrawn or made shorter lets go of what waited, at once."""

from datetime import timedelta
from typing import Any

import pytest

from governance.models import ChangeRequest, FreezeWindow
from governance.services import freezes
from portal import timers
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import Governed, approve, make_governed, propose

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def announced(**changed: Any) -> FreezeWindow:
    window = FreezeWindow(**({"starts_at": NOW, "ends_at": NOW + 9 * DAY, "why": " Year end "} | changed))
    with make._action(NOW):
        freezes.save(window=window, at=NOW)
    return window


def waiting(governed: Governed) -> ChangeRequest:
    change = approve(propose(governed), governed.one, governed.two)
    assert change.state == "approved"
    return change


def state(change: ChangeRequest) -> str:
    return ChangeRequest.objects.get(pk=change.pk).state


def test_withdrawn_it_lets_go_of_what_waits_at_once(governed: Governed) -> None:
    window = announced()
    assert window.why == "Year end"
    change = waiting(governed)
    timers.fire_due(at=NOW + HOUR)
    assert state(change) == "approved"
    with make._action(NOW + HOUR):
        freezes.withdraw(window=window, at=NOW + HOUR)
    timers.fire_due(at=NOW + HOUR)
    assert state(change) == "published"


def test_made_shorter_it_lets_go_at_its_new_end(governed: Governed) -> None:
    window = announced()
    change = waiting(governed)
    window.ends_at = NOW + DAY
    with make._action(NOW + HOUR):
        freezes.save(window=window, at=NOW + HOUR)
    timers.fire_due(at=NOW + 2 * HOUR)
    assert state(change) == "approved"
    timers.fire_due(at=NOW + DAY)
    assert state(change) == "published"


def test_a_freeze_of_another_kind_keeps_nothing_else(governed: Governed) -> None:
    announced(kind="matrix")
    assert approve(propose(governed), governed.one, governed.two).state == "published"


def test_what_is_over_or_withdrawn_is_withdrawn_no_more(governed: Governed) -> None:
    window = announced()
    for at in (NOW + 9 * DAY, NOW + HOUR):
        with make._action(at):
            if at < window.ends_at:
                freezes.withdraw(window=window, at=at)
            with pytest.raises(freezes.BadFreeze, match="This freeze is over, or was withdrawn already"):
                freezes.withdraw(window=window, at=at)
    assert FreezeWindow.history.filter(is_withdrawn=True).count() == 1
