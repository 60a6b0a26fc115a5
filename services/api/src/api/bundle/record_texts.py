"""The constant parts of a model's answers, made once: mostly JSON."""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import orjson

from api.bundle.class_names import typed_names
from api.bundle.features import limits
from api.bundle.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Texts:
    """Pieces of JSON, and the ranges. ``answer`` is for %-formatting: a percent sign in a class's name is doubled."""

    model: str
    """``"model":{...}`` of an answer's envelope."""
    labels: tuple[str, ...]
    """By index: ``"label_id":0,"label_name":"setosa",``. Empty for a regression, whose answer is a value."""
    answer: str
    """One row's answer: prediction id, label, one probability per class, or the value. Ends with ``"warnings":[]}``."""
    ranges: tuple[tuple[float, float], ...]
    """By feature: the least and the greatest value that is usual."""
    class_names: tuple[Any, ...]
    """By index, as the user's table has them: integers or texts. Empty for a regression."""


def make_texts(manifest: Manifest, labels: list[str], *, version: str, variant: str, bundle: str) -> Texts:
    """``labels``: what an answer is counted as, by index."""
    classes = manifest.target.classes
    shares = ",".join(_text(name).replace("%", "%%") + ":%s" for name in classes)
    outcome = f'"probabilities":{{{shares}}}' if classes else '"value":%s'
    identity = {"name": manifest.model, "version": version, "variant": variant, "bundle": bundle}
    return Texts(
        model=f'"model":{_text(identity)}',
        labels=tuple(
            f'"label_id":{index},"label_name":{_text(name)},' if classes else "" for index, name in enumerate(labels)
        ),
        answer=f'{{"prediction_id":"%s",%s{outcome},"warnings":[]}}',
        ranges=tuple(limits(feature) for feature in manifest.features),
        class_names=tuple(typed_names(classes)),
    )


def number_rows(rows: list[list[Any]] | npt.NDArray[Any]) -> list[str]:
    """Each row's numbers as JSON, joined by commas. A float32 has the digits of a float32."""
    return split_rows(orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY))


def split_rows(text: bytes) -> list[str]:
    """The same for the JSON of rows of numbers, as orjson writes it: without spaces."""
    return text.decode()[2:-2].split("],[")


def natural_rows(rows: list[list[Any]]) -> list[str]:
    """The same for rows that hold text, which may have anything between its quotes."""
    return [orjson.dumps(row).decode()[1:-1] for row in rows]


def _text(content: Any) -> str:
    return orjson.dumps(content).decode()
