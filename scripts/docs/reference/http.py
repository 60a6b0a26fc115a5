"""docs/reference/http.md: every address of the api, from its own description."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from scripts.docs.reference.markdown import cell, code, table

_INTRODUCTION = """# HTTP

The addresses that the api answers. `/docs` describes the same with the features of the served model, and with examples
to press; `/openapi.json` is for programs; `/` is the playground. The requests and answers of each protocol:
[protocols](../protocols.md).

An error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, `request_id` and, where
values do not fit, `errors` by field; the v2 protocol and `/invocations` have shapes of their own. 503 and 429 say in
`Retry-After` when to ask again. Input is never repeated in an error.

Every request may carry `X-Request-Id` (it comes back, and is in the audit) and `X-Request-Timeout-Ms`."""


def page(_: Path) -> str:
    # without its lifespan: no file is opened, no model is needed
    document: dict[str, Any] = TestClient(create_app(Settings()), "http://localhost").get("/openapi.json").json()
    tags: dict[str, list[list[str]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rows = tags.setdefault(operation.get("tags", ["other"])[0], [])
            rows.append(
                [
                    code(f"{method.upper()} {path}"),
                    cell(operation.get("summary", "")),
                    _takes(operation),
                    _answers(operation),
                ]
            )
    parts = [_INTRODUCTION]
    for tag, rows in tags.items():
        parts += [f"## {tag.capitalize()}", table(["address", "what it does", "takes", "answers"], rows)]
    return "\n\n".join(parts) + "\n"


def _takes(operation: dict[str, Any]) -> str:
    return ", ".join(map(code, operation.get("requestBody", {}).get("content", {})))


def _answers(operation: dict[str, Any]) -> str:
    return " ".join(sorted(status for status in operation["responses"] if status.isdigit()))
