"""A file that the disk refuses is one line with a way out, in the trainer and in the verbs that start the platform."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

from scripts.run import __main__ as platform_verbs
from scripts.run.interrupts import Interrupts
from trainer import __main__ as trainer_verbs
from trainer.commands.job import Verb
from trainer.disk import LEAST_BYTES, refusal, shortage

WAYS_OUT = {
    errno.ENOSPC: "free some",
    errno.EDQUOT: "free some",
    errno.EROFS: "can only be read",
    errno.EACCES: "chown",
    errno.EPERM: "chown",
}


def failing(code: int) -> Callable[..., NoReturn]:
    def run(*_: object) -> NoReturn:
        raise OSError(code, os.strerror(code), "/data/model.onnx")

    return run


@pytest.mark.parametrize("code", WAYS_OUT)
def test_the_line_names_the_file_and_the_way_out(code: int) -> None:
    line = refusal(OSError(code, os.strerror(code), "/data/model.onnx"), Path("/checkout"))
    assert line is not None
    assert line.startswith("/data/model.onnx: ")
    assert WAYS_OUT[code] in line


def test_a_refusal_without_a_file_names_the_folder() -> None:
    line = refusal(OSError(errno.ENOSPC, "No space left on device"), Path("/checkout/var"))
    assert line is not None
    assert line.startswith("/checkout/var: ")


def test_an_error_of_another_kind_has_no_line() -> None:
    assert refusal(OSError(errno.EPIPE, "Broken pipe"), Path("/checkout")) is None
    assert refusal(OSError("no number"), Path("/checkout")) is None


def test_a_disk_that_is_nearly_full_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free = [LEAST_BYTES]
    monkeypatch.setattr("trainer.disk.shutil.disk_usage", lambda _: type("Usage", (), {"free": free[0]}))
    assert shortage(tmp_path) is None
    free[0] -= 1
    assert f"the disk of {tmp_path} has 10.0 MB left" in str(shortage(tmp_path))


def test_a_folder_that_is_not_there_has_no_shortage(tmp_path: Path) -> None:
    assert shortage(tmp_path / "none") is None


@pytest.mark.parametrize("code", WAYS_OUT)
def test_a_verb_that_starts_the_platform_ends_with_that_line(
    code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform_verbs, "run", failing(code))
    monkeypatch.setattr(Interrupts, "install", lambda _: None)
    assert platform_verbs.main(["demo"]) == 1
    assert "✗ /data/model.onnx: " in capsys.readouterr().out


def test_a_verb_of_the_trainer_ends_with_that_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    errors = Console(file=io.StringIO(), width=200)

    monkeypatch.setitem(trainer_verbs.VERBS, "report", Verb(failing(errno.ENOSPC), "a report"))
    assert trainer_verbs.main(["report"], Console(file=io.StringIO()), errors) == 1
    assert isinstance(errors.file, io.StringIO)
    assert "trainer: /data/model.onnx: no space is left" in errors.file.getvalue()


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_verbs, "run", failing(errno.EPIPE))
    monkeypatch.setattr(Interrupts, "install", lambda _: None)
    with pytest.raises(BrokenPipeError):
        platform_verbs.main(["demo"])
