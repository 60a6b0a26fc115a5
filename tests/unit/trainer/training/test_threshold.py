"""The threshold of two classes: chosen on rows that were held out, or none."""

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError
from sklearn.metrics import balanced_accuracy_score, f1_score

from trainer.decision import Decision, decision_of, labels_of
from trainer.params import Costs, Params
from trainer.training.threshold import OutOfFold, choose, scoring_of_threshold

LABELS = np.repeat([0, 1], [950, 50])


def unseen(rare: int = 1, seed: int = 3) -> OutOfFold:
    """950 rows of one class and 50 of the other, whose probability is higher and hardly ever above one half."""
    draw = np.random.default_rng(seed)
    share = np.where(LABELS == 1, draw.beta(3, 8, 1000), draw.beta(1, 12, 1000))
    shares = np.column_stack([1 - share, share])
    return OutOfFold(LABELS, shares) if rare else OutOfFold(1 - LABELS, shares[:, ::-1])


def scored(found: OutOfFold, at: float, scoring: str) -> float:
    message = (found.shares[:, 1] >= at).astype(int)
    if scoring == "balanced_accuracy":
        return float(balanced_accuracy_score(found.truth, message))
    kind = {"average": "binary" if scoring == "f1" else "macro"}
    return float(f1_score(found.truth, message, **kind))


@pytest.mark.parametrize("scoring", ["f1", "f1_macro", "balanced_accuracy"])
def test_no_other_threshold_scores_better_on_the_held_out_rows(scoring: str) -> None:
    rows = unseen()
    found = choose(rows, scoring)
    assert found is not None
    best = max(scored(rows, at, scoring) for at in np.linspace(0.01, 0.99, 40))
    assert found.score == pytest.approx(scored(rows, found.decision.at, scoring))
    assert found.score >= best > found.score_at_half == pytest.approx(scored(rows, 0.5, scoring))
    assert found.decision.place == 1


def test_the_rarer_class_may_be_the_first() -> None:
    first, second = choose(unseen(rare=0), "f1"), choose(unseen(), "f1")
    assert first is not None
    assert second is not None
    assert (first.decision.place, first.decision.at, first.score) == (0, second.decision.at, second.score)


def test_the_dearer_a_missed_row_the_lower_the_threshold() -> None:
    found = [choose(unseen(), Costs(missed=missed, false_alarm=1)) for missed in (2, 10, 50)]
    cuts = [one.decision.at for one in found if one is not None]
    assert len(cuts) == 3
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[0] > 2 * cuts[2]


def test_a_threshold_has_few_digits_and_lies_between_two_probabilities() -> None:
    found = choose(unseen(), "f1")
    assert found is not None
    assert found.decision.at == round(found.decision.at, 4)
    assert found.decision.distance(unseen().shares).min() > 0


@pytest.mark.parametrize("rows", [slice(950), slice(0, 955), slice(940, 1000)], ids=["one class", "few", "few others"])
def test_few_rows_of_a_class_give_no_threshold(rows: slice) -> None:
    few = 5 if rows.stop == 955 else 0
    whole = unseen()
    part = OutOfFold(whole.truth[rows], whole.shares[rows])
    if rows.start == 940:
        part = OutOfFold(part.truth[1:], part.shares[1:])
    assert np.bincount(part.truth, minlength=2).min() in {few, 9}
    assert choose(part, "f1") is None


def test_a_model_that_says_one_probability_of_all_rows_gets_none() -> None:
    assert choose(OutOfFold(LABELS, np.full((1000, 2), 0.5)), "f1") is None


def test_auto_chooses_where_one_class_has_more_than_nine_rows_in_ten() -> None:
    even: npt.NDArray[np.int64] = np.repeat([0, 1], [880, 120])
    assert scoring_of_threshold("auto", LABELS) == "f1"
    assert scoring_of_threshold("auto", even) is None
    assert scoring_of_threshold("f1_macro", even) == "f1_macro"
    assert scoring_of_threshold("none", LABELS) is None
    assert scoring_of_threshold("auto", np.repeat([0, 1, 2], [950, 25, 25])) is None


def test_off_is_none_and_an_unknown_figure_is_refused(fast: Params) -> None:
    page = fast.model_dump()
    assert Params.model_validate(page | {"threshold": False}).threshold == "none"
    assert Params.model_validate(page | {"threshold": {"missed": 10, "false_alarm": 1}}).threshold == Costs(
        missed=10, false_alarm=1
    )
    with pytest.raises(ValidationError, match="threshold"):
        Params.model_validate(page | {"threshold": "recall"})


def test_a_decision_compares_as_float32_and_a_manifest_without_one_has_the_most_probable_class() -> None:
    shares = np.array([[0.69, np.float64(np.float32(0.31))], [0.7, 0.30], [0.2, 0.8]])
    assert labels_of(shares, Decision(1, 0.31)).tolist() == [1, 0, 1]
    assert labels_of(shares, None).tolist() == [0, 0, 1]
    assert decision_of({"target": {"classes": ["no", "yes"]}}) is None
    fields = {"target": {"classes": ["no", "yes"]}, "threshold": {"class": "yes", "at": 0.31, "scoring": "f1"}}
    assert decision_of(fields) == Decision(1, 0.31)
    for wrong in ({"class": "yes", "at": 1.5}, {"class": "maybe", "at": 0.5}):
        with pytest.raises(ValueError, match=r"threshold|not in list"):
            decision_of(fields | {"threshold": wrong})
