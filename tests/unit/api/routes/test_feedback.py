"""Feedback at its door: one label or many, JSON or CSV, by name or by index, and what is refused where."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import FLOWERS, tiny_parts, write_policy
from tests.support.journals import records
from tests.support.mixed_bundles import mixed_parts

IDS = [f"01936d5a-7b9c-7000-8000-{number:012d}" for number in range(200)]
CSV = {"content-type": "text/csv"}


def post(client: TestClient, content: str | bytes, **headers: str) -> Any:
    return client.post("/feedback", content=content, headers=CSV | headers)


def taken(settings: Settings) -> list[tuple[str, str, str]]:
    return [(r["prediction_id"], r["label"], r["source"]) for r in records(settings.journal_dir)]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (f"prediction_id,label\n{IDS[0]},setosa\n", [(IDS[0], "setosa", "api")]),
        (f"prediction_id,label\n{IDS[0]},2\n", [(IDS[0], "virginica", "api")]),
        (f"label,source,prediction_id\r\n1,a botanist,{IDS[0]}\r\n", [(IDS[0], "versicolor", "a botanist")]),
        (
            f'\ufeffprediction_id,label,source\n{IDS[0]},setosa,\n\n{IDS[1]},"virginica","a, b"\n',
            [(IDS[0], "setosa", "api"), (IDS[1], "virginica", "a, b")],
        ),
    ],
)
def test_a_table_of_labels_is_taken(
    client: TestClient, settings: Settings, table: str, expected: list[tuple[str, str, str]]
) -> None:
    answer = post(client, table)
    assert (answer.status_code, answer.json()["accepted"]) == (202, len(expected))
    assert taken(settings) == expected


def test_a_label_in_json_is_a_name_or_an_index(client: TestClient, settings: Settings) -> None:
    items = [{"prediction_id": id_, "label": label} for id_, label in zip(IDS, [*FLOWERS, 0, 1, 2], strict=False)]
    assert client.post("/feedback", json={"items": items}).json()["accepted"] == 6
    assert client.post("/feedback", json=items[3]).status_code == 202
    assert [label for _, label, _ in taken(settings)] == [*FLOWERS, *FLOWERS, "setosa"]


def test_where_the_classes_are_numbers_a_number_is_the_name_of_a_class(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    bundle = tiny_parts(classes=("1", "2", "3")).write(settings.serving_dir / "bundles")
    write_policy(settings.serving_dir, 1, bundle)
    client = start(settings)
    items = [{"prediction_id": id_, "label": label} for id_, label in zip(IDS, ["1", 1, 2.0, 3], strict=False)]
    assert client.post("/feedback", json={"items": items}).json()["accepted"] == 4
    assert post(client, f"prediction_id,label\n{IDS[4]},1\n{IDS[5]},3.0\n").status_code == 202
    assert [label for _, label, _ in taken(settings)] == ["1", "1", "2", "3", "1", "3"]
    for wrong in (0, 4, 1.5, True):
        refused = client.post("/feedback", json={"prediction_id": IDS[0], "label": wrong})
        assert refused.json()["errors"] == [{"field": "label", "message": "Input should be '1', '2', '3'"}], wrong
    assert post(client, f"prediction_id,label\n{IDS[0]},0\n").status_code == 422


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("lable", "label"),
        ("Prediction_ID", "prediction_id"),
        ("sorce", "source"),
        ("SOURCE", "source"),
        ("item", "items"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_one_it_is_like(client: TestClient, given: str, meant: str) -> None:
    item: dict[str, Any] = {"prediction_id": IDS[0], "label": "setosa"}
    item.pop(meant, None)
    reply = client.post("/feedback", json={**item, given: "setosa"})
    assert reply.status_code == 422
    messages = {error["field"]: error["message"] for error in reply.json()["errors"]}
    assert messages[given].endswith(f"; did you mean {meant!r}?")


def test_the_same_feedback_again_has_the_same_id_and_anything_else_another(client: TestClient) -> None:
    fields = {"prediction_id": IDS[0], "label": "setosa", "source": "a"}
    others = [{**fields, "label": "virginica"}, {**fields, "source": "b"}, {**fields, "prediction_id": IDS[1]}]
    first, *rest = client.post("/feedback", json={"items": [fields, *others]}).json()["ids"]
    assert len({first, *rest}) == 4
    assert all(uuid.UUID(id_).version == 8 and uuid.UUID(id_).variant == uuid.RFC_4122 for id_ in (first, *rest))
    assert client.post("/feedback", json={**fields, "label": 0}).json()["ids"] == [first]
    assert post(client, f"source,label,prediction_id\na,setosa,{IDS[0]}\n").json()["ids"] == [first]


@pytest.mark.parametrize(
    ("table", "places"),
    [
        (f"prediction_id,label\n{IDS[0]},rose\n", ["line 2, label"]),
        (f"prediction_id,label\n{IDS[0]},3\n", ["line 2, label"]),
        (f"prediction_id,label\n{IDS[0]},-1\n", ["line 2, label"]),
        (f"prediction_id,label\n{IDS[0]},²\n", ["line 2, label"]),
        (f"prediction_id,label\n{IDS[0]},{'9' * 5_000}\n", ["line 2, label"]),
        (f"prediction_id,label\n{IDS[0]},\n", ["line 2, label"]),
        ("prediction_id,label\n17,setosa\n", ["line 2, prediction_id"]),
        (f"prediction_id,label\n{IDS[0]},setosa\n{IDS[1].upper()},rose\n",
         ["line 3, prediction_id", "line 3, label"]),
        (f"prediction_id,label\n{IDS[0]}\n{IDS[1]},setosa\n{IDS[2]},1,2\n", ["line 2", "line 4"]),
        (f"prediction_id,label,source\n{IDS[0]},setosa,{'x' * 65}\n", ["line 2, source"]),
        (f'prediction_id,label\n{IDS[0]},"set"osa\n', ["line 2"]),
        (f"prediction_id\n{IDS[0]}\n", ["line 1"]),
        (f"prediction_id,label,label\n{IDS[0]},setosa,setosa\n", ["line 1"]),
        (f"prediction_id,label,colour\n{IDS[0]},setosa,blue\n", ["line 1"]),
        ("", ["line 1"]),
        ("prediction_id,label\n\n", ["body"]),
        (b"prediction_id,label\n\xff,setosa\n", ["line 2"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_line_and_nothing_is_taken(
    client: TestClient, settings: Settings, table: str | bytes, places: list[str]
) -> None:
    answer = post(client, table)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == places
    assert records(settings.journal_dir) == []


@pytest.mark.parametrize("label", ["rose", " setosa", "0", 3, -1, True, 1.0, None])
def test_an_unknown_label_is_refused_with_the_known_ones(client: TestClient, settings: Settings, label: object) -> None:
    answer = client.post("/feedback", json={"prediction_id": IDS[0], "label": label})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "label"
    assert all(repr(name) in error["message"] for name in FLOWERS)
    assert records(settings.journal_dir) == []


def test_the_lines_that_are_named_are_bounded(client: TestClient) -> None:
    answer = post(client, "prediction_id,label\n" + "x,y\n" * 90)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 20


def test_more_lines_than_a_request_may_have_are_too_large(client: TestClient, settings: Settings) -> None:
    lines = [f"{id_},setosa" for id_ in IDS[: settings.max_batch_rows + 1]]
    fits = "\n".join(["prediction_id,label", *lines[:-1]])
    assert post(client, fits).json()["accepted"] == settings.max_batch_rows
    assert post(client, "\n".join([fits, lines[-1]])).status_code == 413
    assert client.post("/feedback", content="x", headers={"content-type": "text/plain"}).status_code == 415
    assert post(client, fits, **{"content-type": "text/csv; charset=latin-1"}).status_code == 415


def test_without_a_model_nobody_knows_the_labels(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    answer = post(start(settings), f"prediction_id,label\n{IDS[0]},setosa\n")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("form", "written", "value"),
    [
        ("currency", "$1,234.50", 1234.5),
        ("percent", "12.5 %", 12.5),
        ("unit", "80 EUR", 80.0),
        ("decimal_comma", '"1.234,5"', 1234.5),
        ("thousands", "12.5", 12.5),
    ],
)
def test_a_value_may_be_written_as_the_training_table_writes_it(
    settings: Settings, start: Callable[[Settings], TestClient], form: str, written: str, value: float
) -> None:
    parts = mixed_parts()
    missing = [""]
    described = {"separator": ",", "decimal": ".", "encoding": "utf-8", "missing": missing, "formats": {"price": form}}
    parts = replace(parts, manifest={**parts.manifest, "csv": described})
    write_policy(settings.serving_dir, 1, parts.write(settings.serving_dir / "bundles"), model="prices")
    cell = f'"{written}"' if "," in written and '"' not in written else written
    answer = post(start(settings), f"prediction_id,value\n{IDS[0]},{cell}\n")
    assert answer.status_code == 202, answer.text
    assert [record["value"] for record in records(settings.journal_dir)] == [value]


def test_a_table_of_a_regression_has_values(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    write_policy(settings.serving_dir, 1, mixed_parts().write(settings.serving_dir / "bundles"), model="prices")
    client = start(settings)
    answer = post(client, f"prediction_id,value\n{IDS[0]},12.5\n{IDS[1]},1e2\n")
    assert answer.status_code == 202, answer.text
    taken = [(r["value"], r["label"]) for r in records(settings.journal_dir)]
    assert taken == [(12.5, "(-inf, 50]"), (100.0, "(50, inf)")]
    again = client.post("/feedback", json={"prediction_id": IDS[1], "value": 100})
    assert again.json()["ids"] == answer.json()["ids"][1:]
    for wrong in ("", "much", "1_0", "nan", "inf"):
        refused = post(client, f"prediction_id,value\n{IDS[0]},{wrong}\n")
        assert refused.status_code == 422, (wrong, refused.text)
        assert refused.json()["errors"][0]["field"] == "line 2, value"
    assert "prediction_id,value" in post(client, f"prediction_id,label\n{IDS[0]},x\n").json()["detail"]
    for value in ("12.5", True, None):
        assert client.post("/feedback", json={"prediction_id": IDS[0], "value": value}).status_code == 422
