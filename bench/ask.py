"""The questions: rows of iris as the bodies of a server's requests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sklearn.datasets import load_iris

Workload = Literal["one", "thousand", "objects"]
"""One row; 1,000 rows in the way that is fastest for the peer; 1,000 rows as JSON objects."""

Rows = list[list[float]]
FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
CLASSES = ("setosa", "versicolor", "virginica")
LARGE = 1000
DIFFERENT_LARGE = 4


@dataclass(frozen=True)
class BenchRequest:
    """A request whose bodies, one line each, are sent in turn. No cache between us and the model could hide."""

    path: str
    bodies: tuple[bytes, ...]
    rows: int
    """Rows in each body."""
    content_type: str = "application/json"


def asks(path: str, batches: list[Rows], body: Callable[[Rows], Any]) -> BenchRequest:
    """`batches` are rows of equal number; `body` makes one of them into what is sent as JSON."""
    return BenchRequest(path, tuple(orjson.dumps(body(rows)) for rows in batches), len(batches[0]))


def iris() -> tuple[Rows, list[int]]:
    """The 150 rows in cm, and the class of each."""
    data = load_iris()
    return data.data.tolist(), data.target.tolist()


def single() -> list[Rows]:
    """150 batches of one row."""
    return [[row] for row in iris()[0]]


def large() -> list[Rows]:
    """Four batches of 1,000 rows; the first one's row i is iris row i modulo 150."""
    rows, _ = iris()
    return [[rows[(start + i) % len(rows)] for i in range(LARGE)] for start in range(DIFFERENT_LARGE)]


def objects(rows: Rows) -> list[dict[str, float]]:
    """Rows as JSON objects by feature name."""
    return [dict(zip(FEATURES, row, strict=True)) for row in rows]
