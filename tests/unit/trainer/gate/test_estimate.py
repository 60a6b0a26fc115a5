"""The gate says how far the estimate of accuracy without labels is from the truth, and refuses nothing for it."""

import pytest

from tests.unit.trainer.gate.test_gate import contender, rows
from trainer.gate.gate import Trial, judge
from trainer.params import Params
from trainer.registry.verdict import Criterion

NAME = "error of estimated accuracy"


def criteria(params: Params, count: int, *correct: float) -> list[Criterion]:
    section = {"rows": 200, "confidence": [0.0, 1.0], "correct": list(correct)}
    trial = Trial(contender(calibration=section), None, rows(count), None, 1e-8, 1e-5)
    return [one for one in judge(trial, params.gate, seed=3).criteria if one.name == NAME]


@pytest.mark.parametrize(("correct", "warns"), [((1.0, 1.0), False), ((0.5, 0.5), True)])
def test_an_estimate_that_is_off_by_five_points_is_a_warning(
    fast: Params, correct: tuple[float, float], warns: bool
) -> None:
    # Every answer on these rows is right.
    (found,) = criteria(fast, 600, *correct)
    assert (found.passed, found.warns) == (True, warns)
    assert found.figure == pytest.approx(1 - correct[0])


def test_few_rows_or_no_calibration_are_not_judged(fast: Params) -> None:
    assert criteria(fast, 400, 0.5, 0.5) == []
    trial = Trial(contender(), None, rows(600), None, 1e-8, 1e-5)
    assert NAME not in {one.name for one in judge(trial, fast.gate, seed=3).criteria}
