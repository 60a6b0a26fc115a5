"""Stage `prepare`: all files or none."""

import json

import jsonschema
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from trainer.contract.contract import Contract
from trainer.data.dataset import load
from trainer.data.labelled import frame_of
from trainer.data.prepare import prepare, repeated_rows
from trainer.errors import BadRowsError, SourceError
from trainer.workspace.files import sha256
from trainer.workspace.layout import Layout


def test_all_150_iris_are_prepared_and_described(layout: Layout, iris: Contract) -> None:
    metadata = prepare(layout, iris)
    assert metadata == json.loads(layout.metadata.read_bytes())
    assert metadata["rows"] == 150
    assert metadata["classes"] == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert metadata["repeated_rows"] == 1
    assert metadata["columns"] == [*iris.features, "species"]
    assert metadata["sha256"] == sha256(layout.processed("iris").read_bytes())
    assert metadata["provenance"] == {
        "source": "sklearn:iris",
        "raw_sha256": sha256(layout.raw("iris").read_bytes()),
    }
    assert len(load(layout.processed("iris"), iris).rows) == 150


def test_the_same_data_is_the_same_bytes(layout: Layout, iris: Contract) -> None:
    prepare(layout, iris)
    files = (layout.raw("iris"), layout.processed("iris"), layout.row_schema, layout.metadata)
    before = [file.read_bytes() for file in files]
    prepare(layout, iris)
    assert [file.read_bytes() for file in files] == before


def test_the_row_schema_takes_a_row_and_refuses_others(layout: Layout, iris: Contract) -> None:
    prepare(layout, iris)
    schema = json.loads(layout.row_schema.read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    row = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    jsonschema.validate(row, schema)
    for wrong in (row | {"petal_width": 99}, row | {"colour": 1}, {"sepal_length": 5.1}, row | {"petal_width": "0.2"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_whole_numbers_are_integers_in_the_row_schema(layout: Layout, shapes: Contract) -> None:
    (layout.root / "shapes.csv").write_text("width,corners,shape\n1,4,square\n2,0,round\n")
    prepare(layout, shapes)
    properties = json.loads(layout.row_schema.read_bytes())["properties"]
    assert properties["corners"]["type"] == "integer"
    assert properties["width"]["type"] == "number"


def test_nothing_is_written_when_a_row_is_bad(layout: Layout, shapes: Contract) -> None:
    (layout.root / "shapes.csv").write_text("width,corners,shape\n1,4,square\n99,4,square\n")
    with pytest.raises(BadRowsError, match="nothing was written"):
        prepare(layout, shapes)
    assert [file.name for file in layout.root.rglob("*")] == ["shapes.csv"]


def test_earlier_files_stay_when_the_source_fails(layout: Layout, shapes: Contract) -> None:
    (layout.root / "shapes.csv").write_text("width,corners,shape\n1,4,square\n")
    prepare(layout, shapes)
    before = layout.processed("shapes").read_bytes()
    (layout.root / "shapes.csv").unlink()
    with pytest.raises(SourceError):
        prepare(layout, shapes)
    assert layout.processed("shapes").read_bytes() == before


ROLES = """\
name: visits
source: visits.csv
roles: { id: [visit], time: day, group: patient, weight: share }
columns:
  - { name: heat, dtype: float64, unit: "", minimum: 0, maximum: 10, outside: warn, description: "" }
target: { name: kind, description: "", classes: [a, b] }
"""


def test_columns_with_a_role_are_kept_and_are_no_features(layout: Layout) -> None:
    contract = Contract.model_validate(yaml.safe_load(ROLES))
    (layout.root / "visits.csv").write_text(
        "visit,patient,day,heat,kind,share\n7,p1,2024-01-01,1.5,a,1\n8,p1,,99,b,2\n9,p2,2024-01-03,3,,1\n"
    )
    metadata = prepare(layout, contract)
    assert layout.processed("visits").read_text() == (
        "heat,kind,visit,day,patient,share\n1.5,a,7,2024-01-01,p1,1\n99.0,b,8,,p1,2\n"
    )
    assert (metadata["left_out"], metadata["outside"]) == ({"no target": 1}, {"heat": 1})
    schema = json.loads(layout.row_schema.read_bytes())
    assert list(schema["properties"]) == ["heat"]
    assert schema["x-roles"] == {"id": ["visit"], "time": "day", "group": "patient", "weight": "share"}
    assert list(load(layout.processed("visits"), contract).rows.features.columns) == ["heat"]
    row = {"prediction_id": "1", "at": "2024-02-01T00:00:00Z", "heat": "2", "label": "a"}
    assert list(frame_of([row], contract).columns) == ["heat", "kind"]


def test_a_row_outside_a_range_that_a_person_set_is_refused(layout: Layout) -> None:
    contract = Contract.model_validate(yaml.safe_load(ROLES.replace("outside: warn, ", "")))
    (layout.root / "visits.csv").write_text("visit,patient,day,heat,kind,share\n8,p1,,99,b,2\n")
    with pytest.raises(BadRowsError, match="is above the maximum 10"):
        prepare(layout, contract)


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ("{ id: [kind] }", "roles: 'kind' is the target"),
        ("{ id: [heat] }", "roles: 'heat' is in columns, too; an id or a weight is never a feature"),
        ("{ id: [a, a] }", "'a' is named twice"),
        ("{ time: a, weight: a }", "weight: 'a' has another role already"),
    ],
)
def test_roles_that_contradict_the_contract_are_refused(roles: str, message: str) -> None:
    page = yaml.safe_load(ROLES) | {"roles": yaml.safe_load(roles)}
    with pytest.raises(ValidationError, match=message):
        Contract.model_validate(page)


def test_rows_that_repeat_are_counted_as_pandas_counts_them() -> None:
    some = [0.0, -0.0, 1.5, None, None, 1.5, 0.0]
    truths = pd.Series([True, True, None, None, None, None, False], dtype=object)
    frame = pd.DataFrame({"size": some, "word": list("aabbbba"), "wet": truths}, index=range(2, 9))
    frame["count"] = [1, 1, 2, 3, 3, 2, 1]
    assert repeated_rows(frame) == int(frame.duplicated().sum()) == 3
    assert repeated_rows(frame.iloc[:0]) == 0
