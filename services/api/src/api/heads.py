"""Heads of requests that others may read otherwise than gunicorn's parser does."""

import re

_CONTROLS = bytes(set(range(32)) - set(b"\t\r\n")) + b"\x7f"
_SPACE_BEFORE_COLON = re.compile(rb"(?:^|\n)[^\r\n:]*[ \t]:")


def is_ambiguous(head: bytes) -> bool:
    """Whether a head has what the parser strips and others may not: controls, or space before a header's colon."""
    end = head.find(b"\r\n\r\n")
    head = head if end < 0 else head[:end]
    if len(head.translate(None, _CONTROLS)) < len(head):
        return True
    return (b" :" in head or b"\t:" in head) and _SPACE_BEFORE_COLON.search(head) is not None
