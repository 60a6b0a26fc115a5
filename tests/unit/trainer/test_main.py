"""The command line: exit statuses, and messages for people."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from trainer.__main__ import main


def run(*arguments: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    status = main(list(arguments), Console(file=out, width=110), Console(file=errors, width=110))
    return status, out.getvalue(), errors.getvalue()


def test_the_stages_in_order_say_what_they_did(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    status, out, _ = run("prepare")
    assert (status, "iris: 150 rows (50 setosa, 50 versicolor, 50 virginica)" in out) == (0, True)
    status, out, _ = run("train")
    assert (status, "  winner; C=" in out, ": linear: combination 1 of 2" in out) == (0, True, True)
    status, out, _ = run("bundle")
    bundle = next((project / "artifacts" / "bundles").iterdir())
    assert (status, f"artifacts/bundles/{bundle.name}" in out) == (0, True)
    assert (project / "artifacts" / "model" / "model.joblib").is_file()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MLFLOW_TRACKING_URI", "nonsense", "is not an address; one looks like http://127.0.0.1:5000"),
        ("MLFLOW_TRACKING_URI", "localhost:5000", "is not an address; one looks like http://127.0.0.1:5000"),
        ("COURIER_URL", "127.0.0.1:9102", "is not an address; one looks like http://127.0.0.1:9102"),
        ("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon", "can't be used: input should be a valid integer"),
    ],
)
def test_a_setting_that_can_not_be_used_is_a_sentence_that_names_its_variable(
    name: str, value: str, message: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv(name, value)
    status, _, errors = run("models")
    assert (status, errors.startswith(f"trainer: {name} {message}")) == (1, True), errors


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ("train", "run `python -m trainer prepare` (or `dvc repro`) first"),
        ("bundle", "run `python -m trainer prepare` (or `dvc repro`) first"),
        ("publish", "holds no bundle; run `python -m trainer bundle` (or `dvc repro`) first"),
    ],
)
def test_a_stage_too_early_exits_1_and_names_the_one_before(
    verb: str, message: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    status, _, errors = run(verb)
    assert status == 1
    assert message in errors
    assert errors.startswith("trainer: ")


def test_outside_a_project_the_missing_contract_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, errors = run("prepare")
    assert (status, "contract.yaml: cannot be read" in errors) == (1, True)


def test_an_unknown_key_in_params_stops_train(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    with (project / "params.yaml").open("a") as file:
        file.write("speed: 3\n")
    run("prepare")
    status, _, errors = run("train")
    assert (status, "speed: Extra inputs are not permitted" in errors) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["train", "--fast"]])
def test_a_wrong_command_line_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    assert "usage: python -m trainer" in capsys.readouterr().err


def test_importing_does_nothing_and_loads_nothing_heavy() -> None:
    question = (
        "import sys, trainer.__main__; print([m for m in ('mlflow', 'sklearn', 'pandas', 'dvc') if m in sys.modules])"
    )
    asked = subprocess.run([sys.executable, "-I", "-c", question], capture_output=True, text=True, check=True, env={})
    assert asked.stdout == "[]\n"
