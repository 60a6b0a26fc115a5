"""A file is scored as training reads it, the same bytes each time, and what is wrong is named."""

import gzip
import json
from csv import reader
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tests.unit.trainer.scoring.conftest import Kinds
from trainer.data.table import parse
from trainer.errors import TrainerError
from trainer.scoring import parts, tables
from trainer.scoring.output import METADATA
from trainer.scoring.progress import ScoringProgress
from trainer.scoring.request import ScoringRequest
from trainer.scoring.scoring import score


def lines(kinds: Kinds, count: int) -> list[str]:
    return kinds.csv.decode().splitlines()[: count + 1]


def write(path: Path, text: list[str]) -> Path:
    path.write_text("\n".join(text) + "\n")
    return path


def refused(kinds: Kinds, source: Path, tmp_path: Path, name: str = "out.csv") -> str:
    with pytest.raises(TrainerError) as caught:
        score(ScoringRequest(source, tmp_path / name), kinds.model)
    assert not (tmp_path / name).exists() or name == source.name
    assert not list(tmp_path.glob(f".{name}*")), "a refusal leaves nothing behind"
    return str(caught.value)


def test_the_answers_are_those_of_the_rows_as_training_reads_them(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    scored = score(ScoringRequest(table, tmp_path / "out.parquet"), kinds.model)
    found = pd.read_parquet(tmp_path / "out.parquet")
    rows = parse(kinds.csv, kinds.contract, "rows")[[*kinds.contract.features]]
    expected = kinds.model.contender.answers(rows)
    names = [f"probability_{one}" for one in kinds.model.classes] or ["value"]
    np.testing.assert_allclose(found[names].to_numpy(), expected.reshape(len(rows), -1), atol=1e-6)
    if kinds.model.classes:
        assert list(found["label_name"]) == [kinds.model.classes[place] for place in expected.argmax(axis=1)]
    assert scored.provenance["rows"] == len(rows)
    assert set(kinds.contract.features) < set(found.columns)


def test_csv_gzip_and_parquet_of_one_table_get_the_same_answers(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    typed = csv.read_csv(table)
    parquet.write_table(typed, tmp_path / "rows.parquet", row_group_size=37)
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(kinds.csv))
    names = [f"probability_{one}" for one in kinds.model.classes] or ["value"]
    found = []
    for name in ("rows.csv", "rows.csv.gz", "rows.parquet"):
        score(ScoringRequest(tmp_path / name, tmp_path / f"of-{name}.csv.gz"), kinds.model)
        found.append(pd.read_csv(tmp_path / f"of-{name}.csv.gz")[names].to_numpy())
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_the_provenance_is_in_the_metadata_of_parquet_and_beside_csv(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    one = score(ScoringRequest(table, tmp_path / "out.parquet", keep="none"), kinds.model)
    body = json.loads(parquet.read_schema(tmp_path / "out.parquet").metadata[METADATA])
    assert body == one.provenance
    assert body["bundle"] == kinds.model.bundle
    assert body["input"]["files"] == ["rows.csv"]
    score(ScoringRequest(table, tmp_path / "out.csv", keep="none"), kinds.model)
    beside = json.loads((tmp_path / "out.csv.json").read_text())
    assert beside == body | {"sha256": beside["sha256"]}


def test_a_folder_is_one_table_in_the_order_of_its_names(kinds: Kinds, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    text = lines(kinds, 20)
    write(folder / "b.csv", [text[0], *text[11:]])
    write(folder / "a.csv", text[:11])
    write(tmp_path / "whole.csv", text)
    score(ScoringRequest(folder, tmp_path / "out.csv"), kinds.model)
    score(ScoringRequest(tmp_path / "whole.csv", tmp_path / "same.csv"), kinds.model)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "same.csv").read_bytes()
    write(folder / "c.csv", ["other,columns", "1,2"])
    assert "has other columns than" in refused(kinds, folder, tmp_path, "again.csv")


def test_small_parts_give_the_same_rows_and_finished_ones_are_reused(
    kinds: Kinds, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(ScoringRequest(table, tmp_path / "whole.csv"), kinds.model)
    monkeypatch.setattr(tables, "MOST_ROWS", 50)
    score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    made = (tmp_path / "out.csv").read_bytes()
    (tmp_path / "out.csv").unlink()
    again = score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model)
    assert again.reused == again.provenance["rows"]
    folder = tmp_path / ".out.csv.parts"
    (folder / "part-000001.csv").write_bytes(b"damaged\n")
    (tmp_path / "out.csv").unlink()
    third = score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model)
    assert third.reused == third.provenance["rows"] - 50
    assert (tmp_path / "out.csv").read_bytes() == made
    parts.discard(tmp_path / "out.csv")
    assert not folder.exists()


def test_a_call_after_a_written_output_says_what_was_written(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    first = score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model)
    assert score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model).sha256 == first.sha256


def test_parts_of_another_input_are_thrown_away(kinds: Kinds, tmp_path: Path) -> None:
    table, text = tmp_path / "rows.csv", lines(kinds, 20)
    write(table, text)
    score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model)
    (tmp_path / "out.csv").unlink()
    write(table, text[:11])
    again = score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model)
    assert (again.reused, again.provenance["rows"]) == (0, 10)


def test_missing_columns_are_all_named(kinds: Kinds, tmp_path: Path) -> None:
    source = write(tmp_path / "rows.csv", ["SHOP,size,mood,born,seen", "a,low,low,2026-01-01,2026-01-01"])
    message = refused(kinds, source, tmp_path)
    assert "needs 3 columns that the table lacks: 'shop' (there is 'SHOP'), 'city', 'stamp'" in message


def test_values_that_do_not_fit_are_named_by_line_and_column(kinds: Kinds, tmp_path: Path) -> None:
    names, *broken = list(reader(lines(kinds, 6)))
    broken[0][names.index("size")] = "huge"
    broken[1][names.index("stamp")] = "12.5"
    broken[2][names.index("born")] = "yesterday"
    broken[3][names.index("stamp")] = ""
    source = write(tmp_path / "rows.csv", [";".join(names), *map(";".join, broken)])
    source.write_text(source.read_text().replace(",", "").replace('"', "").replace(";", ","))
    message = refused(kinds, source, tmp_path)
    assert "4 values do not fit the model; nothing was written" in message
    assert (
        "line 2, column size: 'huge' is not a valid category that the model knows; it knows low, middle, high"
        in message
    )
    assert "line 3, column stamp: '12.5' is not a valid int64" in message
    assert "line 4, column born: 'yesterday' is not a valid date" in message
    assert "line 5, column stamp: '' is missing" in message


def test_wrong_types_and_nan_in_parquet_are_named(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    typed = csv.read_csv(table)
    place = typed.schema.names.index("stamp")
    gaps = pa.array([float("nan")] + [1.79e12] * (len(typed) - 1))
    parquet.write_table(typed.set_column(place, "stamp", gaps), tmp_path / "nan.parquet")
    assert "row 1, column stamp: 'nan' is missing" in refused(kinds, tmp_path / "nan.parquet", tmp_path)
    lists = pa.array([[1]] * len(typed))
    parquet.write_table(typed.set_column(place, "stamp", lists), tmp_path / "lists.parquet")
    message = refused(kinds, tmp_path / "lists.parquet", tmp_path, "out.parquet")
    assert "row 1, column stamp: '[1]' is not a valid int64" in message


def test_an_empty_table_is_refused(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing.csv").write_bytes(b"")
    assert "is empty" in refused(kinds, tmp_path / "nothing.csv", tmp_path)
    head = write(tmp_path / "head.csv", lines(kinds, 0))
    assert "has a header and no rows" in refused(kinds, head, tmp_path)
    parquet.write_table(csv.read_csv(table).slice(0, 0), tmp_path / "none.parquet")
    assert "has columns and no rows" in refused(kinds, tmp_path / "none.parquet", tmp_path)


def test_places_that_would_lose_something_are_refused(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    assert "is the input itself" in refused(kinds, table, tmp_path, "rows.csv")
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(TrainerError, match="is there already; FORCE=1 replaces it"):
        score(ScoringRequest(table, tmp_path / "there.csv"), kinds.model)
    assert (tmp_path / "there.csv").read_text() == "mine"
    score(ScoringRequest(table, tmp_path / "there.csv", force=True), kinds.model)
    assert "TO ends with .parquet, .csv or .csv.gz" in refused(kinds, table, tmp_path, "out.xlsx")
    assert "is not a folder" in refused(kinds, table, tmp_path, "missing/out.csv")


def test_a_column_with_the_name_of_an_answer_is_refused(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    score(ScoringRequest(table, tmp_path / "once.csv"), kinds.model)
    assert "would repeat; leave it out: KEEP" in refused(kinds, tmp_path / "once.csv", tmp_path)
    score(ScoringRequest(tmp_path / "once.csv", tmp_path / "twice.csv", keep="shop"), kinds.model)
    assert (tmp_path / "twice.csv").read_text().startswith("shop,")


def test_an_input_that_changes_meanwhile_is_refused(kinds: Kinds, table: Path, tmp_path: Path) -> None:
    class Meddler(ScoringProgress):
        def done(self, rows: int, reused: int, share: float) -> None:
            table.write_bytes(kinds.csv + kinds.csv.splitlines(keepends=True)[1])

    with pytest.raises(TrainerError, match="changed while it was scored"):
        score(ScoringRequest(table, tmp_path / "out.csv"), kinds.model, Meddler())
    assert not (tmp_path / "out.csv").exists()
