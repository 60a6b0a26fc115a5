"""The contract of an adopted model: the committed one where it fits, else one drafted from the model and the table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import yaml
from pydantic import ValidationError

from trainer.adoption.description import KnownValues, ModelDescription
from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.contract.reading import tidy
from trainer.contract.yaml_file import explain
from trainer.drafting.draft import draft
from trainer.drafting.gaps import missing_in
from trainer.drafting.numbers_seen import numbers_seen
from trainer.drafting.scan import scan
from trainer.drafting.yaml_text import around
from trainer.errors import AdoptionError

TRUTHS = ({"true", "false"}, {"true"}, {"false"})
MOST_TEXTS = 1000
"""Different texts of a column that no encoder of the model lists."""
TODO = "TODO"


def fits(committed: Contract, model: ModelDescription, header: Sequence[str] | None) -> bool:
    """Whether the committed contract describes what the model reads, and a table with this header (None: its own)."""
    named = set(model.names) == set(committed.features) if model.names else model.width == len(committed.features)
    needed = {*committed.features, committed.target.name}
    return named and (header is None or needed <= set(header))


def in_order_of(contract: Contract, model: ModelDescription) -> tuple[str, ...]:
    """The contract's columns as the model wants them."""
    return model.names or contract.features


def target_in(header: Sequence[str], model: ModelDescription, asked: str | None, committed: str | None) -> str:
    """The column that the model predicts. Raises AdoptionError where it can't be known."""
    others = [name for name in header if name not in model.names]
    if missing := [name for name in model.names if name not in header]:
        raise AdoptionError(
            f"the model reads {_listed(missing)}, which the table does not have; it has {_listed(header)}. "
            "CSV= is the table that the model was fitted on"
        )
    if asked is not None:
        name = asked if asked in header else tidy(asked)
        if name not in header:
            raise AdoptionError(f"TARGET={asked} is not a column of the table; it has {_listed(header)}")
        return name
    if committed in others:
        return str(committed)
    if model.names and len(others) == 1:
        return others[0]
    raise AdoptionError(f"say which column the model predicts: TARGET= one of {_listed(others)}")


def drafted(
    content: bytes, source: str, query: str | None, model: ModelDescription, target: str, classes: Sequence[str]
) -> tuple[Contract, str]:
    """The contract and its page for data/<name>.contract.yaml. `classes` are the model's, as the table writes them.

    Raises AdoptionError where the table does not have what the model reads, DataError for a table that can't be read.
    """
    page: dict[str, Any] = yaml.safe_load(draft(content, source, target, query).page)
    written = Csv.model_validate(page.get("csv", {}))
    cells = scan(content, source, written).text
    names = model.names or _by_place(list(cells.columns), model, target)
    proposed = {one["name"]: one for one in page["columns"]}
    columns = [_column(name, cells[name], written, model.known.get(name), proposed.get(name)) for name in names]
    ignored = [name for name in cells.columns if name not in {*names, target}]
    page |= {"columns": columns, "task": model.task}
    page.pop("roles", None)
    page.pop("ignore", None)
    if ignored:
        page["ignore"] = ignored
    page["duplicates"] = "allow"
    page["target"] = _target(page["target"], cells[target], model, classes, target, written)
    head = "# Drafted from the model that was adopted and the table it was proved on.\n"
    text = head + yaml.safe_dump(page, sort_keys=False, allow_unicode=True, width=120)
    try:
        return Contract.model_validate(yaml.safe_load(text)), text
    except ValidationError as error:
        raise AdoptionError(
            f"no contract can be drafted from the model and {source}:\n{explain(error, Contract)}"
        ) from error


def _by_place(header: list[str], model: ModelDescription, target: str) -> tuple[str, ...]:
    """A model that was fitted on an array knows how many columns there were, and not their names."""
    others = tuple(name for name in header if name != target)
    if len(others) != model.width:
        raise AdoptionError(
            f"the model was fitted on {model.width} columns without names, and the table has {len(others)} beside "
            f"{target}; leave the others out of the table, or fit the model on a DataFrame"
        )
    return others


def _column(
    name: str, cells: "pd.Series[Any]", written: Csv, known: KnownValues | None, proposed: dict[str, Any] | None
) -> dict[str, Any]:
    missing = missing_in(cells, written)
    there, nullable = cells[~missing], bool(missing.any())
    base = {"name": name, "description": TODO, "nullable": nullable}
    if known is not None and known.texts:
        texts = [str(value) for value in known.values]
        return base | {
            "kind": "category",
            "categories": texts,
            "unknown": "other" if known.answers_others else "refuse",
        }
    if (known is not None and known.booleans) or set(there.str.lower().unique()) in TRUTHS:
        return base | {"kind": "boolean"}
    numbers = numbers_seen(there, written.decimal)
    if numbers is None or numbers.strays:
        if known is not None:
            raise AdoptionError(f"the model reads numbers in {name}, and the table has texts such as {there.iloc[0]!r}")
        texts = sorted(there.unique())
        if len(texts) > MOST_TEXTS:
            raise AdoptionError(f"{name} has {len(texts)} different texts, and no encoder of the model lists them")
        return base | {"kind": "category", "categories": texts, "unknown": "other"}
    whole = bool((numbers.values % 1 == 0).all())
    low, high = around(float(numbers.values.min()), float(numbers.values.max()), whole=whole)
    if known is not None and not known.answers_others:
        low, high = float(min(known.values)), float(max(known.values))
    formed = {} if numbers.form == "plain" else {"format": numbers.form}
    unit = (proposed or {}).get("unit", "")
    kind = {"dtype": "int64" if whole else "float64", "unit": unit, "minimum": low, "maximum": high}
    return base | kind | formed | {"outside": "warn"}


def _target(
    proposed: dict[str, Any],
    cells: "pd.Series[Any]",
    model: ModelDescription,
    classes: Sequence[str],
    name: str,
    written: Csv,
) -> dict[str, Any]:
    if model.task == "classification":
        return {"name": name, "description": TODO, "classes": list(classes)}
    numbers = numbers_seen(cells[~missing_in(cells, written, target=True)], written.decimal)
    if numbers is None:
        raise AdoptionError(f"the model is a regressor, and {name} holds texts such as {cells.iloc[0]!r}")
    low, high = around(float(numbers.values.min()), float(numbers.values.max()))
    formed = {"format": proposed["format"]} if "format" in proposed else {}
    return {"name": name, "description": TODO, "unit": "", "minimum": low, "maximum": high, **formed, "outside": "warn"}


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:20]))
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
