"""One table as CSV and as Parquet: the same draft, the same data set and, byte for byte, the same bundle."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from trainer.bundle.bundle import Bundle, bundle
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.data.source import fetch_source
from trainer.drafting.draft import draft
from trainer.params import Params
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

ROWS = 300


def table() -> pd.DataFrame:
    """Columns of every kind that Parquet has a type for and CSV has none."""
    draw = np.random.default_rng(5)
    start, seconds = pd.Timestamp("2020-01-01"), draw.integers(0, 9 * 10**7, ROWS)
    day = pd.Series(start + pd.to_timedelta(draw.integers(0, 900, ROWS), unit="D"))
    empty = draw.random(ROWS) < 0.1
    frame = pd.DataFrame(
        {
            "size": draw.normal(size=ROWS),
            "tiny": draw.normal(size=ROWS) * 1e-9,
            "single": draw.normal(size=ROWS).astype("float32"),
            "whole": draw.integers(0, 500, ROWS).astype(float),
            "gaps": pd.Series(draw.integers(0, 500, ROWS).astype(float)).where(~empty),
            "count": pd.Series(draw.integers(0, 500, ROWS)).astype("Int64").where(~empty),
            "ticket": draw.integers(2**53, 2**60, ROWS),
            "wet": draw.random(ROWS) < 0.5,
            "sold": day.where(~empty),
            "seen": start + pd.to_timedelta(seconds, unit="s"),
            "sent": start + pd.to_timedelta(seconds * 1_000_003, unit="us"),
            "in_utc": (start + pd.to_timedelta(seconds, unit="s")).tz_localize("UTC"),
            "in_berlin": (start + pd.to_timedelta(seconds, unit="s")).tz_localize("UTC").tz_convert("Europe/Berlin"),
            "paint": pd.Categorical(np.array(["red", "dark, blue", 'say "x"'])[draw.integers(0, 3, ROWS)]),
            "code": np.array(["007", "012", "100"])[draw.integers(0, 3, ROWS)],
        }
    )
    frame["kind"] = np.where(frame["size"] > 0, "yes", "no")
    return frame


def made(root: Path, name: str, params: Params) -> tuple[dict[str, Any], Bundle]:
    """The draft without its source, and the bundle that the draft leads to when nobody edits it."""
    layout = Layout(root)
    page = yaml.safe_load(draft(fetch_source(name, root), name, "kind").page)
    contract = Contract.model_validate(page)
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    return {key: value for key, value in page.items() if key != "source"}, bundle(layout, contract, params)


def test_csv_and_parquet_of_one_table_make_one_bundle(tmp_path: Path, fast: Params) -> None:
    frame = table()
    for folder in ("csv", "parquet"):
        (tmp_path / folder).mkdir()
    frame.to_csv(tmp_path / "csv" / "own.csv", index=False)
    frame.to_parquet(tmp_path / "parquet" / "own.parquet", index=False, row_group_size=70)
    drafted, wanted = made(tmp_path / "csv", "own.csv", fast)
    again, found = made(tmp_path / "parquet", "own.parquet", fast)
    assert again == drafted
    assert {column["name"]: column["kind"] for column in drafted["columns"] if "kind" in column}["sold"] == "date"
    assert found.hash == wanted.hash
    assert found.manifest["files"]
    for file in found.manifest["files"]:
        assert found.content(file) == wanted.content(file), file
