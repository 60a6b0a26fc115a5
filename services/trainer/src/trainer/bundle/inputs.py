"""Preparation of the encoded table as arrays: each input of the model comes from one of its columns."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from trainer.errors import UnexplainableError
from trainer.training.preparation import fills

KNOWN = {"encode", "single", "fill", "spread", "scale", "model"}
Numbers = npt.NDArray[np.float64]


@dataclass
class Inputs:
    """The inputs of the model, one entry in each list. An input is made in this order: a gap is filled, then a category
    is compared or its mean looked up, then the number is scaled.
    """

    fill: Numbers
    """[columns of the encoded table]: what stands for a gap; not a number where the gap stays."""
    source: list[int] = field(default_factory=list)
    """The column of the encoded table."""
    equal: list[float] = field(default_factory=list)
    """The input is 1 where the column is this and else 0; not a number: it is not compared."""
    means: list[Numbers] = field(default_factory=list)
    """The input is the mean at this place; empty: there are no means."""
    first: list[float] = field(default_factory=list)
    """The value whose mean is the first one."""
    shift: list[float] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)

    def add(self, source: int, *, equal: float = np.nan, means: Any = (), first: float = 0.0) -> None:
        self.source.append(source)
        self.equal.append(equal)
        self.means.append(np.asarray(means, dtype=np.float64))
        self.first.append(first)
        self.shift.append(0.0)
        self.scale.append(1.0)

    def rescale(self, scaler: StandardScaler, start: int) -> None:
        """The inputs from `start` on are scaled."""
        count = len(self.source) - start
        self.shift[start:] = np.zeros(count) if scaler.mean_ is None else scaler.mean_
        self.scale[start:] = np.ones(count) if scaler.scale_ is None else scaler.scale_

    def of(self, encoded: npt.NDArray[np.float32]) -> Numbers:
        """[n, inputs] of the encoded table [n, columns], as docs/formats has the rule."""
        filled = np.where(np.isnan(encoded), self.fill, encoded.astype(np.float64))
        made = filled[:, self.source]
        for place, (equal, means, first) in enumerate(zip(self.equal, self.means, self.first, strict=True)):
            if not np.isnan(equal):
                made[:, place] = made[:, place] == equal
            elif len(means):
                made[:, place] = means[(made[:, place] - first).astype(np.int64)]
        scaled: Numbers = (made - np.array(self.shift)) / np.array(self.scale)
        return scaled

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As the bundle has them."""
        return {
            "fill": self.fill,
            "source": np.array(self.source, dtype=np.int32),
            "equal": np.array(self.equal, dtype=np.float64),
            "first": np.array(self.first, dtype=np.float64),
            "shift": np.array(self.shift, dtype=np.float64),
            "scale": np.array(self.scale, dtype=np.float64),
            "means": np.concatenate([np.zeros(0), *self.means]),
            "means_end": np.cumsum([len(one) for one in self.means]).astype(np.int32),
        }


def inputs_of(pipeline: Pipeline, columns: int) -> Inputs:
    """The inputs of a fitted pipeline with an encoded table of this width. Raises UnexplainableError."""
    steps = pipeline.named_steps
    if foreign := set(steps) - KNOWN:
        raise UnexplainableError(f"its step {min(foreign)} has no known way back to the columns")
    fill = fills(pipeline) if "fill" in steps else np.full(columns, np.nan)
    inputs = Inputs(fill.astype(np.float64))
    if "spread" not in steps:
        for place in range(columns):
            inputs.add(place)
    else:
        for _, step, places in steps["spread"].transformers_:
            _add(inputs, step, list(places))
    if "scale" in steps:
        inputs.rescale(steps["scale"], 0)
    return inputs


def _add(inputs: Inputs, step: Any, places: list[int]) -> None:
    start = len(inputs.source)
    parts = [one for _, one in step.steps] if isinstance(step, Pipeline) else [step]
    match parts[0]:
        case OneHotEncoder():
            for place, values in zip(places, parts[0].categories_, strict=True):
                for value in values:
                    inputs.add(place, equal=float(value))
        case TargetEncoder():
            for means in parts[0].encodings_:
                inputs.add(places[0], means=means, first=float(parts[0].categories_[0][0]))
        case _:
            for place in places:
                inputs.add(place)
    if isinstance(parts[-1], StandardScaler):
        inputs.rescale(parts[-1], start)
