"""The differences between two sets of settings, key by key, in words for a person."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 48


def flat(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted key. A list is one value, unless its parts have names (the columns of a contract)."""
    if isinstance(settings, Mapping):
        parts = {str(key): value for key, value in settings.items()}
    elif isinstance(settings, list) and _have_names(settings):
        parts = {str(part["name"]): {key: value for key, value in part.items() if key != "name"} for part in settings}
    else:
        return {prefix: settings}
    found: dict[str, Any] = {}
    for key, value in parts.items():
        found |= flat(value, f"{prefix}.{key}" if prefix else key)
    return found


def differences(before: Any, after: Any) -> Iterator[str]:
    """One line for each key that `after` adds, changes or drops; a new key that holds nothing is left out."""
    old, new = flat(before), flat(after)
    new = {key: value for key, value in new.items() if key in old or value not in (None, [], "")}
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield f"+ {key}: {shown(new[key])}"
        elif key not in new:
            yield f"- {key}: {shown(old[key])}"
        elif old[key] != new[key]:
            yield f"~ {key}: {shown(old[key])} → {shown(new[key])}"


def _have_names(parts: list[Any]) -> bool:
    return bool(parts) and all(isinstance(part, Mapping) and "name" in part for part in parts)


def shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
