"""A model that reads dates brings the module that does so, and no other model brings code."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.candidates import Candidate
from trainer.contract.columns import Boolean, Column, Moment
from trainer.registry.model_code import code_of
from trainer.training.pipeline import build

BORN = Moment(name="born", description="", kind="date", minimum="2020-01-01", maximum="2026-01-01")
PAID = Boolean(name="paid", description="", kind="boolean")
ASK = "import trainer.contract.moments as found; print(found.__file__, found.days('2026-01-02', 'date', '2026-01-01'))"


def test_the_module_that_reads_dates_is_importable_from_the_packed_folder() -> None:
    columns: list[Column] = [BORN, PAID]
    frame = pd.DataFrame({"born": ["2020-05-01", "2021-06-01"] * 4, "paid": [True, False] * 4})
    pipeline = build(Candidate(estimator="LogisticRegression"), 1, {}, columns).fit(frame, np.array([0, 1] * 4))
    with code_of(pipeline) as paths:
        assert paths is not None
        folder = str(Path(paths[0]).parent)
        code = f"import sys; sys.path.insert(0, {folder!r}); {ASK}"
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert printed.stdout.split() == [f"{folder}/trainer/contract/moments.py", "1.0"]


def test_a_model_without_dates_brings_no_code() -> None:
    frame = pd.DataFrame({"paid": [True, False] * 4})
    pipeline = build(Candidate(estimator="LogisticRegression"), 1, {}, [PAID]).fit(frame, np.array([0, 1] * 4))
    with code_of(pipeline) as paths:
        assert paths is None
