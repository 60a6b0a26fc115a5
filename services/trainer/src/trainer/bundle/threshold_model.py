"""A fitted model of two classes whose `predict` answers by a threshold, for those who load it with scikit-learn."""

from typing import Any

from sklearn.model_selection import FixedThresholdClassifier

from trainer.decision import Decision


def deciding(model: Any, decision: Decision, positive: Any) -> FixedThresholdClassifier:
    """`positive` is the class of `decision` as the model names it. It is fitted, as `model` is."""
    return FixedThresholdClassifier(model, threshold=decision.at, pos_label=positive, response_method="predict_proba")


def undecided(model: Any) -> Any:
    """The model inside, or the same one where it answers its most probable class."""
    return model.estimator if isinstance(model, FixedThresholdClassifier) else model
