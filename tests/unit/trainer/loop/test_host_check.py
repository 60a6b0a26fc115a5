"""The retrainer does not start with a list of host names or origins that can't be read."""

from io import StringIO
from typing import cast

import pytest
from rich.console import Console

from trainer.__main__ import main

WRONG = [
    ("ALLOWED_HOSTS", "http://iris.example.org"),
    ("ALLOWED_HOSTS", "iris.example.org:80"),
    ("ALLOWED_ORIGINS", "iris.example.org"),
]


@pytest.mark.parametrize(("setting", "text"), WRONG)
def test_a_list_that_can_not_be_read_ends_the_loop_with_the_setting_and_the_entry(
    setting: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, text)
    monkeypatch.setenv("LOOP_PORT", "0")
    output = Console(file=StringIO(), width=500)
    assert main(["loop"], output, output) == 1
    assert f"{setting}: '{text}' can't be read; write" in cast(StringIO, output.file).getvalue()
