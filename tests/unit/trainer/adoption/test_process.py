"""Reading a foreign model happens in a process of its own: what that process does, the trainer survives."""

import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression

from trainer.adoption import process
from trainer.adoption.loading import load
from trainer.adoption.origin import of_path
from trainer.adoption.process import Outcome, adopt_in
from trainer.bundle.bundle import read_bundle
from trainer.errors import AdoptionError
from trainer.workspace.confined import MIB, ChampionError, Limits
from trainer.workspace.layout import Layout

Reading = Callable[..., Outcome]


class Doing:
    """Unpickling it calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


@pytest.fixture
def reading(project: Path, table: pd.DataFrame) -> Reading:
    def read(content: bytes, name: str = "model.joblib", *, target: str | None = None, **limits: Any) -> Outcome:
        (project / name).write_bytes(content)
        folder = project / "var" / "adopted"
        folder.mkdir(parents=True)
        return adopt_in(
            folder,
            of_path(project / name),
            root=project,
            table=table[["fare", "deck", "lived"]].to_csv(index=False).encode(),
            source="passengers.csv",
            query=None,
            own=False,
            target=target,
            **limits,
        )

    return read


def test_the_child_leaves_a_bundle_and_a_contract(project: Path, reading: Reading, table: pd.DataFrame) -> None:
    model = LogisticRegression(max_iter=1000).fit(table[["fare", "deck"]], table["lived"])
    joblib.dump(model, project / "dumped")
    outcome = reading((project / "dumped").read_bytes())
    assert outcome.page is not None
    assert "name: passengers" in outcome.page
    assert outcome.parity <= 1e-5
    assert read_bundle(Layout(project / "var" / "adopted")).manifest["model"] == "passengers_model"


def test_a_pickle_that_ends_its_process_ends_nothing_else(reading: Reading) -> None:
    with pytest.raises(AdoptionError, match="its process ended with status 7"):
        reading(pickle.dumps(Doing(os._exit, 7)))


def test_a_pickle_that_never_ends_is_ended(reading: Reading) -> None:
    with pytest.raises(AdoptionError, match="it was not done after 12 s"):
        reading(
            pickle.dumps(Doing(eval, "__import__('time').sleep(600)")),
            limits=Limits(seconds=12, memory=1024 * MIB, file=MIB),
        )


def test_a_pickle_that_wants_more_memory_than_there_is_for_it_is_refused(reading: Reading) -> None:
    with pytest.raises(AdoptionError, match=r"needs more than 256 MiB|MemoryError|can't be read"):
        reading(pickle.dumps(Doing(bytearray, 10**9)), limits=Limits(seconds=120, memory=256 * MIB, file=100 * MIB))


def test_the_child_has_none_of_the_trainers_passwords(
    reading: Reading, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "a secret")
    seen = project / "seen"
    code = f"open({str(seen)!r}, 'w').write(str(dict(__import__('os').environ)))"
    with pytest.raises(AdoptionError, match="holds a int"):
        reading(pickle.dumps(Doing(eval, code)))
    assert "PATH" in seen.read_text()
    assert "a secret" not in seen.read_text()


@pytest.mark.parametrize("content", [b"\x80\x05garbage", b"\x80", b"\x80\x04\x95\xff\xff\xff\xff\x00\x00\x00\x00."])
def test_a_pickle_that_is_cut_off_is_refused_with_what_to_do(reading: Reading, content: bytes) -> None:
    with pytest.raises(AdoptionError, match=r"can't be read .* save it again"):
        reading(content)


def test_a_module_that_is_not_there_is_named(reading: Reading) -> None:
    with pytest.raises(AdoptionError, match=r"needs the module 'my_features'.*models/"):
        reading(b"\x80\x05cmy_features\nthing\n.")


def test_a_class_of_the_notebook_itself_is_named_with_where_to_put_it(tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(b"\x80\x05c__main__\nMine\n.")
    with pytest.raises(AdoptionError, match=r"needs Mine, which was defined in the notebook .* models/"):
        load(of_path(tmp_path / "model.joblib"))


def test_a_file_whose_library_ends_the_process_is_refused_as_damaged(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise ChampionError("its process ended with signal 6: terminate called")

    monkeypatch.setattr(process, "run", killed)
    with pytest.raises(AdoptionError, match=r"model.txt can't be read \(its process .* signal 6.* save it again"):
        reading(b"tree\nbroken", "model.txt")


def test_another_version_of_scikit_learn_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), tmp_path / "model.joblib")
    read = joblib.load

    def older(path: Path) -> Any:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name="LogisticRegression", current_sklearn_version="2.0", original_sklearn_version="1.2.2"
            ),
            stacklevel=2,
        )
        return read(path)

    monkeypatch.setattr(joblib, "load", older)
    _, (note,) = load(of_path(tmp_path / "model.joblib"))
    assert "saved by scikit-learn 1.2.2" in note
