"""CSV against the contract: every kind of bad row is reported by line, column, value and rule."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.data.table import OURS, parse, parse_source, to_csv
from trainer.errors import BadRowsError, ColumnsDifferError, DataError, EmptyDataError, Violation

HEADER = "width,corners,shape\n"


def test_a_good_file_is_typed_in_the_order_of_the_contract(shapes: Contract) -> None:
    frame = parse(b"shape,corners,width\nsquare,4,1.5\nround, 0 ,2\n", shapes, "shapes.csv")
    assert list(frame.columns) == ["width", "corners", "shape"]
    assert frame.to_dict("list") == {"width": [1.5, 2.0], "corners": [4, 0], "shape": ["square", "round"]}
    assert [str(dtype) for dtype in frame.dtypes[:2]] == ["float64", "int64"]


@pytest.mark.parametrize(
    ("rows", "violation"),
    [
        ("1,4,square\n11,4,square\n", Violation(3, "width", "11.0", "is above the maximum 10")),
        ("-0.5,4,square\n", Violation(2, "width", "-0.5", "is below the minimum 0")),
        ("inf,4,square\n", Violation(2, "width", "inf", "is above the maximum 10")),
        ("1,inf,square\n", Violation(2, "corners", "inf", "is no int64")),
        ("1,4,square\n,4,square\n", Violation(3, "width", "", "is missing")),
        ("NaN,4,square\n", Violation(2, "width", "NaN", "is missing")),
        ("wide,4,square\n", Violation(2, "width", "wide", "is no float64")),
        ("1_0,4,square\n", Violation(2, "width", "1_0", "is no float64")),
        ("1,4.5,square\n", Violation(2, "corners", "4.5", "is no int64")),
        ("1,4,\n", Violation(2, "shape", "", "is missing")),
        ("1,4,star\n", Violation(2, "shape", "star", "is an unknown class; known are round, square")),
        ("1,4,square\n2,4,square\n1,4,square\n", Violation(4, "", "1.0,4,square", "repeats line 2")),
        ("1,4\n", Violation(2, "", "1,4", "has 2 cells, the header names 3")),
    ],
)
def test_a_bad_row_is_reported_by_line_column_value_and_rule(rows: str, violation: Violation, shapes: Contract) -> None:
    with pytest.raises(BadRowsError, match=f"line {violation.line}") as caught:
        parse((HEADER + rows).encode(), shapes, "shapes.csv")
    assert caught.value.violations == [violation]
    assert str(violation) in str(caught.value)


def test_all_bad_rows_are_reported_at_once_and_in_order(shapes: Contract) -> None:
    with pytest.raises(BadRowsError) as caught:
        parse((HEADER + "1,99,star\nx,4,square\n").encode(), shapes, "shapes.csv")
    assert [(one.line, one.column) for one in caught.value.violations] == [(2, "corners"), (2, "shape"), (3, "width")]


def test_a_file_of_bad_rows_shows_the_first_ones_and_counts_the_rest(shapes: Contract) -> None:
    with pytest.raises(BadRowsError, match="25 values break the contract") as caught:
        parse((HEADER + "99,4,square\n" * 25).replace("\n99", "\n99").encode(), _allowing(shapes), "shapes.csv")
    assert "and 15 more" in str(caught.value)


def test_lines_are_counted_as_an_editor_counts_them(shapes: Contract) -> None:
    text = HEADER + '\n1,4,square\n\n2,4,"squ\nare"\n3,4,star\n'
    with pytest.raises(BadRowsError) as caught:
        parse(text.encode(), shapes, "shapes.csv")
    assert [one.line for one in caught.value.violations] == [5, 7]


def test_repeated_rows_are_left_alone_where_the_contract_allows_them(shapes: Contract) -> None:
    frame = parse((HEADER + "1,4,square\n1,4,square\n").encode(), _allowing(shapes), "shapes.csv")
    assert len(frame) == 2


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_reported(content: bytes, shapes: Contract) -> None:
    with pytest.raises(EmptyDataError, match=r"shapes\.csv is empty"):
        parse(content, shapes, "shapes.csv")


def test_a_header_without_rows_is_reported(shapes: Contract) -> None:
    with pytest.raises(EmptyDataError, match="a header and no rows"):
        parse(HEADER.encode(), shapes, "shapes.csv")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("width,shape", "column 'corners' is missing"),
        ("width,corners,shape,colour", "column 'colour' is not in the contract"),
        ("width,width,corners,shape", "column 'width' is there twice"),
    ],
)
def test_a_header_unlike_the_contract_is_refused(header: str, message: str, shapes: Contract) -> None:
    with pytest.raises(ColumnsDifferError, match=message):
        parse(f"{header}\n1,2,3,4\n".encode(), shapes, "shapes.csv")


def test_a_file_in_another_encoding_is_reported_by_line(shapes: Contract) -> None:
    with pytest.raises(DataError, match="line 3 is not UTF-8"):
        parse(HEADER.encode() + b"1,4,square\n1,4,\xe9\n", shapes, "shapes.csv")


def test_an_unclosed_quote_is_no_csv(shapes: Contract) -> None:
    with pytest.raises(DataError, match="is not CSV"):
        parse((HEADER + '1,4,"square\n').encode(), shapes, "shapes.csv")


SHAPES = Contract.model_validate(
    {
        "name": "shapes",
        "source": "shapes.csv",
        "duplicates": "allow",
        "columns": [
            {"name": "width", "dtype": "float64", "unit": "", "minimum": -1e9, "maximum": 1e9, "description": ""},
            {"name": "corners", "dtype": "int64", "unit": "", "minimum": -1e9, "maximum": 1e9, "description": ""},
        ],
        "target": {"name": "shape", "description": "", "classes": ["round", "square, or so"]},
    }
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e9, 1e9), st.integers(-(10**9), 10**9), st.sampled_from(SHAPES.target.classes)),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_written_reads_back_as_the_same_numbers(rows: list[tuple[float, int, str]]) -> None:
    content = (HEADER + "\n".join(f'{width!r},{corners},"{shape}"' for width, corners, shape in rows)).encode()
    frame = parse(content, SHAPES, "shapes.csv")
    assert [tuple(row) for row in frame.itertuples(index=False)] == rows
    assert parse(to_csv(frame), SHAPES, "again").reset_index(drop=True).equals(frame.reset_index(drop=True))


def _allowing(contract: Contract) -> Contract:
    return contract.model_copy(update={"duplicates": "allow"})


def test_a_contract_refuses_repeated_rows_unless_it_says_otherwise(shapes_with: Callable[..., Contract]) -> None:
    assert shapes_with().duplicates == "refuse"


def test_a_repeated_header_names_the_second_column_by_its_count(shapes: Contract) -> None:
    with pytest.raises(ColumnsDifferError, match=r"'width' is there twice; describe the second as 'width\.2'"):
        parse(b"width,corners,shape,width\n1,2,round,4\n", shapes, "shapes.csv")
    ignoring = shapes.model_copy(update={"ignore": ("width.2", "column_5")})
    frame = parse(b"width,corners,shape,width,\n1,2,round,4,9\n", ignoring, "shapes.csv")
    assert frame.to_dict("list") == {"width": [1.0], "corners": [2], "shape": ["round"]}


def test_rows_that_the_contract_leaves_out_are_counted(shapes: Contract) -> None:
    how = Csv(skip=2, ragged="skip", leave_out=("Total",))
    content = b'A title\n"sep=,\nwidth,corners,shape\n1,4,square\n2,3\n3,0,round\n4,0,\nTotal,7,\n'
    frame, left_out = parse_source(content, shapes.model_copy(update={"csv": how}), "shapes.csv")
    assert frame.index.tolist() == [4, 6]
    assert left_out == {"left out by csv.leave_out": 1, "not as many cells as the header": 1, "no target": 1}


@pytest.mark.parametrize(
    ("form", "cells", "values"),
    [
        ("thousands", ["1,234.5", "-12", "7 000", "1'000", "1,000,000"], [1234.5, -12, 7000, 1000, 1e6]),
        ("currency", ["$5", "($1,200.50)", "- € 3", "7 EUR", "CHF 1'000"], [5, -1200.5, -3, 7, 1000]),
        ("percent", ["12.5%", "-3 %", "1,000%"], [12.5, -3, 1000]),
        ("decimal_comma", ["1.234,5", "3,25", "-4", "1,250E+05", "2e-1"], [1234.5, 3.25, -4, 125000, 0.2]),
        ("thousands", ["1,23,456", "12,34,56,789", "\N{MINUS SIGN}1.5", "12.50-"], [123456, 123456789, -1.5, -12.5]),
        (
            "magnitude",
            ["1.2K", "€3.45M", "0.2 bn", "900", "-7k", "1,234", "0.001b"],
            [1200, 3.45e6, 2e8, 900, -7e3, 1234, 1e6],
        ),
        ("currency_decimal_comma", ["1.234,50 €", "€ 7", "-3,5 EUR"], [1234.5, 7, -3.5]),
        ("percent_decimal_comma", ["12,5 %", "-3%"], [12.5, -3]),
    ],
)
def test_a_number_is_read_as_its_format_says(
    form: str, cells: list[str], values: list[float], shapes_with: Callable[..., Contract]
) -> None:
    contract = _format(shapes_with(), form)
    rows = "".join(f'"{cell}",4,round\n' for cell in cells)
    frame = parse((HEADER + rows).encode(), contract, "shapes.csv")
    assert frame["width"].tolist() == values
    again = parse(to_csv(frame), contract, "processed", OURS)
    assert again["width"].tolist() == values


@pytest.mark.parametrize(("form", "cell"), [("thousands", "1,23"), ("decimal_comma", "1.5"), ("plain", "1,234")])
def test_a_number_of_another_format_is_refused(form: str, cell: str, shapes_with: Callable[..., Contract]) -> None:
    with pytest.raises(BadRowsError, match="is no float64"):
        parse(f'{HEADER}"{cell}",4,round\n'.encode(), _format(shapes_with(), form), "shapes.csv")


def test_a_category_and_a_class_are_spelled_as_the_contract_spells_them(shapes: Contract) -> None:
    frame = parse((HEADER + "1,4,Square \n1,3,ROUND\n").encode(), shapes, "shapes.csv")
    assert frame["shape"].tolist() == ["square", "round"]


def test_decomposed_text_is_the_same_text(shapes_with: Callable[..., Contract]) -> None:
    contract = shapes_with(target={"name": "größe", "description": "", "classes": ["groß", "é"]})
    text = unicodedata.normalize("NFD", "width,corners,größe\n1,4,é\n2,4,groß\n")
    assert parse(text.encode(), contract, "shapes.csv")["größe"].tolist() == ["é", "groß"]


def _format(contract: Contract, form: str) -> Contract:
    page = contract.model_dump(mode="json", exclude_defaults=True)
    page["columns"] = [column.model_dump() for column in contract.columns]
    page["columns"][0] |= {"format": form, "minimum": -1e9, "maximum": 1e9}
    return Contract.model_validate(page)
