"""Writing files: the same content is always the same bytes, and a reader never sees half of one."""

import hashlib
import json
from pathlib import Path
from typing import Any


def json_bytes(value: Any) -> bytes:
    """UTF-8, keys sorted, two spaces of indent, one newline at the end. ValueError for NaN and Infinity."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write(path: Path, content: bytes) -> None:
    """Write beside the place and rename over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_name(f".{path.name}.incoming")
    incoming.write_bytes(content)
    incoming.replace(path)


def sha256(content: bytes) -> str:
    """The hash in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
