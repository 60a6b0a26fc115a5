"""Stage `prepare`: all files or none."""

import json

import jsonschema
import pytest

from trainer.contract.contract import Contract
from trainer.data.dataset import load
from trainer.data.prepare import prepare
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
