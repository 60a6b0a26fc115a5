"""Plain FastAPI, written with care: one model call, plain numbers, no thread hop."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI
from pydantic import BaseModel

CLASSES = ("setosa", "versicolor", "virginica")
Model = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.floating]]
"""From rows [n, 4] to the probabilities of the classes [n, 3]."""


class Row(BaseModel):
    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Rows(BaseModel):
    rows: list[Row]


class Prediction(BaseModel):
    label_id: int
    label_name: str
    probabilities: list[float]


def application(model: Model) -> FastAPI:
    app = FastAPI()

    @app.post("/predict")
    async def predict(row: Row) -> Prediction:
        return answer([row])[0]

    @app.post("/predict/batch")
    async def predict_batch(batch: Rows) -> list[Prediction]:
        return answer(batch.rows)

    def answer(rows: list[Row]) -> list[Prediction]:
        values = np.array([[r.sepal_length, r.sepal_width, r.petal_length, r.petal_width] for r in rows])
        probabilities = model(values)
        return [
            Prediction(label_id=label, label_name=CLASSES[label], probabilities=row)
            for label, row in zip(probabilities.argmax(axis=1).tolist(), probabilities.tolist(), strict=True)
        ]

    return app
