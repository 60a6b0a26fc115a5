"""The path under which a proxy publishes this service: from ROOT_PATH, or else from X-Forwarded-Prefix.

The header is taken only where it is a path of plain segments, because any client can send it and it goes into pages.
"""

import re

FORWARDED = "x-forwarded-prefix"
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}){1,8}")


def read_root(text: str) -> str:
    """The prefix of a setting without its last slash, or nothing. Raises ValueError: it is not a path."""
    root = text.strip().rstrip("/")
    if root and not _PREFIX.fullmatch(root):
        raise ValueError(f"{root[:80]!r} is not a path such as /iris; write it without scheme, host and query")
    return root


def prefix_of(forwarded: str, root: str) -> str:
    """The prefix for the links of an answer; ``root``, the operator's, counts before the header."""
    if root:
        return root
    forwarded = forwarded.rstrip("/")
    return forwarded if _PREFIX.fullmatch(forwarded) else ""


def below(path: str, root: str) -> str:
    """The path without ``root``, for proxies that leave it there."""
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        return path[len(root) :] or "/"
    return path
