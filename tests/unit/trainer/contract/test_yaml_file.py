"""A damaged data/contract.yaml or params.yaml is refused in one line that names the file and the place in it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.contract.contract import read_contract
from trainer.contract.yaml_file import MOST_BYTES, MOST_LEVELS
from trainer.errors import ContractError, ParamsError, TrainerError
from trainer.params import read_params

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
DAMAGED = {
    "empty": (b"", "is empty"),
    "comment": (b"# nothing\n", "is empty"),
    "binary": (bytes(range(256)), "cannot be read: line 2 is not UTF-8 text"),
    "zero byte": (b"name: a\x00b\n", "is not YAML: special characters are not allowed"),
    "tab": (b"columns:\n\t- name: a\n", "is not YAML: line 2: found character '\\t' that cannot start any token"),
    "list": (b"- name\n", "and is one list"),
    "text": (b"name", "and is one text"),
    "number": (b"5", "and is one value"),
    "open bracket": (b"a: [1,\n", "is not YAML: line 2: "),
    "key twice": (b"name: a\nsource: b\nname: c\n", "is not YAML: line 3: the key 'name' is there twice"),
    "inner key twice": (b"target:\n  name: a\n  name: b\n", "is not YAML: line 3: the key 'name' is there twice"),
    "huge": (b"# " + b"x" * MOST_BYTES, "is larger than 4 MiB"),
    "bomb": (BOMB.encode(), "the file has more than 500000 values"),
    "alias of itself": (b"a: &a [*a]\n", "is not YAML: line 1: *a is inside of itself"),
    "unknown alias": (b"a: *b\n", "is not YAML: line 1: found undefined alias"),
    "deep": (b"a: " + b"[" * 100_000, f"is not YAML: line 1: values lie more than {MOST_LEVELS} levels deep"),
    "date": (b"a: 2026-13-45\n", "is not YAML: month must be in 1..12"),
    "digits": (b"a: " + b"9" * 5000, "is not YAML: Exceeds the limit"),
    "timestamp of a word": (
        b"a: !!timestamp word\n",
        "is not YAML: a value is not of the type",
    ),
    "object": (
        b"a: !!python/object/apply:os.system [true]\n",
        "is not YAML: line 1: could not determine",
    ),
    "list as a key": (b"? [a]\n: b\n", "is not YAML: line 1: found unhashable key"),
    "two documents": (b"a: 1\n---\na: 2\n", "is not YAML: line 2: but found another document"),
}
READERS = {"contract.yaml": (read_contract, ContractError), "params.yaml": (read_params, ParamsError)}


def refusal(path: Path) -> str:
    read, kind = READERS[path.name]
    with pytest.raises(TrainerError) as caught:
        read(path)
    assert type(caught.value) is kind
    return str(caught.value)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, name: str, damage: str) -> None:
    content, message = DAMAGED[damage]
    path = tmp_path / name
    path.write_bytes(content)
    found = refusal(path)
    assert found.startswith(f"{path}: ")
    assert message in found
    assert "\n" not in found
    assert len(found) < len(str(path)) + 200


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: None, "cannot be read: No such file or directory"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (os.mkfifo, "cannot be read: it is not a file"),
    ],
)
def test_what_is_no_file_is_refused_in_one_line(
    tmp_path: Path, name: str, make: Callable[[Path], Any], message: str
) -> None:
    make(tmp_path / name)
    assert refusal(tmp_path / name) == f"{tmp_path / name}: {message}"


def test_of_many_faults_twenty_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("".join(f"key{number}: 1\n" for number in range(500)))
    lines = refusal(path).splitlines()
    # Of the 4 required keys none is there.
    assert lines[21:] == [f"  … and {500 + 4 - 20} more"]


def test_anchors_that_repeat_a_few_values_are_read(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(
        "name: shapes\nsource: shapes.csv\n"
        "columns:\n"
        "  - &width {name: width, description: w, dtype: float64, unit: cm, minimum: 0, maximum: 9}\n"
        "  - {<<: *width, name: height}\n"
        "target: {name: kind, description: k, classes: [a, b]}\n"
    )
    assert read_contract(path).features == ("width", "height")
