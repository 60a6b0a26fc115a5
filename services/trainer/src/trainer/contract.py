"""data/contract.yaml: everything there is to say about the data set, on one page."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from trainer.errors import ContractError

# Names become file names, JSON fields and metric labels.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
ClassName = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
DTYPES = ("float64", "int64")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Column(_Part):
    name: Name
    dtype: Literal["float64", "int64"]
    unit: str
    """In words or symbols, e.g. cm; empty for a pure number."""
    minimum: float
    maximum: float
    """The allowed range, both ends included, in `unit`."""
    description: str

    @field_validator("dtype", mode="before")
    @classmethod
    def _supported(cls, value: Any) -> Any:
        if value not in DTYPES:
            raise ValueError(f"{value!r} is not supported; supported are {' and '.join(DTYPES)}")
        return value

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum} is not below maximum {self.maximum}")
        return self


class Target(_Part):
    name: Name
    description: str
    classes: tuple[ClassName, ...] = Field(min_length=2)
    """In the order of the model's label indices."""

    @field_validator("classes")
    @classmethod
    def _unique(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        return _without_repeats(classes)


class Contract(_Part):
    name: Name
    """Names the files: data/raw/<name>.csv and data/processed/<name>.csv."""
    source: str = Field(min_length=1)
    """sklearn:<name> (iris, wine, breast_cancer), the path of a CSV file, or an http(s) URL of one."""
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    """Pins the bytes of a CSV file or URL."""
    duplicates: Literal["allow", "refuse"] = "refuse"
    """Whether a row may repeat another one exactly."""
    columns: tuple[Column, ...] = Field(min_length=1)
    target: Target

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _without_repeats((*self.features, self.target.name))
        return self

    @model_validator(mode="after")
    def _pin_fits(self) -> Self:
        if self.sha256 and self.source.startswith("sklearn:"):
            raise ValueError("sha256 pins a CSV file or URL; a data set of scikit-learn has no file to pin")
        return self


def read_contract(path: Path) -> Contract:
    """Raises ContractError, with one line for each thing that is wrong."""
    try:
        return Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: is not YAML: {error}") from error
    except ValidationError as error:
        raise ContractError(f"{path}:\n{explain(error)}") from error


def explain(error: ValidationError) -> str:
    """One line for each fault: its place, what is wrong, and what stood there."""
    lines = []
    for fault in error.errors(include_url=False):
        place = ".".join(str(step) for step in fault["loc"]) or "the file"
        lines.append(f"  {place}: {fault['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


def _without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    for name, following in pairwise(sorted(names)):
        if name == following:
            raise ValueError(f"{name!r} is named twice")
    return names
