"""PSI by the same formulas as Prometheus's rules, the worst feature first."""

import math

import pytest

from api.bundle.reference import FeatureReference, Reference
from api.status.drift import drift_of, psi


def reference(rows: int | None = 1000) -> Reference:
    halves = FeatureReference(edges=[1.0], labels=["low", "high"], share=[0.5, 0.5])
    return Reference(format=1, rows=rows, features={"same": halves, "moved": halves, "rare": halves})


def test_the_worst_feature_is_first_and_too_few_rows_are_not_judged() -> None:
    found = drift_of(
        reference(),
        {"same": {"low": 500, "high": 500}, "moved": {"low": 10, "high": 990}, "rare": {"low": 10, "high": 1}},
    )
    assert [(one.feature, one.drifted, one.rows) for one in found] == [
        ("moved", True, 1000), ("same", False, 1000), ("rare", False, 11),
    ]  # fmt: skip
    assert found[2].psi is None
    assert found[1].psi == 0


def test_the_index_is_the_sum_over_smoothed_bins() -> None:
    before, after = (500.5 / 1001, 500.5 / 1001), (100.5 / 1001, 900.5 / 1001)
    expected = sum((now - was) * math.log(now / was) for was, now in zip(before, after, strict=True))
    assert psi([500, 500], [100, 900]) == pytest.approx(expected)


def test_few_training_rows_raise_the_floor_and_the_limit_with_it() -> None:
    observed = {"same": {"low": 400, "high": 200}}
    small, large = (drift_of(reference(rows), observed)[0] for rows in (20, 100_000))
    assert small.floor is not None
    assert large.floor is not None
    assert small.floor > 0.2 > large.floor
    assert (small.limit, large.limit) == (small.floor, 0.2)


def test_a_bundle_without_its_number_of_rows_is_judged_as_a_small_one() -> None:
    observed = {"same": {"low": 400, "high": 200}}
    assert drift_of(reference(None), observed)[0].floor == drift_of(reference(100), observed)[0].floor
