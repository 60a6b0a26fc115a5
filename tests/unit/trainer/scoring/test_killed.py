"""A scoring that is killed again and again ends with the bytes of one that never was, and no row twice."""

import pickle
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from signal import SIGKILL

import pandas as pd
import pytest

from tests.unit.trainer.scoring.conftest import Kinds

pytestmark = pytest.mark.parametrize("kinds", ["many"], indirect=True)
"""One task is enough: each start reads all the libraries."""

PROGRAM = """
import sys, pickle
from pathlib import Path
from trainer.scoring import tables
from trainer.scoring.scoring import Order, score
tables.MOST_ROWS = 40
model = pickle.loads(Path(sys.argv[1]).read_bytes())
score(Order(Path(sys.argv[2]), Path(sys.argv[3])), model)
"""


def started(model: Path, source: Path, target: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(model), str(source), str(target)])


def test_killed_again_and_again_it_writes_the_same_bytes_once(kinds: Kinds, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(pickle.dumps(kinds.model))
    header, *rows = kinds.csv.splitlines(keepends=True)
    (tmp_path / "rows.csv").write_bytes(header + b"".join(rows) * 4)
    assert started(tmp_path / "model", tmp_path / "rows.csv", tmp_path / "whole.parquet").wait() == 0
    folder, draw = tmp_path / ".out.parquet.parts", Random(7)
    for _ in range(3):
        had, more = len(list(folder.glob("part-*.parquet"))), draw.randrange(1, 9)
        with started(tmp_path / "model", tmp_path / "rows.csv", tmp_path / "out.parquet") as child:
            # Killed once it has made some more parts, wherever it then is.
            while child.poll() is None and len(list(folder.glob("part-*.parquet"))) < had + more:
                time.sleep(0.001)
            child.kill()
        assert child.returncode == -SIGKILL
        assert not (tmp_path / "out.parquet").exists()
    assert started(tmp_path / "model", tmp_path / "rows.csv", tmp_path / "out.parquet").wait() == 0
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert len(pd.read_parquet(tmp_path / "out.parquet")) == 4 * len(rows)


def test_a_file_that_may_not_grow_is_an_error_that_keeps_the_parts(kinds: Kinds, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(pickle.dumps(kinds.model))
    (tmp_path / "rows.csv").write_bytes(kinds.csv)
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (12000, resource.RLIM_INFINITY))\n" + PROGRAM
    words = [
        sys.executable,
        "-c",
        limited,
        str(tmp_path / "model"),
        str(tmp_path / "rows.csv"),
        str(tmp_path / "o.csv"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "can't be written: the file is larger than this system allows. Finished parts are kept" in done.stderr
    assert not (tmp_path / "o.csv").exists()
    assert list((tmp_path / ".o.csv.parts").glob("part-*.csv"))
    assert started(tmp_path / "model", tmp_path / "rows.csv", tmp_path / "o.csv").wait() == 0
