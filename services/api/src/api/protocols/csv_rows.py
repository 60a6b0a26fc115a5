"""CSV with a header to rows of values, read by the rules that the trainer reads its source with."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from api.bundle.features import Category, Feature, LearnedCategory
from api.bundle.manifest import Csv, Manifest
from api.bundle.near_names import near_name, printable
from api.bundle.typed_table import TypedTable, of_text
from api.errors import FieldError, InvalidInputError, TooLargeError
from api.protocols.csv_text import LONGEST, CsvRecords, open_table, refuse, tidy
from api.protocols.values import UnfitValueError, check_values
from api.protocols.written_numbers import Reader, reader_of
from api.telemetry.model_metrics import Rows

CSV_PARAMETERS = frozenset({b"", b"charset=utf-8", b"header=present", b"charset=utf-8;header=present"})
"""The accepted parameters of the content type text/csv; they change nothing."""

_FAULTS_SHOWN = 20
_NEAR_SHOWN = 3


class Table(NamedTuple):
    """``rows`` [n, features] in the model's order: float64, or for a typed table lists of values."""

    rows: Rows
    others: Sequence[str]
    """The names of the further columns, in the file's order."""
    others_rows: Sequence[Sequence[str]]
    """[n, others]: their cells as they came."""
    left_out: Sequence[int] = ()
    """The lines of rows that training leaves out, too."""


def read_csv(raw: bytes, manifest: Manifest, *, max_rows: int, typed_table: TypedTable | None = None) -> Table:
    """Read a table whose header names the model's features in any order, and may name further columns.

    Spaces around names and cells do not count. Numbers, dates, rows of totals and rows of another width are read as in
    training; for a typed table a cell may say "no value" or yes and no as there.

    Raises:
        InvalidInputError: with the line and the column that does not fit, or the columns that are missing.
        TooLargeError: there are more than ``max_rows`` rows.
    """
    features = manifest.features
    opened = open_table(raw, [feature.name for feature in features], manifest.csv)
    header = opened.header
    places = _places(header, [feature.name for feature in features])
    totals, skips = {word.casefold() for word in manifest.csv.leave_out}, manifest.csv.ragged == "skip"
    further = sorted(set(range(len(header))) - set(places))
    cells = _Cells(features, places, manifest.csv, opened)
    rows: list[list[Any]] = []
    others: list[list[str]] = []
    lines: list[int] = []
    left_out: list[int] = []
    for line, record in opened.records:
        if _is_left_out(record, header, totals, skips=skips):
            left_out.append(line)
            continue
        if len(rows) == max_rows:
            raise TooLargeError(f"at most {max_rows} rows fit in one request, send the rest in another one")
        if len(record) != len(header):
            raise refuse(f"line {line}", f"has {len(record)} fields where the header has {len(header)}")
        rows.append(cells.numbers(record, line) if typed_table is None else cells.values(record))
        others.append([record[place] for place in further])
        lines.append(line)
    if not rows:
        raise refuse("body", "has no rows after its header")
    return Table(_checked(rows, lines, features, typed_table), [header[place] for place in further], others, left_out)


def _is_left_out(record: Sequence[str], header: Sequence[str], totals: Set[str], *, skips: bool) -> bool:
    """Whether a line is none of the table: totals or units, the header again, or with `skips` one of another width."""
    if len(record) != len(header):
        is_odd = skips
    else:
        is_odd = record[0].strip() == header[0] and [tidy(cell) for cell in record] == header
    return is_odd or bool(totals and next(filter(None, map(str.strip, record)), "").casefold() in totals)


class _Cells:
    """A record's cells as values of the features, in the model's order."""

    def __init__(self, features: Sequence[Feature], places: Sequence[int], written: Csv, opened: CsvRecords) -> None:
        formats = written.formats
        readers = [reader_of(feature, formats.get(feature.name, ""), opened.decimal) for feature in features]
        self._columns = list(zip(places, features, readers, strict=True))
        self._spelled = _spellings(features)
        self._missing = frozenset(marker.lower() for marker in written.missing)

    def numbers(self, record: Sequence[str], line: int) -> list[float]:
        """The row of a table that is all numbers. Raises InvalidInputError."""
        try:
            return [
                _number(record[place] if read is None else read(record[place].strip()))
                for place, _, read in self._columns
            ]
        except ValueError:
            unfit = next(
                feature
                for place, feature, read in self._columns
                if not _is_number(record[place] if read is None else read(record[place].strip()))
            )
            raise refuse(f"line {line}, {unfit.name}", "is not a number") from None

    def values(self, record: Sequence[str]) -> list[Any]:
        """A cell that is not a value of its feature stays text, for the check to refuse."""
        return [self._value(record[place].strip(), feature, read) for place, feature, read in self._columns]

    def _value(self, text: str, feature: Feature, read: Reader | None) -> Any:
        # a category may be called "none": what the model knows is not a gap
        if isinstance(feature, Category | LearnedCategory):
            text = tidy(text)
            text = self._spelled.get((feature.name, text.casefold()), text)
        if feature.nullable and text.lower() in self._missing and text not in getattr(feature, "categories", ()):
            return None
        return of_text(text if read is None else read(text), feature)


def _spellings(features: Sequence[Feature]) -> dict[tuple[str, str], str]:
    """By feature and cell in lower case: the category, where one alone is spelt so. Blue is blue, as in training."""
    alike: dict[tuple[str, str], list[str]] = {}
    for feature in features:
        for category in getattr(feature, "categories", ()):
            alike.setdefault((feature.name, category.casefold()), []).append(category)
    return {cell: names[0] for cell, names in alike.items() if len(names) == 1}


def _checked(
    rows: list[list[Any]], lines: list[int], features: Sequence[Feature], typed_table: TypedTable | None
) -> Rows:
    if typed_table is not None:
        return typed_table.check(rows, lambda row, name: f"line {lines[row]}, {name}")
    matrix = np.array(rows, dtype=np.float64)
    try:
        check_values(matrix, features)
    except UnfitValueError as error:
        raise error.at(f"line {lines[error.row]}, {features[error.column].name}") from None
    return matrix


def _places(header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    counts, known = Counter(header), frozenset(wanted)
    places = {name: place for place, name in reversed([*enumerate(_called(header)), *enumerate(header)])}
    missing = [name for name in wanted if name not in places]
    further = [name for name in header if name not in known]
    problems = [f"the column {name!r} is missing" for name in missing[:_FAULTS_SHOWN]]
    for place, name in enumerate(missing[:_NEAR_SHOWN]):
        if near := _near(name, further):
            problems[place] += f"; did you mean {near!r}, which the model does not take?"
    if missing and all(map(_is_number, header)):
        problems = [f"is not a header; it must name the columns {', '.join(wanted[:_FAULTS_SHOWN])}"]
    twice = [name for name in wanted if counts[name] > 1 and f"{name[: LONGEST - 8]}.2" not in known]
    problems += [f"names the column {name!r} twice" for name in twice][:_FAULTS_SHOWN]
    if problems:
        errors: list[FieldError] = [{"field": "line 1", "message": problem} for problem in problems]
        raise InvalidInputError(f"line 1: {'; '.join(problems)}", errors=errors)
    return [places[name] for name in wanted]


def _called(header: Sequence[str]) -> list[str]:
    """The names of the columns as in training: a nameless one by its place, a repeated name with its count."""
    found: dict[str, None] = {}
    for place, cell in enumerate(header, 1):
        name = unique = cell or f"column_{place}"
        count = 1
        while unique in found:
            count += 1
            unique = f"{name[: LONGEST - 8]}.{count}"
        found[unique] = None
    return list(found)


def _near(name: str, others: Sequence[str]) -> str | None:
    """The one of ``others`` that is spelt like ``name``, cut and made printable, because it may hold anything."""
    found = near_name(name, others[:100], cutoff=0.6)
    return None if found is None else printable(found)


def _number(text: str) -> float:
    # Python's own notation for people who write code, not data
    if "_" in text:
        raise ValueError
    return float(text)


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True
