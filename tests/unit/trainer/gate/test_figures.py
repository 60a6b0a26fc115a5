"""The gate's figures are what a person computes by hand."""

import numpy as np
import pytest

from trainer.gate.figures import calibration_error, losses, paired_difference, right

TRUTH = np.array([0, 0, 1, 1], dtype=np.int64)
SHARES = np.array([[0.8, 0.2], [0.4, 0.6], [0.1, 0.9], [0.0, 1.0]])


def test_right_and_loss_of_each_row() -> None:
    assert right(TRUTH, SHARES).tolist() == [1, 0, 1, 1]
    assert losses(TRUTH, SHARES) == pytest.approx(-np.log([0.8, 0.4, 0.9, 1.0]))


def test_a_share_of_zero_for_the_truth_is_a_large_loss_and_not_an_infinite_one() -> None:
    assert losses(np.array([0], dtype=np.int64), np.array([[0.0, 1.0]]))[0] == pytest.approx(-np.log(1e-6))


def test_calibration_is_the_gap_between_confidence_and_accuracy_bin_by_bin() -> None:
    # Confidences 0.8, 0.6, 0.9 and 1.0 fall into three bins; the last holds two rows.
    expected = (abs(1 - 0.8) + abs(0 - 0.6) + 2 * abs(1 - 0.95)) / 4
    assert calibration_error(TRUTH, SHARES) == pytest.approx(expected)


def test_the_same_answers_differ_by_nothing_and_surely_so() -> None:
    same = TRUTH.astype(np.float64)
    found = paired_difference(same, same, confidence=0.95, resamples=200, seed=1)
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


def test_pairs_are_drawn_together_so_that_what_is_hard_for_both_cancels_out() -> None:
    hard = np.random.default_rng(0).normal(size=400)
    found = paired_difference(hard + 0.1, hard, confidence=0.95, resamples=500, seed=1)
    assert [found.low, found.high] == pytest.approx([0.1, 0.1])


def test_the_interval_has_the_width_that_theory_gives_it() -> None:
    values = np.random.default_rng(3).normal(size=900)
    found = paired_difference(values, np.zeros(900), confidence=0.95, resamples=4000, seed=1)
    half = 1.96 * values.std() / 30
    assert found.high - found.estimate == pytest.approx(half, rel=0.1)
    assert found.estimate - found.low == pytest.approx(half, rel=0.1)


def test_the_same_seed_gives_the_same_interval_and_more_rows_than_fit_at_once_work() -> None:
    values = np.random.default_rng(3).normal(size=600_000)
    drawn = [paired_difference(values, values * 0, confidence=0.9, resamples=3, seed=5) for _ in range(2)]
    assert drawn[0] == drawn[1]
