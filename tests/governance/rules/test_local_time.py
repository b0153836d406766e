"""Instants of the clocks of 20 zones."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from governance.rules import local_time
from tests.governance.rules.schedules import ZONES


@given(
    st.sampled_from(list(ZONES)),
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(microsecond=0)),
)
def test_an_instant_is_the_first_at_which_the_wall_shows_the_time_or_a_later_one(zone, wanted):
    at = local_time.instant(zone, wanted.toordinal(), wanted.time())
    before = (at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert before < wanted <= at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
