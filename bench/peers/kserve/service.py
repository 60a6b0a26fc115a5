"""KServe's server with the few lines that its scikit-learn runtime is."""

import os
from typing import Any

import joblib
from kserve import Model, ModelServer  # type: ignore[import-not-found]
from kserve.utils.utils import get_predict_input, get_predict_response  # type: ignore[import-not-found]


class Iris(Model):  # type: ignore[misc]
    def load(self) -> bool:
        self.model = joblib.load(os.environ["MODEL"])
        self.ready = True
        return True

    def predict(self, payload: Any, _headers: Any = None, _response_headers: Any = None) -> Any:
        return get_predict_response(payload, self.model.predict(get_predict_input(payload)), self.name)


if __name__ == "__main__":
    model = Iris("iris")
    model.load()
    ModelServer(enable_grpc=False).start([model])
