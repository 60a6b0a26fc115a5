"""Whether a model is surely better than a guess."""

from typing import Any

import numpy as np

from trainer.gate.absolute_criteria import absolute_values
from trainer.gate.baseline import better_classes, better_values
from trainer.params import Params

DRAWN: dict[str, Any] = {"confidence": 0.95, "resamples": 500, "seed": 3}


def shares_of(yes: Any) -> Any:
    return np.stack([1 - yes, yes], axis=1)


def surely(found: Any) -> set[str]:
    return {name for name, one in found.items() if one.low > 0}


def test_noise_is_no_better_than_a_guess_in_any_way() -> None:
    draw = np.random.default_rng(1)
    lucky = 0
    for _ in range(100):
        truth = (draw.random(200) < 0.3).astype(np.int64)
        lucky += bool(surely(better_classes(truth, shares_of(draw.uniform(0.1, 0.5, 200)), **DRAWN)))
    assert lucky <= 5


def test_a_rare_class_that_is_ranked_and_never_predicted_is_better_than_a_guess() -> None:
    draw = np.random.default_rng(1)
    truth = (draw.random(1000) < 0.05).astype(np.int64)
    found = better_classes(truth, shares_of(np.clip(0.1 + 0.2 * truth + draw.normal(0, 0.05, 1000), 0, 0.49)), **DRAWN)
    assert found["accuracy gained"].estimate == 0
    assert "ROC-AUC gained" in surely(found)


def test_two_rows_in_perfect_order_are_no_evidence() -> None:
    found = better_classes(np.array([0, 1]), shares_of(np.array([0.2, 0.4])), **DRAWN)
    assert "ROC-AUC gained" not in surely(found)


def test_values_are_held_against_the_mean_and_the_median() -> None:
    draw = np.random.default_rng(1)
    truth = draw.normal(size=300)
    found = better_values(truth, truth + draw.normal(size=300) / 2, **DRAWN)
    assert surely(found) == {"R² gained", "share of the mean absolute error saved"}
    assert not surely(better_values(truth, draw.normal(size=300), **DRAWN))


def test_a_model_of_a_quantile_is_judged_by_its_quantile_loss() -> None:
    draw = np.random.default_rng(4)
    middle = draw.normal(size=600)
    truth, high = middle + draw.exponential(size=600), middle + np.log(10)
    # 0.9 of the truths lie below; by R² and mean absolute error it is worse than the mean and the median
    assert not surely(better_values(truth, high, **DRAWN))
    assert surely(better_values(truth, high, 0.9, **DRAWN)) == {"share of the quantile loss saved"}
    assert not surely(better_values(truth, np.full(600, np.quantile(truth, 0.9)), 0.9, **DRAWN))


def test_a_refusal_for_a_few_outliers_names_the_loss_that_bears_them(fast: Params) -> None:
    draw = np.random.default_rng(4)
    truth = draw.normal(300, 100, size=400)
    noise = draw.permutation(truth)
    assert "quantile" not in absolute_values(truth, noise, fast.gate, 1)[0].found
    truth[:3] = 90_000
    assert "set scoring_regression: { quantile: 0.5 }" in absolute_values(truth, noise, fast.gate, 1)[0].found
    assert "quantile: 0.5" not in absolute_values(truth, noise, fast.gate, 1, quantile=0.5)[0].found
