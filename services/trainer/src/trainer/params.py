"""params.yaml: every number that shapes the model. A key this page does not know is an error."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from trainer.contract.contract import Task, explain
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS, FAMILIES, class_for, estimators_for
from trainer.thresholds import Part, Thresholds
from trainer.workspace.files import json_bytes, sha256

Scalar = bool | int | float | str | None
Value = Scalar | list[Scalar] | dict[bool | int | float | str, Scalar]
QUANTILE_LOSS = "quantile_loss_"
"""Before the quantile: the name of a measure."""
OWN = "^[A-Za-z_][A-Za-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*$"
"""module:function, of a file in models/"""
Name = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class CrossValidation(Part):
    folds: int = Field(ge=2, le=50)
    rows: int = Field(default=20_000, ge=100)
    """A larger table is cross-validated on this number of rows; the winner is fitted on all."""


class Search(Part):
    """Settings are drawn, each better informed by those before; the same seed draws the same."""

    trials: int = Field(ge=1, le=1000)
    minutes: float = Field(default=10.0, gt=0)
    """After this time no further trial starts; the report then says how many were done."""
    space: dict[str, list[float] | list[str]] = Field(default_factory=dict)
    """Argument: [low, high] of numbers, or words to choose from. Without it the estimator's own ranges."""

    @field_validator("space")
    @classmethod
    def _rising(cls, space: dict[str, list[float] | list[str]]) -> dict[str, list[float] | list[str]]:
        for name, ends in space.items():
            numbers = [one for one in ends if not isinstance(one, str)]
            if numbers and not (len(numbers) == len(ends) == 2 and 0 < numbers[0] < numbers[1]):
                raise ValueError(f"{name} needs [low, high] with 0 < low < high, or words")
            if not ends:
                raise ValueError(f"{name} names no value")
        return space


class Inner(Part):
    """An estimator inside another."""

    estimator: str
    settings: dict[str, Value] = Field(default_factory=dict)

    @field_validator("estimator")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ESTIMATORS and name not in FAMILIES:
            raise ValueError(f"{name!r} is none of {', '.join([*FAMILIES, *ESTIMATORS])}")
        return name


class Candidate(Part):
    estimator: str
    """A name of `trainer.estimators`, or module:function of a file in models/ that returns an estimator."""
    settings: dict[str, Value] = Field(default_factory=dict)
    """Fixed arguments of the estimator, or of the function."""
    grid: dict[str, Annotated[list[Value], Field(min_length=1)]] = Field(default_factory=dict)
    """Argument: values to try. The best combination stands for the candidate."""
    search: Search | None = None
    of: list[Inner] = Field(default_factory=list, max_length=20)
    """The estimators that a vote, a stack or a calibration is made of."""

    @field_validator("of", mode="before")
    @classmethod
    def _by_name(cls, inner: Any) -> Any:
        many = inner if isinstance(inner, list) else [inner]
        return [{"estimator": one} if isinstance(one, str) else one for one in many]

    @field_validator("estimator")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ESTIMATORS and name not in FAMILIES and not re.match(OWN, name):
            raise ValueError(
                f"{name!r} is none of {', '.join([*FAMILIES, *ESTIMATORS])}, and no module:function of models/"
            )
        return name

    @model_validator(mode="after")
    def _fitting(self) -> "Candidate":
        if self.search is not None and self.grid:
            raise ValueError("grid and search exclude each other")
        row = ESTIMATORS.get(FAMILIES.get(self.estimator, {}).get("classification", self.estimator))
        form = row.form if row else "alone"
        wanted = {"of one": len(self.of) == 1, "of several": len(self.of) >= 1}.get(form, not self.of)
        if not wanted:
            count = {"of one": "exactly one estimator", "of several": "at least one estimator"}.get(form, "nothing")
            raise ValueError(f"{self.estimator} needs {count} under `of`")
        return self

    @property
    def is_own(self) -> bool:
        return ":" in self.estimator


class Reference(Part):
    bins: int = Field(ge=2, le=100)
    """The largest number of bins for each feature."""


class Golden(Part):
    rows: int = Field(ge=1, le=1000)


class Parity(Part):
    random_rows: int = Field(ge=1, le=1_000_000)
    tolerance: float = Field(gt=0, le=1e-5)
    """The largest difference of a probability, or of a value as a share of its range.

    The bundle's format promises 1e-5; a smaller one is stricter.
    """


class Costs(Part):
    """Of an answer that is wrong, in any unit: of the rarer class of two."""

    missed: float = Field(gt=0)
    """A row of the class that is not answered so."""
    false_alarm: float = Field(gt=0)
    """A row of the other class that is answered so."""


class QuantileLoss(Part):
    """How far a value is off where too low and too high do not cost the same."""

    quantile: float = Field(gt=0, lt=1)
    """The share of the truths that should lie below the answer, e.g. 0.9."""


class Params(Thresholds):
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
    """Of two classes: the figure that the probability is chosen for from which the rarer class is answered.

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
        """Of a regression that is judged by its quantile loss."""
        return self.scoring_regression.quantile if isinstance(self.scoring_regression, QuantileLoss) else None

    @property
    def sha256(self) -> str:
        return sha256(json_bytes(self.shaping))


def scoring_of(params: Params, task: Task) -> str:
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
    try:
        return Params.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: is not YAML: {error}") from error
    except ValidationError as error:
        raise ParamsError(f"{path}:\n{explain(error, Params)}") from error
