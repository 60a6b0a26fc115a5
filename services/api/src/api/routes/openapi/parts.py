"""The few shapes that descriptions in OpenAPI are put together from."""

import csv
import io
from collections.abc import Mapping
from typing import Any

ROUTING_HEADERS: list[dict[str, Any]] = [
    {
        "name": "X-Routing-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Requests with the same key (a user's, a device's) are answered by the same side of a canary; "
        "without one it is chosen again for each request",
    },
    {
        "name": "X-Model-Version",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Be answered by this version, in production or a canary; 404 names those served",
    },
    {
        "name": "X-Trial",
        "in": "header",
        "required": False,
        "schema": {"type": "boolean", "default": False},
        "description": "Only try the model: the answer is recorded with that mark and counts neither in drift nor in "
        "quality",
    },
]
REQUEST_ID: dict[str, Any] = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Comes back with the answer, and is in the audit and the log; without one it is made here",
}
EXPLAIN: dict[str, Any] = {
    "name": "explain",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "Say how much each column contributed to the answer; 422 where the model has no exact reasons, as "
    "GET /model says",
}
INTERVAL: dict[str, Any] = {
    "name": "interval",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "Of a regression: say between which values the truth lies, at the coverage that the model promises; "
    "422 for a classification, and where the model has no numbers for it",
}
SET: dict[str, Any] = {
    "name": "set",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "Of a classification: say among which classes the true one is, at the coverage that the model "
    "promises; 422 for a regression, and where the model has no numbers for it",
}


def ref(name: str) -> dict[str, Any]:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: dict[str, Any], most: int) -> dict[str, Any]:
    """A list of one to `most` items."""
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def closed_object(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object of these properties and no others; those that are not ``optional`` are required."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def csv_table(row: Mapping[str, Any]) -> str:
    """A header and one row; a missing value is an empty cell, names and texts are quoted where they have to be."""
    table = io.StringIO()
    cells = [str(value).lower() if isinstance(value, bool) else value for value in row.values()]
    csv.writer(table, lineterminator="\n").writerows([list(row), cells])
    return table.getvalue()


def answer(description: str, schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """An answer with a body."""
    return {"description": description, "content": {media_type: {"schema": schema}}}
