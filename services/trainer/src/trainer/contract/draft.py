"""From somebody's CSV to a contract to finish: what its cells look like, with a TODO where only a person can know."""

import csv
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from trainer.contract.cells import TRUTHS
from trainer.contract.contract import Csv
from trainer.errors import DataError, EmptyDataError

SEPARATORS = (",", ";", "\t", "|")
MARKERS = ("?", "-", "--", ".")
"""Signs that stand for "no value" when they are all of a cell."""
MOST_CATEGORIES = 50
MOST_CLASSES = 20
"""A number with more different values than this is a value to predict and not a class."""
ROOM = 0.1
"""How much wider than the values seen the range is, at each end, as a share of theirs."""
_COMMA = re.compile(r"^[+-]?\d+,\d+$")


@dataclass(frozen=True)
class Draft:
    """`page` is data/contract.yaml; `left_out` are columns that nothing can be learnt from."""

    page: str
    task: str
    left_out: tuple[str, ...]


def draft(content: bytes, source: str, target: str) -> Draft:
    """Raises DataError for a file without rows, or without the column `target`."""
    written, text = read(content, source)
    if target not in text.columns:
        raise DataError(f"{source} has no column {target!r}; it has {', '.join(map(repr, text.columns))}")
    columns = {name: _column(name, text[name], written) for name in text.columns if name != target}
    left_out = tuple(name for name, lines in columns.items() if lines is None)
    described = [line for lines in columns.values() if lines is not None for line in lines]
    task, about = _target(target, text[target], written)
    head = [
        "# Drafted from a file: look at every line, above all at the TODOs, before anything is trained on it.",
        f"name: {_name(source)}",
        f"source: {_quoted(source)}",
        *_dialect(written),
        *(
            ["duplicates: allow # TODO: rows repeat others exactly; is that right?"]
            if text.drop(columns=list(left_out)).duplicated().any()
            else []
        ),
        *([f"ignore: {_listed(left_out)} # too many different texts, or none at all"] if left_out else []),
        f"task: {task}",
        "",
        "columns:",
    ]
    return Draft("\n".join([*head, *described, "", "target:", *about, ""]), task, left_out)


def read(content: bytes, source: str) -> tuple[Csv, pd.DataFrame]:
    """How the file is written, as far as it can be told, and its cells as text."""
    encoding = next(name for name in ("utf-8-sig", "utf-16", "cp1252", "latin-1") if _decodes(content, name))
    lines = content.decode(encoding).removeprefix("\ufeff").splitlines(keepends=True)
    tables = {separator: [row for row in csv.reader(lines, delimiter=separator) if row] for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda one: _width(tables[one]))
    rows = tables[separator]
    if len(rows) < 2:
        raise EmptyDataError(f"{source} needs a header line and rows")
    header = [name.strip() for name in rows[0]]
    even = [row for row in rows[1:] if len(row) == len(header)]
    text = pd.DataFrame(even, columns=header, dtype=str).apply(lambda column: column.str.strip())
    comma = separator != "," and any(text[name].map(lambda cell: bool(_COMMA.match(cell))).any() for name in text)
    missing = (*Csv().missing, *(marker for marker in MARKERS if text.eq(marker).any(axis=None)))
    return Csv(separator=separator, encoding=encoding, decimal="," if comma else ".", missing=missing), text


def _width(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The right separator makes rows as wide as the header, and the header wide."""
    width = len(rows[0]) if rows else 0
    same = sum(len(row) == width for row in rows) / max(len(rows), 1)
    return (same if width > 1 else 0.0, width)


def _decodes(content: bytes, encoding: str) -> bool:
    if encoding == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _column(name: str, cells: "pd.Series[str]", written: Csv) -> list[str] | None:
    """The lines that describe a column, or None when it is nothing a model can use."""
    present = cells[~cells.str.lower().isin(written.missing)]
    if present.empty:
        return None
    lines = [f"  - name: {_quoted(name)}"]
    numbers, texts = _numbers(present, written), present.unique()
    if numbers is not None:
        low, high = _around(numbers)
        whole = bool((numbers % 1 == 0).all()) and not present.str.contains(written.decimal, regex=False).any()
        hint = " # TODO: or kind: boolean, without the four lines below?" if set(numbers) <= {0, 1} and whole else ""
        lines += [f"    dtype: {'int64' if whole else 'float64'}{hint}", '    unit: "" # TODO']
        lines += [f"    minimum: {low:.10g} # TODO: seen were {numbers.min():.10g} to {numbers.max():.10g}"]
        lines += [f"    maximum: {high:.10g}"]
    elif {text.lower() for text in texts} <= TRUTHS.keys():
        lines.append("    kind: boolean")
    elif len(texts) <= min(MOST_CATEGORIES, max(len(present) // 2, 2)) and len(texts) > 1:
        lines += ["    kind: category", f"    categories: {_listed(sorted(texts))}"]
        lines += ["    unknown: refuse # or other: what is none of these is answered all the same"]
    else:
        return None
    if len(present) < len(cells):
        lines.append(f"    nullable: true # {len(cells) - len(present)} of {len(cells)} are missing")
    return [*lines, "    description: TODO"]


def _target(name: str, cells: "pd.Series[str]", written: Csv) -> tuple[str, list[str]]:
    present = cells[~cells.str.lower().isin(written.missing)]
    numbers, texts = _numbers(present, written), sorted(present.unique())
    lines = [f"  name: {_quoted(name)}", "  description: TODO"]
    if numbers is not None and len(texts) > MOST_CLASSES:
        low, high = _around(numbers)
        seen = f"# TODO: seen were {numbers.min():.10g} to {numbers.max():.10g}"
        return "regression", [*lines, '  unit: "" # TODO', f"  minimum: {low:.10g} {seen}", f"  maximum: {high:.10g}"]
    return "classification", [*lines, f"  classes: {_listed(texts)}"]


def _numbers(present: "pd.Series[str]", written: Csv) -> "pd.Series[float] | None":
    numbers = pd.to_numeric(present.str.replace(written.decimal, ".", regex=False), errors="coerce")
    finite = numbers.notna() & numbers.map(math.isfinite)
    return numbers.astype("float64") if bool(finite.all()) and len(numbers) else None


def _around(numbers: "pd.Series[float]") -> tuple[float, float]:
    """A range with room beyond the values seen, in round numbers; what is never negative stays so."""
    low, high = float(numbers.min()), float(numbers.max())
    room = (high - low) * ROOM or max(abs(high), 1.0) * ROOM
    step = 10.0 ** math.floor(math.log10(room))
    least, most = math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step
    return max(least, 0.0) if low >= 0 else least, most


def _dialect(written: Csv) -> list[str]:
    usual = Csv()
    said: dict[str, Any] = {"separator": written.separator, "decimal": written.decimal, "encoding": written.encoding}
    unusual = {key: value for key, value in said.items() if value not in {getattr(usual, key), "utf-8-sig"}}
    shown = [f"{key}: {_quoted(value)}" for key, value in unusual.items()]
    shown += [f"missing: {_listed(written.missing)}"] if written.missing != usual.missing else []
    return [f"csv: {{ {', '.join(shown)} }}"] if shown else []


def _name(source: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]+", "_", Path(source).stem).strip("_")[:64]
    return name if name[:1].isalpha() else f"table_{name}"[:64]


def _quoted(text: str) -> str:
    # A JSON text is a YAML text; plain words need no quotes.
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", text) and text.lower() not in {*TRUTHS, "null", "on", "off"}
    return text if plain else json.dumps(text, ensure_ascii=False)


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(_quoted(text) for text in texts)}]"
