"""Percentiles from buckets against sorting every value."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from governance.rules import figures

VALUES = st.integers(0, 10**9)


@given(VALUES)
def test_a_value_lies_in_its_bucket_which_is_narrow(value: int) -> None:
    number = figures.bucket(value)
    low, high = figures.least(number), figures.least(number + 1)
    assert low <= value < high
    assert high - low == 1 or (high - low) <= low / 64


@given(VALUES, VALUES)
def test_buckets_are_in_the_order_of_values(one: int, other: int) -> None:
    assert (figures.bucket(one) <= figures.bucket(other)) or one > other


@given(st.lists(VALUES, min_size=1), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_a_percentile_is_that_of_all_values_to_one_percent(values: list[int], share: float) -> None:
    true = sorted(values)[max(1, ceil(share * len(values))) - 1]
    found = figures.percentile(figures.counted(values), share)
    assert found is not None and abs(found - true) <= true / 128


def test_nothing_has_no_percentile() -> None:
    assert figures.percentile({}, 0.5) is None
