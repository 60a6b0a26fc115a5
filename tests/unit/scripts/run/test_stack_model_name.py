"""The courier in the containers follows the model that data/contract.yaml names, as the trainer's own reader does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from trainer.contract.contract import read_contract

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = "scripts/run/stack/model_name.sh"


def named(folder: Path, contract: str, env: str | None = None, **variables: str) -> str:
    (folder / "scripts/run/stack").mkdir(parents=True)
    (folder / "data").mkdir()
    shutil.copy(ROOT / SCRIPT, folder / SCRIPT)
    (folder / "data/contract.yaml").write_text(contract)
    if env is not None:
        (folder / ".env").write_text(env)
    done = subprocess.run(
        [str(folder / SCRIPT)],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "head", ["name: ships", f"name: {'s' * 64}", 'name: "ships" # of 1912', "name: ships\nmodel: sinking-2 # ours"]
)
def test_the_shell_reads_the_name_as_the_trainer_does(head: str, tmp_path: Path) -> None:
    page = yaml.safe_load((ROOT / "data/contract.yaml").read_text())
    rest = yaml.safe_dump({key: value for key, value in page.items() if key not in ("name", "model")})
    assert named(tmp_path, f"{head}\n{rest}") == read_contract(tmp_path / "data/contract.yaml").registered_model


def test_what_a_person_sets_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert named(tmp_path / "a", "name: ships\n", env="API_PORT=1\nMODEL_NAME=other\n") == "other"
    assert named(tmp_path / "b", "name: ships\n", env="MODEL_NAME=other\n", MODEL_NAME="third") == "third"


def test_the_contract_of_another_folder_is_read_whatever_is_set_for_the_first_model(tmp_path: Path) -> None:
    (tmp_path / "bikes.yaml").write_text("name: ships\nmodel: bikes\n")
    done = subprocess.run(
        [str(ROOT / SCRIPT), str(tmp_path / "bikes.yaml")],
        env={"PATH": os.environ["PATH"], "MODEL_NAME": "iris_clf"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "bikes"


def test_an_empty_line_of_env_sets_nothing(tmp_path: Path) -> None:
    assert named(tmp_path, "name: ships\n", env=(ROOT / ".env.example").read_text()) == "ships_model"


def test_this_repository_serves_its_own_model(tmp_path: Path) -> None:
    assert named(tmp_path, (ROOT / "data/contract.yaml").read_text()) == "iris_clf"


@pytest.mark.parametrize("content", [b"", b"source: rows.csv\n", b"\xff\x00\xfe", b"name: {\n", None])
def test_a_contract_without_a_name_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    contract = tmp_path / "contract.yaml"
    contract.mkdir() if content is None else contract.write_bytes(content)
    done = subprocess.run(
        [str(ROOT / SCRIPT), str(contract)],
        env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{contract} ")
    assert done.stderr.count("\n") == 1
