"""params.yaml: every key is known, and every key is used."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS
from trainer.params import Params, candidates_of, read_params
from trainer.thresholds import Thresholds

ROOT = Path(__file__).parents[3]


def test_the_parameters_of_the_project_are_known_and_keep_the_promise() -> None:
    params = read_params(ROOT / "params.yaml")
    assert params.parity.random_rows >= 10_000
    assert params.parity.tolerance <= 1e-5
    for task in ("classification", "regression"):
        assert {not ESTIMATORS[one.estimator].thresholds for one in candidates_of(params, task).values()} == {
            True,
            False,
        }
    floors = ("accuracy_floor", "log_loss_ceiling", "r2_floor", "recall_floor", "calibration_ceiling")
    assert {getattr(params.gate, name) for name in floors} == {None}, "what is good enough depends on the table"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": 3}, "speed: Extra inputs are not permitted"),
        ({"sed": 3}, "sed: Extra inputs are not permitted; did you mean seed?"),
        ({"Budget_Minutes": 3}, "Budget_Minutes: Extra inputs are not permitted; did you mean budget_minutes?"),
        ({"SEED": 3}, "SEED: Extra inputs are not permitted; did you mean seed?"),
        (
            {"candidates": {"a": {"estimator": "Ridge", "gird": {}}}},
            "candidates.a.gird: Extra inputs are not permitted; did you mean grid?",
        ),
        ({"golden": {"rows": 3, "row": 1}}, "golden.row: Extra inputs are not permitted; did you mean rows?"),
        ({"golden": {"rows": 3, "colour": 1}}, "golden.colour: Extra inputs are not permitted"),
        ({"model": {"name": "m"}, "experiment": "e"}, "model and experiment: moved to data/contract.yaml, which names"),
        ({"experiment": "e"}, "experiment: moved to data/contract.yaml"),
        ({"seed": -1}, "seed:"),
        ({"holdout_share": 1.0}, "holdout_share:"),
        ({"candidates": {}}, "candidates:"),
        ({"candidates": {"a": {"estimator": "Oracle"}}}, "candidates.a.estimator:"),
        ({"parity": {"random_rows": 10, "tolerance": 1e-3}}, "parity.tolerance:"),
        ({"scoring": "beauty"}, "scoring:"),
    ],
)
def test_parameters_that_are_wrong_say_where_and_why(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text()) | change
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ParamsError, match=r"params\.yaml") as caught:
        read_params(tmp_path / "params.yaml")
    assert message in str(caught.value)


def test_every_parameter_is_read_somewhere_in_the_code() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "services" / "trainer" / "src" / "trainer").rglob("*.py"))
    for key, field in Params.model_fields.items():
        # What decides and shapes nothing is handed on under its own name or as `limits`.
        given = rf"(params\.{key}|limits|{key})" if key in Thresholds.model_fields else rf"params\.{key}"
        inner = getattr(field.annotation, "model_fields", {})
        # What a winner has to keep is named in `shaping`, too.
        for used in [rf"{given}\.{name}" for name in inner] or [rf"params\.{key}"]:
            assert re.search(rf"{used}\b", code), f"{used} is used nowhere"


def test_the_hash_follows_what_shapes_the_model_alone(fast_with: Callable[..., Params]) -> None:
    before = fast_with().sha256
    assert fast_with(holdout_share=0.2).sha256 == before
    assert fast_with(seed=8).sha256 != before
    assert fast_with(golden={"rows": 7}).sha256 != before
