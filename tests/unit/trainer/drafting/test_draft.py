"""A contract drafted from a file: valid, true to the file, and open about what it cannot know."""

from pathlib import Path

import pytest
import yaml
from rich.console import Console
from sklearn import datasets

from tests.support.tables import category_of, mixed_csv, number_of
from trainer.__main__ import main
from trainer.contract.contract import Contract
from trainer.data.table import parse
from trainer.drafting.draft import draft
from trainer.errors import DataError, EmptyDataError


def drafted(content: bytes, target: str = "kind", source: str = "rows.csv") -> Contract:
    """The draft as a contract, which the file itself must fit."""
    contract = Contract.model_validate(yaml.safe_load(draft(content, source, target).page))
    parse(content, contract, source)
    return contract


def test_a_file_of_many_kinds_is_read_column_by_column() -> None:
    contract = drafted(mixed_csv(), "out/come", "my orders 2026.csv")
    assert contract.name == "my_orders_2026"
    assert (contract.csv.separator, contract.csv.decimal, contract.csv.encoding) == (";", ",", "cp1252")
    assert [(one.kind, one.nullable) for one in contract.columns] == [
        *(("number", False), ("number", True), ("number", True)),
        *(("category", True), ("category", False), ("boolean", False), ("boolean", True)),
    ]
    assert number_of(contract, 2).dtype == "int64"
    assert contract.target.classes == ("may be", "no", "yes")


def test_a_number_of_many_values_is_a_regression() -> None:
    contract = drafted(mixed_csv(task="regression"), "out/come")
    assert contract.task == "regression"
    assert contract.target.range[0] < -20 < 50 < contract.target.range[1]


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_a_data_set_of_scikit_learn_drafts_as_numbers_and_classes(name: str) -> None:
    data = getattr(datasets, f"load_{name}")(as_frame=True)
    contract = drafted(data.frame.to_csv(index=False).encode(), "target")
    assert contract.task == "classification"
    assert {one.kind for one in contract.columns} == {"number"}
    assert contract.features == tuple(data.data.columns)


def test_what_is_no_feature_is_left_out_by_name() -> None:
    rows = "".join(f"order {n};{n % 3},5;x;;{'ab'[n % 2]}\n" for n in range(12))
    contract = drafted(f"number;size;same;empty;kind\n{rows}".encode())
    assert contract.features == ("size",)
    assert (contract.roles.id, contract.ignore) == (("number",), ("same", "empty"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_recognised(encoding: str) -> None:
    text = "größe,kind\n1,a\n2,b\n3,ä\n"
    assert drafted(text.encode(encoding)).target.classes == ("a", "b", "ä")


def test_words_that_yaml_reads_as_something_else_stay_words() -> None:
    contract = drafted(b"answer,kind\nmaybe,on\nno,off\nyes,1\nmaybe,on\nno,off\nyes,1\n")
    assert category_of(contract, 0).categories == ("maybe", "no", "yes")
    assert contract.target.classes == ("1", "off", "on")


def test_a_target_that_is_not_there_and_a_file_without_rows_are_reported() -> None:
    with pytest.raises(DataError, match=r"has no column 'price'; it has 'a', 'kind'"):
        draft(b"a,kind\n1,x\n", "rows.csv", "price")
    with pytest.raises(EmptyDataError):
        draft(b"a,kind\n", "rows.csv", "kind")


def test_a_draft_never_overwrites_and_says_what_is_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "rows.csv").write_bytes(mixed_csv())
    with (tmp_path / "output").open("w") as output:
        console = Console(file=output, width=200)
        assert main(["contract", "rows.csv", "out/come"], console, console) == 0
        page = (tmp_path / "data/rows.contract.yaml").read_bytes()
        assert main(["contract", "rows.csv", "out/come"], console, console) == 1
        assert main(["contract", "none.csv", "out/come"], console, console) == 1
    assert (tmp_path / "data/rows.contract.yaml").read_bytes() == page
    text = (tmp_path / "output").read_text()
    assert "all 240 rows of rows.csv fit it" in text
    assert "already exists" in text
    assert "none.csv cannot be read" in text


def test_many_columns_that_are_alike_take_three_lines_and_their_names_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    names = [f"wavelength_{place}nm_reflectance" for place in range(300)]
    rows = [[f"{(place * 31 + row * 17) % 101 + 0.25}" for place in range(300)] for row in range(1, 31)]
    lines = [",".join([*names, "kind"]), *(",".join([*row, "ab"[place % 2]]) for place, row in enumerate(rows))]
    (tmp_path / "spectra.csv").write_text("\n".join(lines))
    with (tmp_path / "output").open("w") as output:
        console = Console(file=output, width=80)
        assert main(["contract", "spectra.csv", "kind"], console, console) == 0
    printed = (tmp_path / "output").read_text().splitlines()
    listed = [line.rstrip() for line in printed if line.strip().startswith(("wavelength", "…"))]
    assert [line.split()[0] for line in listed] == [names[0], "…", names[-1]]
    assert max(map(len, printed)) <= 80


def test_the_name_keeps_the_letters_of_accented_ones() -> None:
    found = draft(b"a,b\n1,x\n2,y\n3,x\n", "Kündigungen Été.csv", "b")
    assert "\nname: Kundigungen_Ete\n" in found.page
