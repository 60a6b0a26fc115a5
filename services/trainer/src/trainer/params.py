"""params.yaml: every number that shapes the model. A key this page does not know is an error."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from trainer.candidates import Candidate
from trainer.contract.contract import Task
from trainer.contract.yaml_file import read_yaml
from trainer.errors import ParamsError
from trainer.estimators import class_for, estimators_for
from trainer.thresholds import ParamsSection, Thresholds
from trainer.workspace.files import json_bytes, sha256

QUANTILE_LOSS = "quantile_loss_"
"""Before the quantile: the name of a measure."""
Name = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class CrossValidation(ParamsSection):
    """How the candidates are compared."""

    folds: int = Field(ge=2, le=50)
    rows: int = Field(default=20_000, ge=100)
    """A larger table is cross-validated on this number of rows; the winner is fitted on all."""


class Reference(ParamsSection):
    """The drift reference of a bundle."""

    bins: int = Field(ge=2, le=100)
    """The largest number of bins for each feature."""


class Golden(ParamsSection):
    """The golden rows of a bundle."""

    rows: int = Field(ge=1, le=1000)


class Parity(ParamsSection):
    """How ONNX Runtime's answers are compared with scikit-learn's."""

    random_rows: int = Field(ge=1, le=1_000_000)
    tolerance: float = Field(gt=0, le=1e-5)
    """The largest difference of a probability, or of a value as a share of its range.

    The bundle's format promises 1e-5; a smaller one is stricter.
    """


class Costs(ParamsSection):
    """Costs of wrong answers, in any unit, for the rarer class of two."""

    missed: float = Field(gt=0)
    """The cost of a row of the class that gets the other answer."""
    false_alarm: float = Field(gt=0)
    """The cost of a row of the other class that gets this class as its answer."""


class QuantileLoss(ParamsSection):
    """How far a value is off where too low and too high do not cost the same."""

    quantile: float = Field(gt=0, lt=1)
    """The share of the truths that should lie below the answer, e.g. 0.9."""


class Params(Thresholds):
    """The file params.yaml."""

    seed: int = Field(ge=0, lt=2**32)
    holdout_share: float = Field(gt=0, lt=1)
    """Share of the rows that no candidate sees; the winner's quality is measured there."""
    cross_validation: CrossValidation
    budget_minutes: float = Field(default=10.0, gt=0)
    """After this time no further combination is tried."""
    scoring: Literal[
        "auto", "accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "average_precision", "neg_log_loss"
    ] = "auto"
    """The measure that selects the best classifier. Ties: log-loss, then prediction time.

    `auto` is accuracy, or average precision where one class has more than nine rows in ten.
    """
    threshold: Literal["auto", "none", "f1", "f1_macro", "balanced_accuracy", "accuracy"] | Costs = "auto"
    """The figure by which the threshold of the rarer of two classes is chosen.

    `auto` is F1 of the rarer class where the other one has more than nine rows in ten, else `none`: the more probable
    class is answered. Costs are {missed: 10, false_alarm: 1}.
    """
    scoring_regression: Literal["r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"] | QuantileLoss = "r2"
    """The measure that selects the best regressor, by scikit-learn's names, or {quantile: 0.9} for its quantile loss.

    Ties: RMSE, then time.
    """
    coverage: float = Field(default=0.9, ge=0.5, le=0.99)
    """The share of the answers whose interval or set holds the truth."""
    candidates: dict[Name, Candidate] = Field(min_length=1)
    """Those whose estimator fits the contract's task are compared."""
    reference: Reference
    golden: Golden
    parity: Parity

    @field_validator("threshold", mode="before")
    @classmethod
    def _off(cls, threshold: Any) -> Any:
        # YAML reads `off` and `no` as false.
        return "none" if threshold is False else threshold

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, page: Any) -> Any:
        if isinstance(page, dict) and (moved := [key for key in ("model", "experiment") if key in page]):
            raise ValueError(
                f"{' and '.join(moved)}: moved to data/contract.yaml, which names the registered model (model: NAME; "
                "without it <name>_model) and the experiment (its name:); delete this from params.yaml"
            )
        return page

    @property
    def shaping(self) -> dict[str, Any]:
        """The part that the bundle depends on: of the thresholds, only the limits that a winner has to keep."""
        limits = {f"gate.{name}": getattr(self.gate, name) for name in ("latency_ms", "size_mb")}
        return self.model_dump(mode="json", exclude=set(Thresholds.model_fields)) | limits

    @property
    def quantile(self) -> float | None:
        """The quantile of a regression that is judged by its quantile loss; else None."""
        return self.scoring_regression.quantile if isinstance(self.scoring_regression, QuantileLoss) else None

    @property
    def sha256(self) -> str:
        return sha256(json_bytes(self.shaping))


def scoring_of(params: Params, task: Task) -> str:
    """The name of the metric that the candidates are ranked by."""
    if task == "classification":
        return params.scoring
    asked = params.scoring_regression
    return f"{QUANTILE_LOSS}{asked.quantile:g}" if isinstance(asked, QuantileLoss) else asked


def candidates_of(params: Params, task: Task) -> dict[str, Candidate]:
    """Those for the task, with a family's class for it. Raises ParamsError when there is none."""
    fitting = estimators_for(task)
    found = {}
    for name, one in params.candidates.items():
        known = one.estimator if one.is_own else class_for(one.estimator, task)
        if known is not None:
            inner = [part.model_copy(update={"estimator": class_for(part.estimator, task)}) for part in one.of]
            if wrong := [part.estimator for part in one.of if class_for(part.estimator, task) is None]:
                raise ParamsError(f"params.yaml: candidates.{name}.of: {', '.join(wrong)} is not for {task}")
            found[name] = one.model_copy(update={"estimator": known, "of": inner})
    if not found:
        raise ParamsError(f"params.yaml: no candidate is for {task}; estimators for it are {', '.join(fitting)}")
    return found


def read_params(path: Path) -> Params:
    """Raises ParamsError, with one line for each thing that is wrong."""
    return read_yaml(path, Params, ParamsError)
