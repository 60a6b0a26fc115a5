"""A boosted model of very many classes is left out before it is fitted, with the key to change."""

import pytest

from trainer.candidates import Candidate
from trainer.training.fitting import check_trees


def boosted(**settings: int) -> Candidate:
    return Candidate.model_validate({"estimator": "HistGradientBoostingClassifier", "settings": settings})


def test_too_many_trees_are_refused_with_the_largest_number_that_is_not() -> None:
    with pytest.raises(ValueError, match=r"75,000 trees.*candidates\.boosting\.settings\.max_iter .* to 40 or less"):
        check_trees("boosting", boosted(max_iter=150), 500)
    check_trees("boosting", boosted(max_iter=40), 500)
    with pytest.raises(ValueError, match="100 iterations"):
        check_trees("boosting", boosted(), 201)


@pytest.mark.parametrize(("estimator", "classes"), [("HistGradientBoostingClassifier", 2), ("LogisticRegression", 900)])
def test_two_classes_share_a_tree_and_other_models_have_none(estimator: str, classes: int) -> None:
    check_trees("model", Candidate.model_validate({"estimator": estimator, "settings": {"max_iter": 15_000}}), classes)
