"""Each operation in a sentence or two, and an example of its answer, by operation id."""

from collections.abc import Mapping
from typing import Any

_HEALTH = {
    "ok": True, "model_loaded": True, "model_path": "var/serving/bundles/…/model.onnx", "journal_writable": True,
    "draining": False, "models": [{"variant": "production", "version": "1"}], "counted_out": [], "refused": [],
    "unserved": [],
}  # fmt: skip
_TENSOR = {"name": "features", "datatype": "FP64", "shape": [-1, 4]}
_SERVER = "An answer of the Open Inference Protocol, version 2."
_BODY = "Tensors as JSON, or with the binary tensor extension. Each row becomes a prediction in the audit."

WORDS: dict[str, tuple[str, Any]] = {
    "predict": ("One row in, one answer out. The answer is in the audit before it is sent; its `prediction_id` is what "
                "feedback refers to.", None),
    "predict_batch": ("Many rows at once, as JSON or as CSV with a header. All of them are answered or none.", None),
    "feedback": ("Says what was true of an earlier prediction: one label or value, a list of them, or CSV. Repeating "
                 "it changes nothing.", {"accepted": 1, "ids": ["01936d5a-7b9c-7000-8000-000000000001"]}),
    "model": ("Name, version, features, quality on the hold-out and provenance of the model in production, and what "
              "serves beside it.", None),
    "health": ("200 when a request would be answered, else 503 with the same body, which says why.", _HEALTH),
    "ready": ("The same as /health, for a load balancer: 503 also while the process ends.", _HEALTH),
    "live": ("200 as long as the process answers at all. A restart helps when it does not.", {"ok": True}),
    "metrics": ("Counters, gauges and histograms of all workers, in Prometheus's text format.",
                'predict_requests_total 150.0\n'),
    "v2_server": (f"{_SERVER} Name, version and extensions of the server.",
                  {"name": "mlops-iris", "version": "0.1.0", "extensions": ["binary_tensor_data"]}),
    "v2_live": (f"{_SERVER} 200 as long as the process answers.", {"live": True}),
    "v2_ready": (f"{_SERVER} 200 when a model would answer, else 503.", {"live": True, "ready": True}),
    "v2_model": (f"{_SERVER} Inputs and outputs of the model in production.", "model"),
    "v2_version": (f"{_SERVER} Inputs and outputs of a version that serves.", "model"),
    "v2_model_ready": (f"{_SERVER} Whether the model answers.", "ready"),
    "v2_version_ready": (f"{_SERVER} Whether this version answers.", "ready"),
    "v2_model_infer": (f"{_BODY} The version in production or its canary answers.", None),
    "v2_version_infer": (f"{_BODY} The named version answers.", None),
    "invocations": ("MLflow's scoring server: one of its four JSON forms, or CSV; class names or values come back.",
                    {"predictions": ["…"]}),
    "ping": ("MLflow's scoring server: 200 when it would answer.", "\n"),
    "version": ("The version of MLflow whose scoring server this one answers like.", "3.17.2"),
    "playground_model": ("The page at / reads this. `model` is null while there is none; else the model card, the "
                         "training distribution and sample rows.", {"model": None}),
    "status": ("The page at /status reads this, and so does `make status`.",
               {"at": 1764374400.0, "ok": True, "state": "All is well", "next": {"verb": "make traffic DRIFT=1"},
                "alerts": [], "drift": []}),
}  # fmt: skip
"""Description, and example. None: it is made from the served model. "model", "ready": from its name and version."""


def describe_operations(document: dict[str, Any], examples: Mapping[str, Any], model: str, version: str) -> None:
    """Add descriptions and examples to the finished document; `examples` are those made from the served model."""
    named = {
        "model": {"name": model, "versions": [version], "platform": "onnx", "inputs": [_TENSOR], "outputs": []},
        "ready": {"name": model, "ready": True},
    }
    for path in document["paths"].values():
        for operation in path.values():
            description, example = WORDS[operation["operationId"]]
            operation["description"] = description
            if isinstance(example, str) and example in named:
                example = named[example]
            example = examples.get(operation["operationId"], example)
            answered = next(reply for status, reply in operation["responses"].items() if status.startswith("2"))
            content = answered.get("content", {})
            kind = next((kind for kind in content if kind in ("application/json", "text/plain")), None)
            if example is not None and kind is not None:
                content[kind]["example"] = example
