"""The shadow behind every protocol: it is asked what production answered, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import IRIS, make_bundle, write_policy
from tests.support.journals import records
from tests.support.mixed_bundles import FEATURES, ROWS, mixed_parts
from tests.support.polling import eventually

ROW = dict(zip(IRIS, (6.5, 3.0, 5.5, 1.8), strict=True))
TABLE = ",".join(IRIS) + "\n6.5,3.0,5.5,1.8\n5.1,3.5,1.4,0.2\n"
TENSOR = {"name": "features", "shape": [2, 4], "datatype": "FP64", "data": [6.5, 3.0, 5.5, 1.8, 5.1, 3.5, 1.4, 0.2]}


@pytest.fixture
def quick(settings: Settings) -> Settings:
    """Settings that never skip the shadow for the CPU time that the test itself takes."""
    return settings.model_copy(update={"shadow_most_cpu": 1_000.0})


def test_every_protocol_is_shadowed_and_only_what_production_answered(
    quick: Settings, start: Callable[[Settings], TestClient]
) -> None:
    folder = quick.serving_dir
    bundle = make_bundle(folder)
    write_policy(
        folder, 1, bundle,
        canary={"version": "2", "bundle": bundle, "percent": 0}, shadow={"version": "3", "bundle": bundle},
    )  # fmt: skip
    client = start(quick)
    csv = {"content-type": "text/csv"}
    asked = [
        client.post("/predict", json=ROW),
        client.post("/predict/batch", json={"rows": [ROW, ROW]}),
        client.post("/predict/batch", content=TABLE, headers=csv),
        client.post("/invocations", content=TABLE, headers=csv),
        client.post("/v2/models/iris_clf/infer", json={"inputs": [TENSOR]}),
    ]
    assert client.post("/predict", json=ROW, headers={"x-model-version": "2"}).json()["model"]["variant"] == "canary"
    assert {answer.status_code for answer in asked} == {200}

    def of(variant: str) -> dict[str, dict[str, Any]]:
        return {r["request_id"]: r for r in records(quick.journal_dir) if r["variant"] == variant}

    eventually(lambda: len(of("shadow")) == len(asked))
    production, shadow = of("production"), of("shadow")
    assert production.keys() == shadow.keys() == {answer.headers["x-request-id"] for answer in asked}
    for request, record in shadow.items():
        answered = production[request]
        assert record["shadow_of"] == answered["ids"]
        assert record["ids"] != answered["ids"]
        assert all(record[key] == answered[key] for key in ("rows", "labels", "probabilities", "features", "classes"))
    text = client.get("/metrics").text
    agreed = [line for line in text.splitlines() if line.startswith("shadow_agreement_total{")]
    assert sum(float(line.rpartition(" ")[2]) for line in agreed if 'outcome="agree"' in line) == 9
    assert 'outcome="disagree"' not in text


def test_any_table_is_shadowed_and_a_regression_compared_by_bins(
    quick: Settings, start: Callable[[Settings], TestClient]
) -> None:
    folder = quick.serving_dir
    bundle = mixed_parts().write(folder / "bundles")
    write_policy(folder, 1, bundle, model="prices", shadow={"version": "3", "bundle": bundle})
    client = start(quick)
    rows = [dict(zip([f["name"] for f in FEATURES], values, strict=True)) for values, _ in ROWS]
    assert client.post("/predict", json=rows[1]).status_code == 200
    assert client.post("/predict/batch", json={"rows": rows}).status_code == 200
    eventually(lambda: sum(r["kind"] == "shadow" for r in records(quick.journal_dir)) == 2)
    by_request = {(r["request_id"], r["kind"]): r for r in records(quick.journal_dir)}
    for (request, kind), record in by_request.items():
        if kind == "shadow":
            assert (record["rows"], record["values"]) == tuple(by_request[request, "prediction"][key]
                                                               for key in ("rows", "values"))  # fmt: skip
    assert 'shadow_agreement_total{label="(-inf, 50]",outcome="agree",version="3"} 3.0' in client.get("/metrics").text


def test_a_shadow_that_leaves_stops_and_one_that_is_broken_on_disk_never_starts(
    quick: Settings, start: Callable[[Settings], TestClient]
) -> None:
    folder = quick.serving_dir
    write_policy(folder, 1, make_bundle(folder), shadow={"version": "3", "bundle": "0" * 64})
    client = start(quick)
    for _ in range(3):
        assert client.post("/predict", json=ROW).status_code == 200
    assert [r["kind"] for r in records(quick.journal_dir)] == ["prediction"] * 3
    assert client.get("/health").json()["models"] == [{"variant": "production", "version": "1"}]
