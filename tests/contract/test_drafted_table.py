"""A drafted table with a mark and a price in dollars through trainer and api: answered, and its truth taken back."""

import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import ValidationError
from starlette.testclient import TestClient

from courier.records.records import decode
from tests.contract.conftest import Validate
from tests.contract.test_journal import frames
from tests.contract.test_tables import expected, scores, tolerance
from tests.support.served import served
from tests.support.tables import small_params
from tests.support.trained import Trained, trained, workspace
from trainer.drafting.draft import draft

ROWS = 200


def content() -> bytes:
    """`sale` is x in every third row and empty in the others; the price has groups of three and a dollar sign."""
    draw, out = random.Random(4), io.StringIO()
    table = csv.writer(out)
    table.writerow(["order", "size", "sale", "price"])
    for row in range(ROWS):
        size, sale = draw.uniform(1, 9), row % 3 == 0
        table.writerow(
            [f"O{row}", f"{size:.2f}", "x" if sale else "", f"${size * 1000 - 800 * sale + draw.gauss(0, 50):,.2f}"]
        )
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    page = draft(content(), "rows.csv", "price").page
    return trained(workspace(tmp_path_factory.mktemp("sales"), page, content()), small_params())


@pytest.fixture
def client(made: Trained, tmp_path: Path) -> Iterator[TestClient]:
    with served(made.path, tmp_path, "rows_model") as client:
        yield client


def test_one_category_beside_missing_values_follows_the_schema_and_two_are_needed_without(
    made: Trained, validate: Validate
) -> None:
    manifest = json.loads((made.path / "manifest.json").read_text())
    validate(manifest, "manifest")
    [mark] = [one for one in manifest["features"] if one["name"] == "sale"]
    assert (mark["categories"], mark["nullable"]) == (["x"], True)
    mark["nullable"] = False
    with pytest.raises(ValidationError):
        validate(manifest, "manifest")


def test_a_mark_is_answered_as_the_pipeline_answers_it(made: Trained, client: TestClient) -> None:
    rows, wanted = made.rows(30), expected(made, 30)
    assert {row["sale"] for row in rows} == {"x", None}
    answers = client.post("/predict/batch", json={"rows": rows}).raise_for_status().json()["predictions"]
    for answer, one in zip(answers, wanted, strict=True):
        assert scores(answer) == pytest.approx(list(one), abs=tolerance(made))
    assert client.post("/predict", json=rows[0] | {"sale": "y"}).status_code == 422


def test_the_truth_goes_back_as_the_file_writes_it(client: TestClient, tmp_path: Path) -> None:
    kind = {"content-type": "text/csv"}
    answered = client.post("/predict/batch", content=content(), headers=kind).raise_for_status().text
    rows = list(csv.DictReader(io.StringIO(answered)))
    assert rows[0]["price"].startswith("$")
    out = io.StringIO()
    labels = csv.writer(out)
    labels.writerow(["prediction_id", "value"])
    labels.writerows([row["prediction_id"], row["price"]] for row in rows[:40])
    client.post("/feedback", content=out.getvalue().encode(), headers=kind).raise_for_status()
    values = [one.value for frame in frames(tmp_path / "journal") for one in decode(frame).feedback]
    assert values == [float(row["price"].replace("$", "").replace(",", "")) for row in rows[:40]]
