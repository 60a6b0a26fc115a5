"""The OpenAPI description of API keys, where they are asked for."""

from collections.abc import Mapping
from typing import Any

from api.access.keys import Permission

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key as Authorization: Bearer <key>"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key as X-API-Key"},
}
_REFUSALS = {
    "401": "No API key, or one that is not known",
    "403": "The API key is not for this",
    "429": "Rate limit exceeded for this API key; retry after the time in Retry-After",
}


def describe_keys(document: dict[str, Any], scopes: Mapping[str, Permission]) -> None:
    """Say in the finished document which paths want a key; ``scopes`` has what the key must be for, by path."""
    document["components"]["securitySchemes"] = _SCHEMES
    for path, scope in scopes.items():
        for operation in document["paths"][path].values():
            operation["security"] = [{name: []} for name in _SCHEMES]
            operation["description"] += f" Wants an API key with the scope `{scope}`."
            responses = operation["responses"]
            # in the shape this address has for whatever is wrong
            content = responses["default"]["content"]
            for status, description in _REFUSALS.items():
                responses[status] = {"description": description, "content": content}
