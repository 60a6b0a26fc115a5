"""What the demo asks of `docker compose`, with a stand-in for it."""

import os
from pathlib import Path

import pytest

from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.platform import Platform
from tests.support.docker_stand_in import Docker


def platform(folder: Path, *answers: tuple[str, int, str]) -> Platform:
    Docker(folder / "bin", list(answers)).run("true")
    return Platform({"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}, logs=folder / "logs")


def test_logs_are_kept_as_files_before_their_containers_are_replaced(tmp_path: Path) -> None:
    asked = platform(
        tmp_path,
        ("compose logs * retrainer", 0, "the gate refused version 2\n"),
        ("compose logs * alertmanager", 0, "notify failed\n"),
    )
    kept = asked.keep_logs(("alertmanager", "retrainer"))
    assert [file.name for file in kept] == ["alertmanager.log", "retrainer.log"]
    assert [file.read_text() for file in kept] == ["notify failed\n", "the gate refused version 2\n"]


def test_the_new_version_s_number_is_the_last_word_that_the_trainer_says(tmp_path: Path) -> None:
    found = "MLflow: a warning\n12\n"
    assert platform(tmp_path, ("compose run * iris_clf 3", 0, found)).copy_version("iris_clf", "3") == "12"


def test_a_command_that_fails_is_named_with_its_output(tmp_path: Path) -> None:
    refusing = platform(tmp_path, ("compose run *", 1, "there is no version 9"))
    with pytest.raises(DemoError, match=r"docker compose run --rm --no-deps ended with 1: there is no version 9"):
        refusing.trainer("promote", "--version", "9")
