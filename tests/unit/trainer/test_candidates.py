"""A candidate's name and settings for people."""

import pytest

from trainer.candidates import Candidate, spelt


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        ({"estimator": "LGBMClassifier"}, "boosted trees (LightGBM)"),
        ({"estimator": "my_module:make"}, "own estimator my_module:make"),
        (
            {"estimator": "CalibratedClassifierCV", "of": "HistGradientBoostingClassifier"},
            "calibrated histogram gradient boosting",
        ),
        (
            {"estimator": "VotingClassifier", "of": ["LogisticRegression", "XGBClassifier", "GaussianNB"]},
            "vote of logistic regression, boosted trees (XGBoost) and naive Bayes",
        ),
        (
            {"estimator": "StackingRegressor", "of": ["Ridge", "SVR"]},
            "stack of ridge regression and support vector regression",
        ),
    ],
)
def test_an_estimator_that_holds_others_is_named_with_them(candidate: dict[str, object], words: str) -> None:
    assert Candidate.model_validate(candidate).words == words


def test_settings_are_one_line_in_the_order_of_their_names_with_four_digits_of_a_drawn_number() -> None:
    drawn = {"num_leaves": 13, "learning_rate": 0.029180149047462245, "penalty": "l2"}
    assert spelt(drawn) == "learning_rate=0.02918, num_leaves=13, penalty=l2"
    assert spelt({}) == ""
