"""Names, tags and hashes: what is pushed says what it is, and a tag never says more."""

import pytest

from scripts.images.errors import ImagesError
from scripts.images.push import commit_tag, holds, tags_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
IMAGE = "sha256:" + "a" * 64
MANIFEST = "sha256:" + "b" * 64


def test_a_commit_is_tagged_with_seven_characters_and_a_changed_tree_says_so() -> None:
    assert commit_tag(COMMIT) == "0123456"
    assert commit_tag(f"{COMMIT}-dirty") == "0123456-dirty"


@pytest.mark.parametrize("revision", ["", "unknown", "0123456", COMMIT.upper(), f"{COMMIT}-dirty-x"])
def test_an_image_of_no_commit_gets_no_tag(revision: str) -> None:
    with pytest.raises(ImagesError, match="is of no commit"):
        commit_tag(revision)


@pytest.mark.parametrize(
    ("ref", "version", "tags"),
    [
        ("refs/heads/main", "1.2.3", ["latest"]),
        ("refs/tags/v1.2.3", "1.2.3", ["1.2.3", "1.2"]),
        ("refs/tags/v1.10.0", "1.10.0", ["1.10.0", "1.10"]),
        ("refs/tags/v1.2.3-rc.1", "1.2.3-rc.1", ["1.2.3-rc.1"]),
        ("refs/heads/feature", "1.2.3", []),
        ("refs/heads/v1.2.3", "1.2.3", []),
        ("refs/pull/7/merge", "1.2.3", []),
        ("refs/tags/nightly", "1.2.3", []),
        ("", "1.2.3", []),
    ],
)
def test_a_ref_moves_its_own_tags_and_no_others(ref: str, version: str, tags: list[str]) -> None:
    assert tags_of(ref, version) == tags


def test_a_tag_of_another_version_than_the_images_moves_nothing() -> None:
    with pytest.raises(ImagesError, match=r"the images say 1\.2\.2"):
        tags_of("refs/tags/v1.2.3", "1.2.2")


def test_a_pushed_manifest_is_recognised_by_either_kind_of_image_id() -> None:
    manifest = {"config": {"digest": IMAGE}}
    assert holds(manifest, MANIFEST, IMAGE)
    assert holds(manifest, MANIFEST, MANIFEST)
    assert not holds(manifest, MANIFEST, "sha256:" + "c" * 64)
    assert not holds({"manifests": []}, MANIFEST, IMAGE)
