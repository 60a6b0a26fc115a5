"""data/contract.yaml: everything there is to say about the data set, on one page."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from trainer.contract.columns import Column
from trainer.contract.csv_format import Csv
from trainer.contract.labels import ContractSection, Label, in_order, without_repeats
from trainer.contract.number_text import Format
from trainer.contract.roles import Roles
from trainer.contract.yaml_file import read_yaml
from trainer.errors import ContractError

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Task = Literal["classification", "regression"]
SUFFIX = "_model"


class Target(ContractSection):
    """The column that is predicted."""

    name: Label
    description: str
    classes: tuple[Label, ...] = ()
    """Classification: in the order of the model's label indices."""
    leave_out: tuple[Label, ...] = Field(default=(), exclude=True)
    """Classification: classes with too few rows; their rows are left out and counted."""
    unit: str = ""
    """Regression: of the value; empty for a pure number."""
    minimum: float | None = None
    maximum: float | None = None
    """Regression: the range of the value in `unit`, both ends included."""
    outside: Literal["refuse", "warn"] = Field(default="refuse", exclude=True)
    """Regression: what becomes of training rows outside the range, as for a column."""
    format: Format = Field(default="plain", exclude=True)
    """Regression: how the source writes the value, as for a column."""

    @field_validator("classes")
    @classmethod
    def _unique(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(classes) < 2:
            raise ValueError("a classification needs at least 2 classes")
        return without_repeats(classes)

    @model_validator(mode="after")
    def _left_out_are_no_classes(self) -> Self:
        without_repeats(self.leave_out)
        if both := sorted(set(self.classes) & set(self.leave_out)):
            raise ValueError(f"leave_out: {both[0]!r} is in classes, too")
        return self

    @property
    def range(self) -> tuple[float, float]:
        """The range of a regression's value."""
        if self.minimum is None or self.maximum is None:
            raise ContractError(f"the target {self.name!r} has no range: it is not a regression's")
        return self.minimum, self.maximum


class Contract(ContractSection):
    """The file data/contract.yaml: where the table is, how it is written, and what each column may hold."""

    name: Name
    """Names the files, data/raw/<name>.csv and data/processed/<name>.csv, and MLflow's experiment."""
    model: ModelName | None = None
    """The registered model's name; without it <name>_model."""
    source: str = Field(min_length=1)
    """sklearn:<name> (iris, wine, breast_cancer, diabetes); the path of a file (CSV, also gzip, or Parquet), of several
    with *, an http(s) URL of one; sqlite:///path or postgresql://user@host/database with `query`."""
    query: str | None = Field(default=None, min_length=1, max_length=100_000)
    """The SELECT that a database answers."""
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    """Pins the bytes of a CSV file or URL."""
    csv: Csv = Csv()
    """How the CSV file or URL is written."""
    roles: Roles = Roles()
    """Columns of the source that tell rows apart, or say when they were recorded; kept, but no features."""
    ignore: tuple[str, ...] = ()
    """Columns of the source that are nothing to learn from, e.g. a number of the order."""
    duplicates: Literal["allow", "refuse"] = "refuse"
    """Whether a row may repeat another one exactly."""
    task: Task = "classification"
    """The target: one of its classes, or its value, is predicted."""
    columns: tuple[Column, ...]
    target: Target

    @property
    def registered_model(self) -> str:
        """Another contract starts another registered model."""
        return self.model or f"{self.name[: 64 - len(SUFFIX)]}{SUFFIX}"

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns with a role that are not features: the last ones of the processed data."""
        return tuple(name for name in self.roles.names if name not in self.features)

    @field_validator("columns")
    @classmethod
    def _something_to_learn_from(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        if not columns:
            raise ValueError(
                "there is no column to learn from; describe at least one here, e.g. one of ignore or roles, "
                "or take a table with more columns"
            )
        return columns

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        without_repeats((*self.features, self.target.name, *self.ignore))
        for name in self.roles.names:
            if name == self.target.name:
                raise ValueError(f"roles: {name!r} is the target")
            if name in self.ignore:
                raise ValueError(f"roles: {name!r} is in ignore, too; a column with a role is kept")
        for no_feature in (*self.roles.id, self.roles.weight):
            if no_feature in self.features:
                raise ValueError(f"roles: {no_feature!r} is in columns, too; an id or a weight is never a feature")
        return self

    @model_validator(mode="after")
    def _pin_fits(self) -> Self:
        if self.source.startswith("sklearn:"):
            if self.sha256:
                raise ValueError("sha256 pins a CSV file or URL; a data set of scikit-learn has no file to pin")
            if self.csv != Csv():
                raise ValueError("csv describes a CSV file or URL; a data set of scikit-learn has none")
        return self

    @model_validator(mode="after")
    def _target_fits(self) -> Self:
        target, ends = self.target, (self.target.minimum, self.target.maximum)
        if self.task == "classification":
            if not target.classes:
                raise ValueError("target.classes: a classification needs them")
            if ends != (None, None) or target.unit:
                raise ValueError("target: unit, minimum and maximum belong to task: regression")
            return self
        if target.classes or target.leave_out:
            raise ValueError("target.classes: a regression has none; they belong to task: classification")
        if None in ends:
            raise ValueError("target: a regression needs minimum and maximum")
        in_order(*target.range)
        return self


def read_contract(path: Path) -> Contract:
    """Raises ContractError, with one line for each thing that is wrong."""
    return read_yaml(path, Contract, ContractError)
