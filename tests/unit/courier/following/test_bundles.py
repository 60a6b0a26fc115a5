"""A bundle is untrusted until it was checked whole; what was there stays."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from courier.errors import BundleRefusedError, RegistryUnavailableError
from courier.following.bundle_rules import MANIFEST, MAX_BUNDLE_BYTES, MAX_MANIFEST_BYTES
from courier.following.bundles import Bundles
from courier.testing import SMALL_FILES, make_bundle
from tests.support.installed_bundles import Files, install


def without(name: str) -> Callable[[Files], None]:
    return lambda files: files.__delitem__(name)


def with_file(name: str, content: bytes) -> Callable[[Files], None]:
    return lambda files: files.__setitem__(name, content)


def test_a_whole_bundle_is_installed_under_its_hash_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    bundles = Bundles(tmp_path)
    assert not bundles.has(bundle)

    install(bundles, bundle, files)

    assert bundles.has(bundle)
    assert Bundles(tmp_path).has(bundle)
    assert [path.name for path in tmp_path.iterdir()] == [bundle]
    assert {path.name: path.read_bytes() for path in (tmp_path / bundle).iterdir()} == files


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_file("model.onnx", SMALL_FILES["model.onnx"][:-1]), "checksum"),
        (with_file("model.onnx", b"X" + SMALL_FILES["model.onnx"][1:]), "checksum"),
        (with_file("manifest.json", b"{}"), "checksum"),
        (without("golden.json"), "files"),
        (without("manifest.json"), "files"),
        (with_file("extra.bin", b"x"), "files"),
        (with_file("../outside", b"x"), "files"),
        (with_file(".hidden", b"x"), "files"),
    ],
)
def test_a_bundle_that_is_not_what_its_hash_promises_is_refused_and_leaves_nothing(
    tmp_path: Path, change: Callable[[Files], None], reason: str
) -> None:
    bundle, files = make_bundle()
    change(files)

    with pytest.raises(BundleRefusedError) as refused:
        install(Bundles(tmp_path / "bundles"), bundle, files)

    assert refused.value.reason == reason
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (b"not json", "manifest"),
        (b"[]", "manifest"),
        (b'{"format":1}', "manifest"),
        (b'{"format":2,"files":{}}', "format"),
        (b'{"format":1,"files":{}}', "manifest"),
        (b'{"format":1,"files":{"model.onnx":{"sha256":"short","size":1}}}', "manifest"),
        (b'{"format":1,"files":{"model.onnx":{"size":1}}}', "manifest"),
        (json.dumps({"format": 1, "files": {"../../x": {"sha256": "0" * 64, "size": 1}}}).encode(), "files"),
        (json.dumps({"format": 1, "files": {"a": {"sha256": "0" * 64, "size": 1 << 40}}}).encode(), "size"),
    ],
)
def test_a_manifest_with_the_right_hash_is_still_not_believed(tmp_path: Path, manifest: bytes, reason: str) -> None:
    bundle = hashlib.sha256(manifest).hexdigest()

    with pytest.raises(BundleRefusedError) as refused:
        install(Bundles(tmp_path), bundle, {"manifest.json": manifest})

    assert refused.value.reason == reason


def test_a_file_of_two_gigabytes_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    listed: dict[str, int | None] = {**dict.fromkeys(files, 1), "model.onnx": MAX_BUNDLE_BYTES}

    with pytest.raises(BundleRefusedError) as refused:
        Bundles(tmp_path).install(bundle, listed, lambda name, to, most: pytest.fail(f"{name} was fetched"))

    assert refused.value.reason == "size"


def test_a_folder_or_a_link_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    bundles = Bundles(tmp_path / "bundles")
    with pytest.raises(BundleRefusedError, match="folder"):
        install(bundles, bundle, files, {name: None if name == "golden.json" else 1 for name in files})

    install(bundles, bundle, files)
    golden = tmp_path / "bundles" / bundle / "golden.json"
    golden.rename(tmp_path / "elsewhere")
    golden.symlink_to(tmp_path / "elsewhere")
    assert not Bundles(tmp_path / "bundles").has(bundle)


def test_each_file_may_have_the_bytes_that_the_manifest_promises_and_no_more(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    asked: dict[str, int] = {}

    def fetch(name: str, to: Path, most: int) -> None:
        asked[name] = most
        to.write_bytes(files[name])

    Bundles(tmp_path).install(bundle, {name: len(content) for name, content in files.items()}, fetch)
    assert asked.pop(MANIFEST) == MAX_MANIFEST_BYTES
    assert asked == {name: len(files[name]) for name in asked}


def test_a_disk_that_takes_nothing_is_a_refusal(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    (tmp_path / "bundles").write_text("a file where the folder should be")
    with pytest.raises(BundleRefusedError) as refused:
        install(Bundles(tmp_path / "bundles"), bundle, files)
    assert refused.value.reason == "disk"


def test_a_fetch_that_breaks_off_leaves_nothing_and_an_earlier_life_s_remains_are_removed(tmp_path: Path) -> None:
    bundle, files = make_bundle()
    (tmp_path / ".incoming-of-an-earlier-life").mkdir()

    def fetch(name: str, to: Path, most: int) -> None:
        if name != "manifest.json":
            raise RegistryUnavailableError
        to.write_bytes(files[name])

    with pytest.raises(RegistryUnavailableError):
        Bundles(tmp_path).install(bundle, {name: len(content) for name, content in files.items()}, fetch)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../../etc", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_a_tag_that_is_no_hash_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    assert not Bundles(tmp_path).has(name)
    with pytest.raises(BundleRefusedError):
        install(Bundles(tmp_path), name, make_bundle()[1])


def test_the_newest_idle_bundles_are_kept_and_those_in_use_whatever_their_age(tmp_path: Path) -> None:
    bundles, hashes = Bundles(tmp_path), []
    for age in range(5):
        bundle, files = make_bundle(number=age)
        install(bundles, bundle, files)
        os.utime(tmp_path / bundle, (1000 - age, 1000 - age))
        hashes.append(bundle)

    assert sorted(bundles.prune({hashes[4]}, keep=2)) == sorted(hashes[2:4])
    assert {path.name for path in tmp_path.iterdir()} == {hashes[0], hashes[1], hashes[4]}
    assert not bundles.has(hashes[2])
