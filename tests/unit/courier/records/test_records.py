"""From a payload to rows: what can be used is used, and the rest is named."""

import json
from typing import Any

import pytest

from courier.errors import FrameRefusedError
from courier.records.records import decode
from tests.unit.courier.journals import feedback, prediction

IDS = [f"01939c00-0000-7000-8000-00000000000{n}" for n in range(3)]


def dump(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def test_columns_become_rows_with_values_as_they_came() -> None:
    record = decode(
        dump(
            prediction(
                IDS,
                rows=[[5.1, 1], [6, 4.123456789012345], [-0.0, 1e308]],
                labels=[0, 2, 1],
                probabilities=[[1, 0, 0], [0, 0.25, 0.75], [0.125, 0.5, 0.375]],
            )
        )
    )

    assert record.kind == "prediction"
    assert [row.id for row in record.predictions] == IDS
    assert [row.label for row in record.predictions] == ["setosa", "virginica", "versicolor"]
    assert [json.loads(row.features) for row in record.predictions] == [
        {"sepal_length": 5.1, "petal_length": 1},
        {"sepal_length": 6, "petal_length": 4.123456789012345},
        {"sepal_length": -0.0, "petal_length": 1e308},
    ]
    assert json.loads(record.predictions[1].probabilities) == {"setosa": 0, "versicolor": 0.25, "virginica": 0.75}


def test_times_are_written_alike_in_utc() -> None:
    for text in ("2026-11-22T10:00:00Z", "2026-11-22T11:00:00.000+01:00", "2026-11-22 10:00:00.000000+00:00"):
        assert decode(dump(prediction(at=text))).predictions[0].at == "2026-11-22T10:00:00.000000+00:00"


def test_one_bad_row_is_refused_and_its_neighbours_are_not() -> None:
    for changes in (
        {"rows": [[1, 2], [1], [1, 2]]},
        {"rows": [[1, 2], None, [1, 2]]},
        {"labels": [0, 3, 0]},
        {"labels": [0, -1, 0]},
        {"labels": [0, "0", 0]},
        {"probabilities": [[1, 0, 0], [1, 0, 0, 0], [1, 0, 0]]},
    ):
        record = decode(dump(prediction(IDS, **changes)))
        assert [row.id for row in record.predictions] == [IDS[0], IDS[2]]
        assert [row.item for row in record.refused] == [1]
        assert json.loads(record.refused[0].content)["id"] == IDS[1]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b'{"kind":"feedback","label":"\\ud800"}', "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "unknown kind"),
        (b'{"kind":"explanation"}', "unknown kind: 'explanation'"),
        (b'{"kind":["prediction"]}', "unknown kind"),
        (dump(prediction(at="yesterday")), "no RFC 3339 time"),
        (dump(prediction(at="2026-11-22T10:00:00")), "no time zone"),
        (dump(prediction(request_id="a\x00b")), "request_id contains a NUL"),
        (dump(prediction(model="")), "model is missing, empty"),
        (dump(prediction(latency_ms=True)), "latency_ms"),
        (dump(prediction(ids=[], rows=[], labels=[], probabilities=[]) | {"ids": []}), "empty or differ"),
        (dump(prediction(IDS, labels=[0])), "empty or differ"),
        (dump(prediction(rows={})), "rows is missing or no list"),
        (dump(prediction(features=["a", "a"])), "names something twice"),
        (dump(prediction(classes=["a", 1, "b"])), "not a name"),
        (dump(feedback(IDS[0], label="a\x00")), "label contains a NUL"),
        (dump(feedback(IDS[0], source=None)), "source is missing"),
    ],
)
def test_a_payload_that_is_no_record_is_refused_with_the_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(FrameRefusedError, match=reason):
        decode(payload)


def test_feedback_is_one_row_and_unknown_keys_are_passed_over() -> None:
    given = feedback(IDS[0], "virginica")
    record = decode(dump(given | {"added_later": 1}))

    assert record.feedback[0]._asdict() == {key: given.get(key) for key in record.feedback[0]._fields} | {
        "at": "2026-11-22T11:00:00.000000+00:00"
    }


def test_the_values_of_a_regression_are_rows_without_probabilities() -> None:
    given = prediction(IDS[:2], classes=["(-inf, 1]", "(1, +inf)"], labels=[0, 1], values=[[0.5], [7]])
    del given["probabilities"]
    rows = decode(dump(given)).predictions
    assert [(row.label, row.value, row.probabilities) for row in rows] == [
        ("(-inf, 1]", 0.5, "{}"),
        ("(1, +inf)", 7, "{}"),
    ]


@pytest.mark.parametrize("value", ["1", True, None, [1]])
def test_a_value_that_is_no_number_refuses_its_row_alone(value: object) -> None:
    given = prediction(IDS[:2], labels=[0, 0], values=[[value], [7]])
    del given["probabilities"]
    record = decode(dump(given))
    assert [row.value for row in record.predictions] == [7]
    assert [row.item for row in record.refused] == [0]


def test_feedback_on_a_regression_has_its_value() -> None:
    assert decode(dump(feedback(IDS[0], "(1, +inf)") | {"value": 7})).feedback[0].value == 7.0
    with pytest.raises(FrameRefusedError, match="value is not a number"):
        decode(dump(feedback(IDS[0], "(1, +inf)") | {"value": "7"}))
