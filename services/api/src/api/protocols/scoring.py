"""The protocol of MLflow's scoring server: its JSON forms to rows of numbers, class names back, errors in its shape.

It takes what ``mlflow models serve`` takes for a scikit-learn model with a signature, numbers in quotes included.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from api.bundle.features import Feature, Number
from api.bundle.near_names import suggestions
from api.bundle.typed_table import TypedTable, of_number, of_text
from api.errors import ApiError, InvalidInputError, TooLargeError
from api.protocols.conformal import values_of
from api.protocols.values import check_values
from api.serving.answers import Answered
from api.telemetry.model_metrics import Rows

MLFLOW_VERSION = "3.17.2"
"""The MLflow whose scoring server this answers like; the tests run both side by side."""

_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_SPLIT = ("columns", "data", "index")
_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    413: "REQUEST_LIMIT_EXCEEDED",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class MissingColumnsError(InvalidInputError):
    """The model has columns that the input does not have."""


def read_json(raw: bytes, features: Sequence[Feature], *, max_rows: int, typed_table: TypedTable | None = None) -> Rows:
    """Rows [n, features] in the model's order; columns the model does not know are left out.

    They are float64, or for a typed table lists of values.

    Raises:
        InvalidInputError: it is none of the four forms, lacks a column, or has a value that does not fit.
        TooLargeError: there are more than ``max_rows`` rows.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise InvalidInputError("the body is not JSON") from None
    forms = [form for form in _FORMS if isinstance(body, dict) and form in body]
    if len(forms) != 1:
        near = "" if forms else suggestions(_FORMS, body)
        raise InvalidInputError(f"the body must be an object with exactly one of {', '.join(_FORMS)}{near}")
    names = [feature.name for feature in features]
    columns = _columns(forms[0], body[forms[0]], names)
    if typed_table is None:
        columns = [_numbers(name, column) for name, column in zip(names, columns, strict=True)]
    if len({len(column) for column in columns}) > 1:
        raise InvalidInputError("the columns are not of the same length")
    if not len(columns[0]):
        raise InvalidInputError("there are no rows")
    if len(columns[0]) > max_rows:
        raise TooLargeError(f"at most {max_rows} rows fit in one request, send the rest in another one")
    if typed_table is not None:
        typed = [
            [_typed(value, feature) for value in column] for column, feature in zip(columns, features, strict=True)
        ]
        return typed_table.check(list(zip(*typed, strict=True)), lambda row, name: f"{name}, row {row}")
    rows = np.stack(columns, axis=1)
    check_values(rows, features)
    return rows


def params_of(raw: bytes) -> Mapping[str, Any]:
    """The member `params` of a body read by :func:`read_json`. Raises InvalidInputError: it is not an object."""
    if b'"params"' not in raw:
        return {}
    params = orjson.loads(raw).get("params")
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise InvalidInputError("params is not an object")
    return params


def encode(answered: Answered, field: str = "") -> bytes:
    """The answers of the registered model: class names (integers where they are integers), or a regression's values.

    ``field`` is "interval" or "set" where it was asked for, and becomes a list beside the predictions.
    """
    classes = answered.model.texts.class_names
    labels: list[int] = answered.labels.tolist()
    predicted = [classes[label] for label in labels] if classes else answered.probabilities[:, 0].tolist()
    beside = {field: values_of(answered)} if field else {}
    return orjson.dumps({"predictions": predicted, **beside})


def error_body(error: ApiError) -> tuple[int, bytes]:
    """MLflow answers 400 to every input that does not fit the model."""
    code = "INVALID_PARAMETER_VALUE" if isinstance(error, MissingColumnsError) else _CODES.get(error.status)
    status = 400 if error.status == 422 else error.status
    return status, orjson.dumps({"error_code": code or "BAD_REQUEST", "message": error.detail})


def _columns(form: str, content: Any, names: Sequence[str]) -> list[Any]:
    if form == "dataframe_split":
        return _split(content, names)
    if isinstance(content, dict) and form != "dataframe_records":
        return _by_name(content, names)
    if isinstance(content, list) and all(isinstance(record, dict) for record in content):
        return _records(content, names)
    if form == "dataframe_records":
        raise InvalidInputError("dataframe_records is not a list of objects")
    raise _missing(names, names, ())


def _split(content: Any, names: Sequence[str]) -> list[Any]:
    if not isinstance(content, dict) or "data" not in content or not content.keys() <= {*_SPLIT}:
        near = suggestions(_SPLIT, content)
        raise InvalidInputError(f"dataframe_split is not an object of data, and if wanted columns and index{near}")
    header, data = content.get("columns"), content["data"]
    known = {name for name in header if isinstance(name, str)} if isinstance(header, list) else set()
    if not isinstance(header, list) or not known.issuperset(names):
        raise _missing([name for name in names if name not in known], names, header)
    width = len(header)
    if not isinstance(data, list) or any(not isinstance(row, list) or len(row) != width for row in data):
        raise InvalidInputError(f"the rows of dataframe_split.data are not lists of {width} values, one per column")
    return [[row[place] for row in data] for name in names for place in [header.index(name)]]


def _records(content: list[dict[str, Any]], names: Sequence[str]) -> list[Any]:
    known: set[str] = set().union(*content)
    if not known.issuperset(names):
        raise _missing([name for name in names if name not in known], names, [*known])
    # a column that only some records have is a missing value, as in a data frame
    return [[record.get(name) for record in content] for name in names]


def _by_name(content: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    if missing := [name for name in names if name not in content]:
        raise _missing(missing, names, content)
    return [content[name] if isinstance(content[name], list) else [content[name]] for name in names]


def _typed(value: Any, feature: Feature) -> Any:
    # a data frame's numbers may come in quotes, and its integers with a point
    if not isinstance(feature, Number) or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return of_text(value, feature)
    return of_number(value, feature) if isinstance(value, int | float) else value


def _numbers(name: str, values: list[Any]) -> Any:
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInputError(f"{name}: a value is not a number") from None
    if column.ndim != 1:
        raise InvalidInputError(f"{name}: its values are not numbers, but lists")
    return column


def _missing(missing: Sequence[str], names: Sequence[str], sent: object) -> MissingColumnsError:
    return MissingColumnsError(f"the input does not have the columns {', '.join(missing)}{suggestions(names, sent)}")
