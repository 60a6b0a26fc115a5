"""The addresses of MLflow's scoring server, in this process. tests/integration runs them beside the original."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.errors import InvalidInputError, TooLargeError
from api.protocols.scoring import read_json
from api.settings import Settings
from tests.support.bundles import IRIS, tiny_parts, write_policy
from tests.support.iris_features import FEATURES
from tests.support.journals import records
from tests.support.mixed_bundles import FEATURES as FEATURES_OF_MIXED
from tests.support.mixed_bundles import mixed_parts

ROWS = [[5.1, 3.5, 1.4, 0.2], [7.0, 2.5, 7.9, 3.0]]
RECORDS = [dict(zip(IRIS, row, strict=True)) for row in ROWS]
COLUMNS = {name: [row[index] for row in ROWS] for index, name in enumerate(IRIS)}
SPLIT = {"columns": list(IRIS), "data": ROWS}
FORMS: dict[str, Any] = {
    "split": {"dataframe_split": SPLIT | {"index": [7, 8]}},
    "split in another order": {
        "dataframe_split": {"columns": ["x", *reversed(IRIS)], "data": [["text", *reversed(row)] for row in ROWS]}
    },
    "records": {"dataframe_records": RECORDS},
    "records with more": {"dataframe_records": [{**record, "more": None} for record in RECORDS]},
    "instances": {"instances": RECORDS, "params": {"a": 1}},
    "instances as columns": {"instances": COLUMNS},
    "inputs": {"inputs": COLUMNS},
    "inputs as records": {"inputs": RECORDS},
    "numbers in quotes": {"inputs": {name: [str(value) for value in values] for name, values in COLUMNS.items()}},
}
BAD: dict[str, Any] = {
    "nothing": {},
    "no object": [RECORDS],
    "two forms": {"instances": RECORDS, "inputs": RECORDS},
    "records that are one": {"dataframe_records": RECORDS[0]},
    "a split without data": {"dataframe_split": {"columns": list(IRIS)}},
    "a split with more": {"dataframe_split": SPLIT | {"more": 1}},
    "a short row": {"dataframe_split": SPLIT | {"data": [[1, 2, 3]]}},
    "no rows": {"dataframe_split": SPLIT | {"data": []}},
    "null": {"dataframe_split": SPLIT | {"data": [[1, 2, None, 4]]}},
    "a text": {"dataframe_split": SPLIT | {"data": [[1, 2, "x", 4]]}},
    "a hole": {"dataframe_records": [RECORDS[0], {**RECORDS[1], IRIS[0]: None}]},
    "a list as a value": {"inputs": COLUMNS | {IRIS[0]: [[1], [2]]}},
    "uneven columns": {"inputs": COLUMNS | {IRIS[0]: [1]}},
    "infinity in quotes": {"inputs": COLUMNS | {IRIS[0]: ["inf", 1]}},
    "beyond float32": {"inputs": COLUMNS | {IRIS[0]: [1e39, 1]}},
}
MISSING: dict[str, Any] = {
    "a missing column": {"dataframe_split": {"columns": list(IRIS[:3]), "data": [row[:3] for row in ROWS]}},
    "no column names": {"dataframe_split": {"data": ROWS}},
    "rows without names": {"instances": ROWS},
    "a missing input": {"inputs": {name: COLUMNS[name] for name in IRIS[1:]}},
    "no records": {"dataframe_records": []},
}


def invoke(client: TestClient, body: Any) -> Any:
    return client.post("/invocations", json=body)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_answered_with_the_names_of_the_classes(
    client: TestClient, settings: Settings, form: str
) -> None:
    answer = invoke(client, FORMS[form])
    assert (answer.status_code, answer.json()) == (200, {"predictions": ["setosa", "virginica"]})
    (record,) = records(settings.journal_dir)
    assert (record["kind"], record["rows"], record["labels"]) == ("prediction", ROWS, [0, 2])


def test_csv_is_taken_with_columns_to_spare(client: TestClient) -> None:
    content = ",".join((*IRIS, "note")) + "\n5.1,3.5,1.4,0.2,first\n7,2.5,7.9,3,second\n"
    for kind in ("text/csv", "text/csv; charset=utf-8"):
        answer = client.post("/invocations", content=content, headers={"content-type": kind})
        assert answer.json() == {"predictions": ["setosa", "virginica"]}


def test_classes_that_are_integers_are_answered_as_integers(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    bundle = tiny_parts(classes=("1", "2", "3")).write(settings.serving_dir / "bundles")
    write_policy(settings.serving_dir, 1, bundle)
    assert invoke(start(settings), FORMS["records"]).json() == {"predictions": [1, 3]}


def test_a_whole_number_is_an_integer_however_a_data_frame_writes_it(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    write_policy(settings.serving_dir, 1, mixed_parts().write(settings.serving_dir / "bundles"), model="prices")
    client = start(settings)

    def asked(count: object) -> Any:
        row = [None, count, None, "b", False, None]
        return invoke(
            client, {"dataframe_split": {"columns": [one["name"] for one in FEATURES_OF_MIXED], "data": [row]}}
        )

    for count in (4, 4.0, "4", "4.0"):
        assert asked(count).json() == {"predictions": [7.0]}, count
    for wrong in (4.5, "4.5", True, None, 1e300):
        refused = asked(wrong)
        assert refused.status_code == 400, wrong
        assert "count, row 0" in refused.json()["message"], wrong


MISSPELT: dict[str, tuple[Any, str]] = {
    "a form": ({"dataframe_recrods": RECORDS}, "'dataframe_records' by 'dataframe_recrods'"),
    "a form in capitals": ({"DATAFRAME_RECORDS": RECORDS}, "'dataframe_records' by 'DATAFRAME_RECORDS'"),
    "a part of a split": ({"dataframe_split": {"colums": list(IRIS), "data": ROWS}}, "'columns' by 'colums'"),
    "a column of a split": (
        {"dataframe_split": {"columns": ["Sepal_Lenght_cm", *IRIS[1:]], "data": ROWS}},
        "'sepal_length_cm' by 'Sepal_Lenght_cm'",
    ),
    "a column of records": (
        {"dataframe_records": [{name.replace("width", "widht"): 1.0 for name in IRIS[:3]} | {IRIS[3]: 1.0}]},
        "'sepal_width_cm' by 'sepal_widht_cm'",
    ),
    "a column by name": (
        {"inputs": {name.replace("petal_width", "petal_widht"): values for name, values in COLUMNS.items()}},
        "'petal_width_cm' by 'petal_widht_cm'",
    ),
}


@pytest.mark.parametrize("lacking", [1, 4])
def test_a_split_is_answered_with_the_columns_that_it_lacks_alone(client: TestClient, lacking: int) -> None:
    body = {"dataframe_split": {"columns": [*IRIS[lacking:], "x"], "data": [[1.0] * (len(IRIS) - lacking + 1)]}}
    assert invoke(client, body).json()["message"] == (
        f"the input does not have the columns {', '.join(IRIS[:lacking])}"
    )


@pytest.mark.parametrize("case", MISSPELT)
def test_a_misspelt_key_is_answered_with_the_one_it_is_like_and_never_with_one_that_is_there(
    client: TestClient, case: str
) -> None:
    body, suggested = MISSPELT[case]
    answer = invoke(client, body)
    assert answer.json()["message"].count("did you mean") == 1
    assert answer.json()["message"].endswith(f"; did you mean {suggested}?")


@pytest.mark.parametrize("case", [*BAD, *MISSING])
def test_what_does_not_fit_is_400_in_mlflows_shape(client: TestClient, settings: Settings, case: str) -> None:
    answer = invoke(client, (BAD | MISSING)[case])
    assert answer.status_code == 400
    assert answer.json().keys() == {"error_code", "message"}
    assert answer.json()["error_code"] == ("INVALID_PARAMETER_VALUE" if case in MISSING else "BAD_REQUEST")
    assert records(settings.journal_dir) == []


def test_limits_and_types_apply(client: TestClient) -> None:
    too_many = {"inputs": {name: [1] * 101 for name in IRIS}}
    for answer, status in (
        (invoke(client, too_many), 413),
        (client.post("/invocations", content=b" " * 10_001, headers={"content-type": "application/json"}), 413),
        (client.post("/invocations", content=b"{}", headers={"content-type": "text/plain"}), 415),
        (client.post("/invocations", content=b"{}", headers={"content-type": "text/csv; charset=latin-1"}), 415),
        (client.get("/invocations"), 405),
    ):
        assert answer.status_code == status
        assert answer.json()["message"]


def test_ping_says_whether_it_would_answer(
    client: TestClient, settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    assert (client.get("/ping").status_code, client.get("/ping").content) == (200, b"\n")
    empty = start(settings.model_copy(update={"serving_dir": settings.serving_dir / "none"}))
    assert empty.get("/ping").status_code == 503
    assert invoke(empty, FORMS["inputs"]).json()["error_code"] == "TEMPORARILY_UNAVAILABLE"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*IRIS, "columns", "data", "index", "instances", "inputs"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs"]), JSON)
def test_whatever_comes_is_read_or_refused(form: str, content: Any) -> None:
    raw = orjson.dumps({form: content}, option=orjson.OPT_NON_STR_KEYS) if _fits(content) else repr(content).encode()
    try:
        rows = read_json(raw, FEATURES, max_rows=10)
    except (InvalidInputError, TooLargeError):
        return
    assert not isinstance(rows, list)
    assert rows.shape[1:] == (4,)


def _fits(content: Any) -> bool:
    try:
        orjson.dumps(content)
    except TypeError:
        return False
    return True
