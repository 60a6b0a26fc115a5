"""A file of reasons comes from outside: what is not as the format says is refused before it serves."""

import io
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest

from api.bundle import reasons_file
from api.bundle.reasons_file import read_arrays
from api.bundle.shapley import TreeReasons
from api.errors import BundleRefusedError

INPUTS: dict[str, Any] = {
    "fill": np.array([np.nan]),
    "source": np.array([0], dtype=np.int32),
    "equal": np.array([np.nan]),
    "first": np.zeros(1),
    "shift": np.zeros(1),
    "scale": np.ones(1),
    "means": np.zeros(0),
    "means_end": np.zeros(1, dtype=np.int32),
}
STUMP: dict[str, Any] = INPUTS | {
    "feature": np.array([0, -1, -1], dtype=np.int32),
    "threshold": np.array([0.5, 0.0, 0.0]),
    "yes": np.array([1, -1, -1], dtype=np.int32),
    "no": np.array([2, -1, -1], dtype=np.int32),
    "gaps": np.zeros(3, dtype=bool),
    "share": np.array([1.0, 0.25, 0.75]),
    "value": np.array([[0.0], [8.0], [0.0]]),
    "roots": np.array([0], dtype=np.int32),
    "output": np.array([0], dtype=np.int32),
    "member_node": np.zeros(0, dtype=np.int32),
    "member_value": np.zeros(0),
    "below": np.zeros((), dtype=bool),
    "single": np.zeros((), dtype=bool),
    "start": np.array([1.0]),
}


def packed(arrays: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def read(content: bytes) -> dict[str, Any]:
    return dict(read_arrays(content, method="trees", columns=1, outputs={1}))


def test_a_stump_is_shared_out_by_hand() -> None:
    reasons = TreeReasons(read(packed(STUMP)), np.array([0]))
    assert reasons.base.tolist() == [3.0]
    for value, contribution in ((0.0, 6.0), (1.0, -2.0), (np.nan, -2.0)):
        assert reasons.of(np.array([value]), 0, 1, lambda: None).tolist() == [contribution]


def test_a_tree_of_one_leaf_has_no_contributions() -> None:
    leaf = {name: STUMP[name][:1] for name in ("threshold", "gaps", "share", "value")}
    leaf |= {name: np.array([-1], dtype=np.int32) for name in ("feature", "yes", "no")}
    reasons = TreeReasons(read(packed(STUMP | leaf)), np.array([0]))
    assert reasons.of(np.array([0.0]), 0, 1, lambda: None).tolist() == [0.0]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"yes": np.array([0, -1, -1])}, "yes"),
        ({"yes": np.array([2, -1, -1])}, "no"),
        ({"no": np.array([7, -1, -1])}, "yes"),
        ({"feature": np.array([1, -1, -1])}, "feature"),
        ({"feature": np.array([0.0, -1.0, -1.0])}, "feature"),
        ({"source": np.array([3])}, "source"),
        ({"scale": np.zeros(1)}, "scale"),
        ({"share": np.array([1.0, 2.0, -1.0])}, "share"),
        ({"value": np.array([[0.0], [np.inf], [0.0]])}, "value"),
        ({"value": np.zeros((3, 2))}, "value"),
        ({"roots": np.array([1])}, "roots"),
        ({"output": np.array([4])}, "output"),
        ({"start": np.zeros(2)}, "start"),
        ({"member_node": np.array([1]), "member_value": np.zeros(1)}, "members"),
        ({"means_end": np.array([5])}, "means_end"),
        ({"more": np.zeros(1)}, "names"),
    ],
)
def test_arrays_that_break_the_format_are_refused(change: dict[str, Any], what: str) -> None:
    with pytest.raises(BundleRefusedError, match=f"the {what} that the format says"):
        read(packed(STUMP | change))


def test_ways_that_are_too_long_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons_file, "MOST_CONDITIONS", 1)
    with pytest.raises(BundleRefusedError, match="conditions"):
        read(packed(STUMP))


def test_a_pickle_is_never_opened() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("a pickle was opened",))

    hidden = np.empty(1, dtype=object)
    hidden[0] = Bomb()
    with pytest.raises(BundleRefusedError):
        read(packed(STUMP | {"fill": hidden}))
    with pytest.raises(BundleRefusedError):
        read(pickle.dumps(Bomb()))


def test_what_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in STUMP:
            archive.writestr(f"{name}.npy", b"\x00" * (10 * 1024 * 1024))
    with pytest.raises(BundleRefusedError, match="size"):
        read(file.getvalue())


@pytest.mark.parametrize("content", [b"", b"PK", packed(STUMP)[:-40], packed(STUMP)[: len(packed(STUMP)) // 2]])
def test_a_torn_file_is_refused(content: bytes) -> None:
    with pytest.raises(BundleRefusedError):
        read(content)
