"""data/contract.yaml: the keys and values it may have, and the errors for all others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainer.contract.columns import Number
from trainer.contract.contract import Contract, read_contract
from trainer.errors import ContractError

GOOD: dict[str, Any] = {
    "name": "shapes",
    "source": "shapes.csv",
    "columns": [
        {"name": "width", "dtype": "float64", "unit": "cm", "minimum": 0, "maximum": 10, "description": "Width"},
        {"name": "corners", "dtype": "int64", "unit": "", "minimum": 0, "maximum": 9, "description": "Corners"},
    ],
    "target": {"name": "shape", "description": "Shape", "classes": ["round", "square"]},
}


def written(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    change(content)
    file = path / "contract.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def category(**more: object) -> dict[str, Any]:
    return {"name": "colour", "kind": "category", "description": "", **more}


def test_the_contract_of_the_project_is_a_contract(iris: Contract) -> None:
    assert iris.features == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert iris.target.classes == ("setosa", "versicolor", "virginica")
    assert {column.unit for column in iris.columns if isinstance(column, Number)} == {"cm"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(colour="red"), "colour: Extra inputs are not permitted\n"),
        (lambda c: c.update(ignored=[]), "ignored: Extra inputs are not permitted; did you mean ignore?"),
        (lambda c: c.update(SOURCE="a.csv"), "SOURCE: Extra inputs are not permitted; did you mean source?"),
        (
            lambda c: c["columns"][1].update(minimun=1),
            "columns.1.minimun: Extra inputs are not permitted; did you mean",
        ),
        (
            lambda c: c["target"].update(clases=[]),
            "target.clases: Extra inputs are not permitted; did you mean classes?",
        ),
        (lambda c: c.update(csv={"seperator": ";"}), "csv.seperator: Extra inputs are not permitted; did you mean sep"),
        (lambda c: c.pop("source"), "source: Field required"),
        (lambda c: c["columns"][0].update(dtype="text"), "'text' is not supported; supported are float64 and int64"),
        (lambda c: c["columns"][0].update(minimum=10), "minimum 10.0 is not below maximum 10.0"),
        (lambda c: c["columns"][0].update(maximum=float("inf")), "columns.0.maximum"),
        (lambda c: c["columns"][0].update(name="corners"), "'corners' is named twice"),
        (lambda c: c["columns"][0].update(name="shape"), "'shape' is named twice"),
        (
            lambda c: c["columns"][0].update(name="wi\ndth"),
            "columns.0.name: 'wi\\ndth' holds a character that cannot be printed",
        ),
        (lambda c: c.update(name="../shapes"), "name: String should match pattern"),
        (lambda c: c.update(columns=[]), "columns: there is no column to learn from; describe at least one here"),
        (lambda c: c["columns"].append(category()), "categories: at least 2 are needed, or 1 with nullable: true"),
        (lambda c: c["columns"].append(category(levels="learned", categories=["a", "b"])), "stands in place of"),
        (lambda c: c["columns"].append(category(levels="learned", unknown="refuse")), "learned answers any text"),
        (
            lambda c: c["columns"].append(category(categories=["a", "b"], ordered=True, unknown="other")),
            "an unknown category has no place in the order",
        ),
        (lambda c: c["target"].update(classes=["round"]), "target.classes: a classification needs at least 2 classes"),
        (lambda c: c["target"].update(classes=["round", "round"]), "'round' is named twice"),
        (lambda c: c.update(sha256="0" * 64, source="sklearn:iris"), "has no file to pin"),
        (lambda c: c.update(duplicates="perhaps"), "duplicates: Input should be 'allow' or 'refuse'"),
    ],
)
def test_a_contract_that_is_wrong_says_where_and_why(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(ContractError, match=r"contract\.yaml") as caught:
        read_contract(written(tmp_path, change))
    assert message in f"{caught.value}\n"


def test_every_fault_of_a_contract_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        read_contract(written(tmp_path, lambda c: (c.pop("source"), c.update(colour="red"))))
    assert "source:" in str(caught.value)
    assert "colour:" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"- a", "and is one list"), (b"a: [", "is not YAML"), (b"\xff", "cannot be read")],
)
def test_a_file_that_holds_no_contract_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "contract.yaml").write_bytes(content)
    with pytest.raises(ContractError, match=message):
        read_contract(tmp_path / "contract.yaml")


def test_a_missing_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"contract\.yaml: cannot be read: .*No such file"):
        read_contract(tmp_path / "contract.yaml")
