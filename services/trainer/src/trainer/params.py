"""params.yaml: every number that shapes the model. A key this page does not know is an error."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from trainer.contract.contract import Task, explain
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS, estimators_for
from trainer.thresholds import Part, Thresholds
from trainer.workspace.files import json_bytes, sha256

Value = bool | int | float | str | None
Name = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class CrossValidation(Part):
    folds: int = Field(ge=2, le=50)
    rows: int = Field(default=20_000, ge=100)
    """A larger table is cross-validated on this number of rows; the winner is fitted on all."""


class Candidate(Part):
    estimator: str
    """A name of `trainer.estimators`; each is for one task."""
    settings: dict[str, Value] = Field(default_factory=dict)
    """Fixed arguments of the estimator."""
    grid: dict[str, Annotated[list[Value], Field(min_length=1)]] = Field(default_factory=dict)
    """Argument: values to try. The best combination stands for the candidate."""

    @field_validator("estimator")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ESTIMATORS:
            raise ValueError(f"{name!r} is none of {', '.join(ESTIMATORS)}")
        return name


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
    scoring_regression: Literal["r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"] = "r2"
    """The measure that selects the best regressor, by scikit-learn's names. Ties: RMSE, then time."""
    candidates: dict[Name, Candidate] = Field(min_length=1)
    """Those whose estimator fits the contract's task are compared."""
    reference: Reference
    golden: Golden
    parity: Parity

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
        return self.model_dump(exclude=set(Thresholds.model_fields)) | limits

    @property
    def sha256(self) -> str:
        return sha256(json_bytes(self.shaping))


def scoring_of(params: Params, task: Task) -> str:
    return params.scoring if task == "classification" else params.scoring_regression


def candidates_of(params: Params, task: Task) -> dict[str, Candidate]:
    """Those for the task. Raises ParamsError when there is none."""
    fitting = estimators_for(task)
    found = {name: one for name, one in params.candidates.items() if one.estimator in fitting}
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
