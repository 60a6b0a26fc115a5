"""What the gate takes from the registry is checked and runs under limits; what breaks one is a recorded refusal."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from onnx import ModelProto, StringStringEntryProto, TensorProto

from tests.support.bundles import GOLDEN_ROWS, IRIS, tiny_parts
from tests.support.hostile_models import custom, declared, endless, expanded, hide_lengths
from trainer.gate.champion import check_split, of_version
from trainer.gate.contender import Contender, IncomparableChampion, Split
from trainer.gate.gate import Trial, judge
from trainer.params import Params
from trainer.registry.control import Version
from trainer.testing import MemoryRegistry
from trainer.workspace.confined import MIB, Limits, answers_of
from trainer.workspace.files import json_bytes, sha256

from .test_gate import contender, failed, rows

LIMITS = Limits(seconds=12, memory=128 * MIB, file=MIB)
FEATURES = pd.DataFrame(GOLDEN_ROWS, columns=list(IRIS))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop is ended after seconds, not after a minute."""
    monkeypatch.setattr("trainer.gate.contender.answers_of", partial(answers_of, limits=LIMITS))


def external() -> bytes:
    """A model whose weights are the machine's list of users."""
    model = ModelProto.FromString(tiny_parts().files["model.onnx"])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(StringStringEntryProto(key="location", value="../../../../etc/passwd"))
    content: bytes = model.SerializeToString()
    return content


def confined(model: bytes) -> Contender:
    return replace(contender(), model=model, confined=True, version="1")


def registered(
    registry: MemoryRegistry, model: bytes, *, seed: str = "7", share: str = "0.5", **manifest: Any
) -> Version:
    """A version whose bundle is consistent, whatever its model is."""
    files = {"model.onnx": {"size": len(model), "sha256": sha256(model)}}
    content = json_bytes(contender().manifest | {"files": files} | manifest)
    registry.runs["run"] = {"bundle/manifest.json": content, "bundle/model.onnx": model}
    registry.params["run"] = {"seed": seed, "holdout_share": share}
    return Version("1", "run", {"bundle": sha256(content)})


def test_a_confined_model_answers_as_it_does_in_this_process() -> None:
    many = pd.concat([FEATURES] * 800, ignore_index=True)
    one = contender()
    np.testing.assert_array_equal(replace(one, confined=True).answers(many), one.answers(many))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (endless, "it was not done after 12 s"),
        (expanded, "it needs more than 128 MiB"),
        (declared, "ONNX Runtime refuses it"),
        (custom, "ONNX Runtime refuses it"),
        (external, "names a file beside it"),
        (lambda: hide_lengths(external()), "names a file beside it"),
        (lambda: b"", "ONNX Runtime refuses it"),
        (lambda: b"\x00" * 1000, "ONNX Runtime refuses it"),
    ],
    ids=["endless", "memory", "declared", "custom", "external", "hidden", "empty", "noise"],
)
def test_a_champion_that_breaks_a_limit_is_a_verdict_that_says_which(model: Any, why: str, fast: Params) -> None:
    found = judge(Trial(contender(), confined(model()), rows(), None, 1e-8, 1e-5), fast.gate, seed=3)
    assert not found.passed
    assert found.champion_version == "1"
    assert "the champion could not be judged: " in found.short
    assert why in found.short
    assert failed(found) == {("comparison", "bundle")}
    assert "`make promote VERSION=4` goes without" in found.short


@pytest.mark.parametrize(
    ("seed", "share", "why"),
    [
        ("-1", "0.5", "seed of its run is not a whole number"),
        ("7.5", "0.5", "seed"),
        ("4294967296", "0.5", "seed"),
        ("1" * 5000, "0.5", "seed"),
        ("٧", "0.5", "seed"),
        ("", "0.5", "seed"),
        ("7", "0", "holdout_share of its run is not a share between 0 and 1"),
        ("7", "1", "holdout_share"),
        ("7", "nan", "holdout_share"),
        ("7", "-0.5", "holdout_share"),
        ("7", "1e400", "holdout_share"),
        ("7", "half", "holdout_share"),
    ],
)
def test_the_run_s_parameters_are_checked_before_they_choose_rows(seed: str, share: str, why: str) -> None:
    registry = MemoryRegistry()
    version = registered(registry, tiny_parts().files["model.onnx"], seed=seed, share=share)
    found = of_version(version, registry)
    assert isinstance(found, IncomparableChampion)
    assert why in found.why


def test_a_run_s_parameters_cannot_contradict_the_parameters_that_the_bundle_was_made_with() -> None:
    registry = MemoryRegistry()
    version = registered(registry, tiny_parts().files["model.onnx"], seed="8")
    champion = of_version(version, registry)
    assert isinstance(champion, Contender)
    assert champion.split == Split(8, 0.5)
    found = check_split(champion, contender())
    assert isinstance(found, IncomparableChampion)
    assert "seed 8" in found.why
    other = contender(provenance={"params_sha256": "0" * 64})
    assert check_split(champion, other) is champion


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[" * 100_000, b"7", b"{}", b'{"files": {"model.onnx": 7}}', b"\xff", b'{"files": []}'],
)
def test_a_manifest_of_any_content_is_a_reason_and_no_traceback(manifest: bytes) -> None:
    registry = MemoryRegistry()
    registry.runs["run"] = {"bundle/manifest.json": manifest, "bundle/model.onnx": b""}
    found = of_version(Version("1", "run", {"bundle": sha256(manifest)}), registry)
    assert isinstance(found, IncomparableChampion)
    assert "manifest.json" in found.why


@pytest.mark.parametrize("change", [{"features": 7}, {"features": [{"name": 7}]}, {"target": None}, {"task": ["x"]}])
def test_a_manifest_that_describes_no_model_like_ours_is_no_traceback(change: dict[str, Any], fast: Params) -> None:
    registry = MemoryRegistry()
    found = of_version(registered(registry, tiny_parts().files["model.onnx"], **change), registry)
    verdict = judge(Trial(contender(), found, rows(), None, 1e-8, 1e-5), fast.gate, seed=3)
    assert not verdict.passed
    json.loads(verdict.json())


def test_a_version_without_a_bundle_is_a_reason() -> None:
    found = of_version(Version("1", "run", {}), MemoryRegistry())
    assert found == IncomparableChampion("", "1", "it has no tag `bundle`, so it is not a model of the trainer")
