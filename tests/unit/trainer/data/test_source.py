"""Where the data comes from. Downloads are in tests/integration/test_trainer_download.py."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from trainer.contract.contract import Contract
from trainer.data.source import fetch
from trainer.errors import ContractError, SourceChangedError, SourceError, SourceTooLargeError


def test_the_iris_come_under_the_names_of_the_contract(tmp_path: Path, iris: Contract) -> None:
    lines = fetch(iris, tmp_path).decode().splitlines()
    assert lines[0] == "sepal_length,sepal_width,petal_length,petal_width,species"
    assert len(lines) == 151
    assert lines[1] == "5.1,3.5,1.4,0.2,setosa"


def test_a_data_set_that_scikit_learn_does_not_have_is_named(tmp_path: Path, iris: Contract) -> None:
    with pytest.raises(ContractError, match=r"sklearn:roses.*known are breast_cancer, diabetes, iris, wine"):
        fetch(iris.model_copy(update={"source": "sklearn:roses"}), tmp_path)


def test_a_contract_with_another_number_of_columns_than_the_data_set_is_refused(tmp_path: Path, iris: Contract) -> None:
    with pytest.raises(ContractError, match=r"sklearn:wine has 13 columns and 3 classes, the contract names 4 and 3"):
        fetch(iris.model_copy(update={"source": "sklearn:wine"}), tmp_path)


def test_a_relative_path_starts_at_the_project(tmp_path: Path, shapes: Contract) -> None:
    (tmp_path / "shapes.csv").write_bytes(b"whatever")
    assert fetch(shapes, tmp_path) == b"whatever"


def test_a_file_that_is_not_there_is_named(tmp_path: Path, shapes: Contract) -> None:
    with pytest.raises(SourceError, match=r"shapes\.csv cannot be read: No such file"):
        fetch(shapes, tmp_path)


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, shapes: Contract) -> None:
    (tmp_path / "shapes.csv").write_bytes(b"x" * 101)
    with pytest.raises(SourceTooLargeError, match="more than 100 bytes"):
        fetch(shapes, tmp_path, max_bytes=100)


@pytest.mark.parametrize("source", ["file:///etc/passwd", "ftp://127.0.0.1/shapes.csv", "s3://bucket/shapes.csv"])
def test_only_http_and_https_are_spoken(tmp_path: Path, shapes_with: Callable[..., Contract], source: str) -> None:
    with pytest.raises(ContractError, match=r"is not supported; name a path, an http\(s\) URL, sqlite:///"):
        fetch(shapes_with(source=source), tmp_path)


def test_a_pinned_file_is_taken_and_a_changed_one_refused(tmp_path: Path, shapes_with: Callable[..., Contract]) -> None:
    pinned = shapes_with(sha256=sha256(b"first").hexdigest())
    (tmp_path / "shapes.csv").write_bytes(b"first")
    assert fetch(pinned, tmp_path) == b"first"
    (tmp_path / "shapes.csv").write_bytes(b"second")
    with pytest.raises(SourceChangedError, match=sha256(b"second").hexdigest()):
        fetch(pinned, tmp_path)
