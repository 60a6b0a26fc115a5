"""CSV in and out of /predict/batch: what RFC 4180 allows, and where exactly it does not fit."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS, tiny_parts, write_policy
from tests.support.journals import records
from tests.support.mixed_bundles import mixed_parts

HEADER = ",".join(IRIS)


TABLE = f"{HEADER}\n5.1,3.5,1.4,0.2\n7.0,2.5,7.9,3.0\n"


def post(client: TestClient, content: str | bytes, accept: str = "*/*", kind: str = "text/csv") -> Any:
    return client.post("/predict/batch", content=content, headers={"content-type": kind, "accept": accept})


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_table_comes_back_as_a_table_with_the_journals_numbers(client: TestClient, settings: Settings) -> None:
    found = table(post(client, TABLE))
    assert list(found[0]) == [
        "prediction_id", "label_name", *(f"probability_{name}" for name in FLOWERS), "warnings"
    ]  # fmt: skip
    assert [row["label_name"] for row in found] == ["setosa", "virginica"]
    (record,) = records(settings.journal_dir)
    assert [row["prediction_id"] for row in found] == record["ids"]
    assert record["rows"] == [[5.1, 3.5, 1.4, 0.2], [7.0, 2.5, 7.9, 3.0]]
    assert [[float(row[f"probability_{name}"]) for name in FLOWERS] for row in found] == record["probabilities"]


@pytest.mark.parametrize(
    "content",
    [
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + TABLE,
        TABLE.rstrip("\n"),
        TABLE + "\n\n",
        ",".join(reversed(IRIS)) + "\n0.2,1.4,3.5,5.1\n3.0,7.9,2.5,7.0\n",
        TABLE.replace("5.1", '"5.1"').replace(IRIS[0], f'"{IRIS[0]}"'),
        TABLE.replace("5.1", " 5.1 ").replace("7.0", "+7E0"),
        TABLE.replace(",", " , "),
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        "\n" + TABLE,
    ],
)
def test_all_of_these_are_the_same_table(client: TestClient, settings: Settings, content: str) -> None:
    assert len(table(post(client, content))) == 2
    assert records(settings.journal_dir)[0]["rows"] == [[5.1, 3.5, 1.4, 0.2], [7.0, 2.5, 7.9, 3.0]]


def test_the_answer_has_the_format_that_was_asked_for(client: TestClient) -> None:
    rows = {"rows": [dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))]}
    assert post(client, TABLE, accept="application/json").json()["predictions"][1]["label_name"] == "virginica"
    assert len(table(post(client, TABLE, accept=""))) == 2
    assert len(table(client.post("/predict/batch", json=rows, headers={"accept": "text/csv"}))) == 1
    assert client.post("/predict/batch", json=rows).json()["predictions"][0]["label_name"] == "setosa"


def test_a_value_out_of_range_is_reported_in_its_row(client: TestClient) -> None:
    found = table(post(client, f"{HEADER}\n5.1,3.5,1.4,0.2\n11,3.5,-1,0.2\n10,3.5,0,0.2\n"))
    assert [row["warnings"] for row in found] == [
        "", "sepal_length_cm is outside 0 to 10; petal_length_cm is outside 0 to 10", ""
    ]  # fmt: skip


def test_a_class_may_be_called_anything(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    parts = tiny_parts()
    odd = ['a,"b"', "line\nbreak", "Ärger"]
    text = {name: file.decode(errors="surrogateescape") for name, file in parts.files.items() if name.endswith("json")}
    for old, new in zip(FLOWERS, odd, strict=True):
        escaped = new.replace('"', '\\"').replace("\n", "\\n")
        text = {name: content.replace(f'"{old}"', f'"{escaped}"') for name, content in text.items()}
    for name, content in text.items():
        parts = parts.with_file(name, content.encode())
    parts.manifest["target"]["classes"] = odd
    parts.manifest["quality"]["per_class"] = {}
    write_policy(settings.serving_dir, 1, parts.write(settings.serving_dir / "bundles"))
    found = table(post(start(settings), TABLE))
    assert [row["label_name"] for row in found] == ['a,"b"', "Ärger"]
    assert set(found[0]) == {"prediction_id", "label_name", *(f"probability_{name}" for name in odd), "warnings"}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("", "line 1"),
        (TABLE.replace(IRIS[2], "petal"), "line 1"),
        (f"{HEADER},{IRIS[0]}\n1,2,3,4,5\n", "line 1"),
        ("1,2,3,4\n1,2,3,4\n", "line 1"),
        (f"{HEADER}\n", "body"),
        (f"{HEADER}\n1,2,3,4\n1,2,3\n", "line 3"),
        (f"{HEADER}\n1,2,3,4,5\n", "line 2"),
        (f"{HEADER}\n1,2,3,4\n\n1,2,x,4\n", "line 4, petal_length_cm"),
        (f"{HEADER}\n1,2,,4\n", "line 2, petal_length_cm"),
        (f"{HEADER}\n1,2,1_0,4\n", "line 2, petal_length_cm"),
        (f"{HEADER}\n1,2,3,4\n1,nan,3,4\n", "line 3, sepal_width_cm"),
        (f"{HEADER}\n1,2,3,1e39\n", "line 2, petal_width_cm"),
        (f'{HEADER}\n1,2,3,"4\n', "line 2"),
        (f'{HEADER}\n1,2,3,"4"x\n', "line 2"),
        (HEADER.encode() + b"\n1,2,3,\xff\n", "line 2"),
        (TABLE.encode("utf-16"), "line 1"),
    ],
)
def test_what_does_not_fit_is_named_by_line_and_column(
    client: TestClient, settings: Settings, content: str | bytes, place: str
) -> None:
    answer = post(client, content)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [place]
    assert records(settings.journal_dir) == []


def test_further_columns_come_back_beside_the_answers(client: TestClient, settings: Settings) -> None:
    content = f' id ,{HEADER},species,,label_name\n7,5.1,3.5,1.4,0.2,"a, ""b""",x,old\n8,7.0,2.5,7.9,3.0,=1+1,,old\n'
    answer = post(client, content)
    found = table(answer)
    assert answer.text.splitlines()[0].endswith(",warnings,id,species,")
    assert [(row["id"], row["species"], row[""], row["label_name"]) for row in found] == [
        ("7", 'a, "b"', "x", "setosa"), ("8", "=1+1", "", "virginica")
    ]  # fmt: skip
    assert records(settings.journal_dir)[0]["rows"] == [[5.1, 3.5, 1.4, 0.2], [7.0, 2.5, 7.9, 3.0]]
    assert "id" not in post(client, content, accept="application/json").json()["predictions"][0]


def test_a_wrong_file_is_refused_with_the_columns_that_are_missing_and_what_they_may_be_called(
    client: TestClient,
) -> None:
    def shown(header: str) -> list[str]:
        return [error["message"] for error in post(client, f"{header}\n1,2,3,4\n").json()["errors"]]

    assert shown(HEADER.replace("sepal_width_cm", "Sepal Width (cm)")) == [
        "the column 'sepal_width_cm' is missing; did you mean 'Sepal Width (cm)', which the model does not take?"
    ]
    assert shown("price,sepal_width_cm,petal_length_cm,size") == [
        "the column 'sepal_length_cm' is missing", "the column 'petal_width_cm' is missing"
    ]  # fmt: skip
    assert shown("1,2,3,4") == [f"is not a header; it must name the columns {', '.join(IRIS)}"]
    assert shown(HEADER.replace("sepal_width_cm", "sepal_length_cm")) == [
        "the column 'sepal_width_cm' is missing", "names the column 'sepal_length_cm' twice"
    ]  # fmt: skip
    hidden = shown(HEADER.replace("sepal_width_cm", "sepal_width_\x1b" + "m" * 80))
    assert "\x1b" not in hidden[0]
    assert len(hidden[0]) < 200


def test_a_table_is_read_as_the_training_table_is_written(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    parts = mixed_parts()
    parts.manifest["csv"] = {"separator": ";", "decimal": ",", "encoding": "cp1252", "missing": ["", "?", "NA"]}
    write_policy(settings.serving_dir, 1, parts.write(settings.serving_dir / "bundles"), model="prices")
    client = start(settings)
    written = (
        "Größe; mean length (µ);count;colour;shop;paid;returned\n"
        "groß; 2,5;3,0;red ;a;yes;No\n"
        "klein;na;4;?;b;F;\n"
    )  # fmt: skip
    usual = (
        '\ufeffmean length (µ),count,colour,shop,paid,returned\n2.5,3,red,a,true,false\n,4,,b,0,\n'
    )  # fmt: skip
    for content in (written.encode("cp1252"), written.encode(), usual.encode()):
        found = table(post(client, content))
        assert [float(row["value"]) for row in found] == [48.0, 7.0]
    for kept in records(settings.journal_dir):
        assert kept["rows"] == [[2.5, 3, "red", "a", True, False], [None, 4, None, "b", False, None]]
    assert table(post(client, written.encode("cp1252")))[0]["Größe"] == "groß"
    for text in ("sep=;\n" + written, written.replace("red ", "RED")):
        assert [float(row["value"]) for row in table(post(client, text))] == [48.0, 7.0]
    refused = post(client, "sep=;\n" + written.replace("2,5", "2.5"))
    assert refused.json()["errors"][0]["field"] == "line 3, mean length (µ)"
    refused = post(client, written.replace("2,5", "2.5"))
    assert refused.json()["errors"][0]["field"] == "line 2, mean length (µ)"


def test_a_header_that_lacks_a_name_is_as_wide_as_its_rows(client: TestClient) -> None:
    rows = ["5.1,3.5,1.4,0.2", "7.0,2.5,7.9,3.0", "5.0,3.4,1.5,0.2"]
    wanted = [line["label_name"] for line in table(post(client, "\n".join([HEADER, *rows])))]
    named = [f'"row {number}", {row}' for number, row in enumerate(rows)]
    for lines in (named, [f"{row}," for row in rows]):
        assert [line["label_name"] for line in table(post(client, "\n".join([HEADER, *lines])))] == wanted
    # too few rows, or a decimal comma that cut a number in two: neither is a name of a row
    for lines in (named[:2], [f"0,{row}" for row in rows]):
        assert "5 fields where the header has 4" in post(client, "\n".join([HEADER, *lines])).json()["detail"]


def test_limits_and_types_apply(client: TestClient) -> None:
    assert post(client, HEADER + "\n" + "1,2,3,4\n" * 101).status_code == 413
    assert len(table(post(client, HEADER + "\n" + "1,2,3,4\n" * 100))) == 100
    assert post(client, b" " * 10_001).status_code == 413
    assert post(client, TABLE, kind="text/csv; charset=latin-1").status_code == 415
    assert post(client, TABLE, kind="text/csv; header=absent").status_code == 415
    assert post(client, TABLE, kind="text/csv; charset=UTF-8; header=present").status_code == 200
    assert client.post("/predict", content=TABLE, headers={"content-type": "text/csv"}).status_code == 415


def test_the_header_among_the_rows_again_is_left_out_and_counted(client: TestClient) -> None:
    answer = post(client, TABLE + TABLE)
    assert len(table(answer)) == 4
    assert answer.headers["x-lines-left-out"] == "1: 4"
