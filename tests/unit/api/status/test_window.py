"""Increases over resets, quantiles and intervals."""

from typing import Any

import pytest

from api.status.window import increases, quantile, wilson


def samples(*counts: dict[str, float]) -> list[dict[str, Any]]:
    return [{"at": 15.0 * place, "counts": one} for place, one in enumerate(counts)]


def test_an_increase_starts_at_the_last_sample_before_the_window() -> None:
    assert increases(samples({"a": 5}, {"a": 7}, {"a": 12}), since=20.0) == {"a": 5}


def test_everything_counts_where_the_history_is_younger_than_the_window() -> None:
    assert increases(samples({"a": 5}, {"a": 7}), since=-1.0) == {"a": 7}


def test_what_was_counted_before_a_dropped_sample_is_not_counted_again() -> None:
    first, second = samples({"a": 5}, {"a": 7})
    assert increases([first | {"cut": True}, second], since=-1.0) == {"a": 2}


def test_a_counter_that_fell_was_started_again() -> None:
    assert increases(samples({"a": 100}, {"a": 3}, {"a": 4}), since=0.0) == {"a": 4}


def test_a_counter_that_appears_counts_from_zero() -> None:
    assert increases(samples({}, {"b": 3}), since=0.0) == {"b": 3}


def test_no_sample_no_increase() -> None:
    assert increases([], since=0.0) == {}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.0), (0.25, 0.5), (0.75, 2.0)])
def test_a_quantile_is_linear_inside_its_bucket(share: float, expected: float) -> None:
    assert quantile({"1.0": 50, "3.0": 100, "+Inf": 100}, share) == pytest.approx(expected)


def test_a_quantile_in_the_last_bucket_or_of_nothing_is_not_known() -> None:
    assert quantile({"1.0": 1, "+Inf": 100}, 0.5) is None
    assert quantile({"1.0": 0, "+Inf": 0}, 0.5) is None
    assert quantile({}, 0.5) is None


def test_wilson_s_interval_holds_the_published_figures() -> None:
    assert wilson(0, 0) is None
    low, high = wilson(81, 263) or (0.0, 0.0)  # Newcombe, 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert [round(end, 4) for end in wilson(20, 20) or ()] == [0.8389, 1.0]
