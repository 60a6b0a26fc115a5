"""dvc.yaml says what the code does: every module and every parameter that a stage uses."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainer.contract.contract import Contract
from trainer.params import Params
from trainer.workspace.layout import Layout

ROOT = Path(__file__).parents[4]
CODE = ROOT / "services" / "trainer" / "src" / "trainer"
MODULES = {
    "prepare": ("data.prepare",),
    # The winner is chosen among what can serve.
    "train": ("training.train", "bundle.servable"),
    "bundle": ("bundle.bundle",),
}
STAGES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def modules(name: str, seen: set[str] | None = None) -> set[str]:
    """The module and every module of the trainer that it imports, directly or not, as `room.module`."""
    seen = set() if seen is None else seen
    if name not in seen:
        seen.add(name)
        for node in ast.walk(ast.parse(_file(name).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trainer."):
                imported = str(node.module).removeprefix("trainer.")
                names = [imported] if _file(imported).is_file() else [f"{imported}.{item.name}" for item in node.names]
                for one in names:
                    modules(one, seen)
    return seen


def _file(module: str) -> Path:
    return CODE / f"{module.replace('.', '/')}.py"


def _of(stage: str) -> set[str]:
    return set().union(*(modules(name) for name in MODULES[stage]))


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_depends_on_exactly_the_modules_it_imports(stage: str) -> None:
    listed = [path.removeprefix("${code}/") for path in STAGES[stage]["deps"] if path.startswith("${code}/")]
    assert listed == sorted(str(_file(name).relative_to(CODE)) for name in _of(stage))


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_depends_on_the_contract_and_the_locked_libraries(stage: str) -> None:
    assert {"data/contract.yaml", "${locked}"} <= set(STAGES[stage]["deps"])
    assert STAGES[stage]["cmd"] == f"python -m trainer {stage}"


def test_the_bundle_depends_on_every_parameter_its_hash_covers(fast: Params) -> None:
    assert STAGES["bundle"]["params"] == sorted(fast.shaping)
    assert set(STAGES["train"]["params"]) < set(fast.shaping)


def test_outputs_are_the_files_the_stages_write(iris: Contract) -> None:
    layout = Layout(Path())
    outputs = {
        "prepare": [layout.raw("${name}"), layout.processed("${name}"), layout.row_schema, layout.metadata],
        "train": [layout.train],
        "bundle": [layout.bundles, layout.model],
    }
    assert {stage: [Path(out) for out in found["outs"]] for stage, found in STAGES.items()} == outputs


def test_mlflow_is_imported_by_its_doors_alone() -> None:
    importing = {
        file.name for file in CODE.rglob("*.py") if re.search(r"^(import|from) mlflow", file.read_text(), re.M)
    }
    # each download has a process of its own, with limits
    doors = {"registry.py", "versions.py", "confined_download.py", "foreign_download.py", "own_terms.py"}
    assert importing == doors
