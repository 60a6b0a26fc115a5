"""The embedded platform follows the model that the contract names, by the trainer's own rule."""

from pathlib import Path

import pytest
import yaml

from scripts.run.errors import LifecycleError
from scripts.run.home import model_of
from trainer.contract.contract import Contract

PAGE = """\
name: {name}
{model}
source: rows.csv
columns: [{{ name: a, dtype: float64, unit: "", minimum: 0, maximum: 1, description: "" }}]
target: {{ name: b, description: "", classes: [x, z] }}
"""


@pytest.mark.parametrize(
    ("name", "model", "expected"),
    [
        ("iris", "model: iris_clf", "iris_clf"),
        ("bikes", "", "bikes_model"),
        ("n" * 64, "", "n" * 58 + "_model"),
    ],
)
def test_platform_and_trainer_read_the_same_model_from_the_contract(
    tmp_path: Path, name: str, model: str, expected: str
) -> None:
    (tmp_path / "data").mkdir()
    page = PAGE.format(name=name, model=model)
    (tmp_path / "data" / "contract.yaml").write_text(page)
    assert model_of(tmp_path) == expected
    assert Contract.model_validate(yaml.safe_load(page)).registered_model == expected


@pytest.mark.parametrize(
    "content",
    [
        *(None, b"", b"- a\n", b"a", b"\xff\xfe\xff", b"{", b"source: rows.csv\n", b"name:\n\t- a\n"),
        *(b"name: 2026-13-45\n", b"name: " + b"9" * 5000, b"name: !!timestamp a\n", b"[" * 5000),
    ],
)
def test_a_contract_that_names_no_table_is_a_clear_error(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "data").mkdir()
    if content is not None:
        (tmp_path / "data" / "contract.yaml").write_bytes(content)
    with pytest.raises(LifecycleError, match=r"contract\.yaml has no name: or cannot be read"):
        model_of(tmp_path)


@pytest.mark.parametrize("content", ["name: [a]\n", "name: 5\n", "name: a\nmodel: {b: c}\n"])
def test_a_name_that_is_no_text_is_a_clear_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "contract.yaml").write_text(content)
    with pytest.raises(LifecycleError, match=r"contract\.yaml: name: and model: should be texts"):
        model_of(tmp_path)


def test_a_folder_in_place_of_the_contract_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data" / "contract.yaml").mkdir(parents=True)
    with pytest.raises(LifecycleError, match="cannot be read"):
        model_of(tmp_path)
