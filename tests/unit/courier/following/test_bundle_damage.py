"""A bundle that was whole rots on disk, and the courier fetches it again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from courier.following.bundles import Bundles
from courier.testing import make_bundle
from tests.support.installed_bundles import install


def test_a_bundle_that_rotted_on_disk_is_fetched_again(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    install(Bundles(tmp_path), bundle, files)
    (tmp_path / bundle / "model.onnx").write_bytes(b"rotten")
    bundles = Bundles(tmp_path)
    assert not bundles.has(bundle)

    install(bundles, bundle, files)

    assert Bundles(tmp_path).has(bundle)


def truncate(file: Path) -> None:
    os.truncate(file, 3)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def delete_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def replace_folder(file: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.write_text("a file where the folder should be")


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink, delete_folder, replace_folder])
def test_damage_to_a_bundle_that_was_whole_is_noticed_at_the_next_look_and_fetching_mends_it(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    bundle, files = make_bundle()
    bundles = Bundles(tmp_path)
    install(bundles, bundle, files)
    assert bundles.has(bundle)
    damage(tmp_path / bundle / "model.onnx")
    assert not bundles.has(bundle)

    install(bundles, bundle, files)

    assert bundles.has(bundle)
    assert {path.name: path.read_bytes() for path in (tmp_path / bundle).iterdir()} == files
    assert [path.name for path in tmp_path.iterdir()] == [bundle]


def test_damage_that_no_file_s_status_shows_is_found_when_it_is_time_or_when_the_bundle_is_suspect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, files = make_bundle()
    now = 0.0
    bundles = Bundles(tmp_path, recheck_seconds=300, clock=lambda: now)
    install(bundles, bundle, files)
    # a disk that rots leaves size, times and inode as they were; here it is the look at them that finds no change
    monkeypatch.setattr("courier.following.bundles._state", lambda folder: "unchanged")
    assert bundles.has(bundle)
    flip(tmp_path / bundle / "model.onnx")
    now = 299.0
    assert bundles.has(bundle)
    assert bundles.problem(bundle, suspect=True) == "model.onnx does not have the sha256 its manifest says"
    install(bundles, bundle, files)
    flip(tmp_path / bundle / "model.onnx")
    assert bundles.has(bundle)
    now = 599.0
    assert not bundles.has(bundle)


def test_a_file_that_is_open_when_its_bundle_is_replaced_reads_on(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    bundles = Bundles(tmp_path)
    install(bundles, bundle, files)
    with (tmp_path / bundle / "model.onnx").open("rb") as file:
        (tmp_path / bundle / "golden.json").unlink()
        install(bundles, bundle, files)
        assert file.read() == files["model.onnx"]
