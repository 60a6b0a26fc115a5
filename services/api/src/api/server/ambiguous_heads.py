"""Heads of requests that others may read otherwise than gunicorn's parser does."""

import re

_CONTROLS = bytes(set(range(32)) - set(b"\t\r\n")) + b"\x7f"
UPGRADING = frozenset({b"upgrade", b"sec-websocket-key"})
"""Headers that ask for another protocol, most of the time."""

_SPACE_BEFORE_COLON = re.compile(rb"(?:^|\n)[^\r\n:]*[ \t]:")


def is_ambiguous(head: bytes) -> bool:
    """Whether a head has what the parser strips and others may not: controls, or space before a header's colon."""
    end = head.find(b"\r\n\r\n")
    head = head if end < 0 else head[:end]
    if len(head.translate(None, _CONTROLS)) < len(head):
        return True
    return (b" :" in head or b"\t:" in head) and _SPACE_BEFORE_COLON.search(head) is not None


def is_upgrade(name: bytes, value: bytes) -> bool:
    """Whether a header whose name is one of ``UPGRADING`` asks for another protocol on this connection.

    An upgrade to h2c alone does not count. curl and Java's client offer it with an ordinary request, and go on in
    HTTP/1.1 when nobody takes it.
    """
    if name != b"upgrade":
        return True
    return any(token.strip(b" \t") not in (b"", b"h2c") for token in value.lower().split(b","))
