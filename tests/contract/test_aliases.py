"""The courier writes which version each alias names; the api reads it, and nothing depends on it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.serving.aliases import AliasFile as Reader
from courier.following.aliases import AliasFile, NamedVersion, reason
from courier.following.policy import Alias

Validate = Callable[[Any, str], None]
SIX, SEVEN = (
    NamedVersion(version="6"),
    NamedVersion(version="7", refused=reason("version 7 has no tag `bundle`\n\x1b[2J" + "x" * 999)),
)


@pytest.mark.parametrize(
    "named",
    [{}, {"production": SIX}, {"production": SEVEN, "canary": SIX, "shadow": None}, {"canary": SEVEN, "shadow": SEVEN}],
)
def test_the_api_reads_what_the_courier_wrote(
    tmp_path: Path, validate: Validate, named: dict[Alias, NamedVersion | None]
) -> None:
    AliasFile(tmp_path).write("iris_clf", named)
    validate(json.loads((tmp_path / "aliases.json").read_text()), "aliases")
    read = {alias: (one.version, one.refused) for alias, one in Reader(tmp_path).read().items()}
    assert read == {alias: (one.version, one.refused) for alias, one in named.items() if one is not None}


def test_the_api_sees_a_change_and_that_the_file_is_gone(tmp_path: Path) -> None:
    file, reader = AliasFile(tmp_path), Reader(tmp_path)
    assert reader.read() == {}
    file.write("iris_clf", {"production": SIX})
    assert reader.read()["production"].version == "6"
    file.write("iris_clf", {"production": SEVEN})
    assert reader.read()["production"].version == "7"
    (tmp_path / "aliases.json").unlink()
    assert reader.read() == {}
    file.write("iris_clf", {"production": SEVEN})
    assert reader.read()["production"].refused == SEVEN.refused


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1, "production": {"version": "x"}}', b"\xff", b"7" * 99999],
)
def test_a_file_that_can_t_be_read_tells_nothing_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "aliases.json").write_bytes(content)
    assert Reader(tmp_path).read() == {}


def test_a_reader_passes_over_what_it_does_not_know(tmp_path: Path) -> None:
    fields = {"format": 1, "model": "m", "since": 7, "production": {"version": "6", "moved": "today"}, "blue": {}}
    (tmp_path / "aliases.json").write_text(json.dumps(fields))
    assert Reader(tmp_path).read()["production"].version == "6"


def test_a_folder_that_takes_no_file_stops_nothing(tmp_path: Path) -> None:
    AliasFile(tmp_path / "gone").write("iris_clf", {"production": SIX})
