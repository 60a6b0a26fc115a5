"""The file that a model was trained on, as it is, may be sent to be answered: both sides read it alike."""

import io
import random
import unicodedata
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bundle import typed_table
from api.bundle.features import Number
from api.protocols import csv_text
from api.protocols.csv_text import tidy as api_tidy
from api.protocols.written_numbers import reader_of
from tests.support.served import served
from tests.support.tables import small_params
from tests.support.trained import trained, workspace
from trainer.contract.cells import TRUTHS
from trainer.contract.number_text import Format, plain
from trainer.contract.reading import tidy, unquoted
from trainer.data.table import OURS, parse, parse_source
from trainer.drafting.draft import draft

ROWS = 240
FORESTS = {"forest": {"estimator": "RandomForestRegressor", "settings": {"n_estimators": 5, "max_depth": 5}}}
NUMBER = Number(name="x", dtype="float64", unit="", minimum=0, maximum=1, description="")


def untidy_table(ending: str) -> bytes:
    """Money, percent, groups, commas, durations, days first, words of any case, gaps, totals, ragged rows, NFD text."""
    draw = random.Random(5)
    lines = [unicodedata.normalize("NFD", "Größe;Preis;share;sold;seen;took;Stadt;open;Stadt;;target")]
    for row in range(ROWS):
        size = draw.uniform(1, 900)
        cells = [
            f"{size:.2f}".replace(".", ","),
            f"€ {draw.randrange(1, 9)}.{draw.randrange(100, 999)},{draw.randrange(10, 99)}",
            f"{draw.uniform(0, 99):.1f}%".replace(".", ","),
            draw.choice(["#N/A", "17", "5", "1.204"]) if row else "1.204",
            f"{draw.randrange(1, 28):02d}.{draw.randrange(1, 12):02d}.2025",
            f"{row % 7}:{draw.randrange(60):02d}" if row % 2 else f"{row % 7 + 1}h {draw.randrange(60)}m",
            draw.choice(["Köln", "KÖLN", "Bonn", unicodedata.normalize("NFD", "Köln")]),
            draw.choice(["ja", "Nein", "JA"]),
            draw.choice(["a", "b", "c"]),
            draw.choice(["x", "y"]),
            f"{size * 2 + draw.gauss(0, 20):.1f}".replace(".", ","),
        ]
        lines.append(";".join(cells))
    lines += ["1;2;3", "Total;;;;;;;;;;"]
    return (ending.join(lines) + ending).encode()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_training_file_is_answered_row_by_row_as_it_was_learnt(tmp_path: Path, ending: str) -> None:
    content = untidy_table(ending)
    layout = workspace(tmp_path, draft(content, "rows.csv", "target").page, content)
    made = trained(layout, small_params() | {"candidates": FORESTS})
    contract = made.contract
    assert made.bundle.manifest["csv"]["formats"].keys() == {"Preis", "share", "sold", "seen", "took"}
    assert {"Stadt.2", "column_10"} <= set(contract.features)

    with served(made.path, tmp_path, contract.registered_model) as client:
        asked = client.post("/predict/batch", content=content, headers={"content-type": "text/csv"})
        refused = client.post("/invocations", content=content, headers={"content-type": "text/csv"})
    assert asked.status_code == 200, asked.text
    assert asked.headers["x-lines-left-out"] == f"2: {ROWS + 2}, {ROWS + 3}"
    assert (refused.status_code, f"line {ROWS + 2}" in refused.text) == (400, True)
    answered = pd.read_csv(io.StringIO(asked.text))
    learnt = parse_source(content, contract, "table.csv").frame
    assert len(answered) == len(learnt) == ROWS
    pipeline = made.pipeline
    expected = pipeline.predict(parse(layout.processed(contract.name).read_bytes(), contract, "rows", OURS))
    np.testing.assert_allclose(answered["value"], expected, rtol=1e-4)


@given(
    st.text(alphabet="0123456789.,-+\u2212() $€%eE'’ \u00a0krcmKMBn", max_size=12),
    st.sampled_from(get_args(Format)),
    st.sampled_from([".", ","]),
    st.sampled_from(["", "cm", "kr"]),
)
def test_api_and_trainer_read_every_format_of_a_number_alike(text: str, form: Format, decimal: str, unit: str) -> None:
    cell = text.strip()
    read = reader_of(NUMBER.model_copy(update={"unit": unit}), form, decimal)
    assert (cell if read is None else read(cell)) == plain(pd.Series([cell], dtype=str), form, decimal, unit)[0]


@given(st.text(max_size=300))
def test_api_and_trainer_tidy_a_name_alike(text: str) -> None:
    assert api_tidy(text) == tidy(text)


@given(st.text(alphabet='",a \n', max_size=12))
def test_api_and_trainer_take_a_line_out_of_its_quotes_alike(line: str) -> None:
    assert csv_text.unquoted(line) == unquoted(line)


def test_api_and_trainer_know_the_same_words_for_yes_and_no() -> None:
    assert typed_table.TRUTHS == TRUTHS
