"""The trainer writes a bundle; the courier and the api read it, and refuse the same damage."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.bundle.reader import read_bundle
from api.errors import BundleRefusedError as RefusedByApi
from courier.errors import BundleRefusedError as RefusedByCourier
from courier.following.bundle_rules import check

Validate = Callable[[Any, str], None]


@pytest.mark.parametrize("document", ["manifest", "reference", "golden"])
def test_what_the_trainer_writes_is_what_the_schema_says(made: Path, validate: Validate, document: str) -> None:
    validate(json.loads((made / f"{document}.json").read_text()), document)


def test_the_courier_accepts_what_the_trainer_made(made: Path) -> None:
    check(made, made.name)


def test_the_api_reads_what_the_trainer_made_and_answers_its_golden_rows(made: Path) -> None:
    bundle = read_bundle(made.parent, made.name)
    golden = json.loads((made / "golden.json").read_text())["rows"]
    answer = bundle.predictor.predict(np.array([row["values"] for row in golden], dtype=np.float32))
    classes = bundle.manifest.target.classes
    assert [classes[label] for label in answer.labels] == [row["label"] for row in golden]
    for found, row in zip(answer.probabilities, golden, strict=True):
        assert found == pytest.approx(row["probabilities"], abs=1e-5)


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)


def cut_the_end(folder: Path) -> None:
    content = (folder / "model.joblib").read_bytes()
    (folder / "model.joblib").write_bytes(content[:-1])


def add_a_file(folder: Path) -> None:
    (folder / "extra.py").write_text("raise SystemExit")


def lose_a_file(folder: Path) -> None:
    (folder / "golden.json").unlink()


def change_the_manifest(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"format": 1', '"format": 2'))


def link_a_file_elsewhere(folder: Path) -> None:
    outside = folder.parent / "outside"
    (folder / "model.onnx").rename(outside)
    (folder / "model.onnx").symlink_to(outside)


DAMAGE = [flip_a_bit, cut_the_end, add_a_file, lose_a_file, change_the_manifest, link_a_file_elsewhere]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: str(one.__name__))
def test_both_readers_refuse_the_same_damage(made: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    copy = tmp_path / made.name
    shutil.copytree(made, copy)
    damage(copy)
    with pytest.raises(RefusedByCourier):
        check(copy, made.name)
    with pytest.raises(RefusedByApi):
        read_bundle(tmp_path, made.name)
