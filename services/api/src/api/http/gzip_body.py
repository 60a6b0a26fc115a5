"""Bodies that came as gzip: inflated within the same limit as every other body."""

import zlib

from api.errors import BadRequestError, TooLargeError

_GZIP = 16 + zlib.MAX_WBITS
_MOST_MEMBERS = 16
"""Gzip files one after the other in a body; each costs a copy of what follows it."""


def inflate(body: bytes, limit: int) -> bytes:
    """The content of ``body``, at most ``limit`` bytes. No more than these are ever in memory, at any ratio.

    Raises:
        TooLargeError: there are more.
        BadRequestError: it is not gzip, or its end is missing.
    """
    parts: list[bytes] = []
    room = limit
    for _ in range(_MOST_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(body, room + 1)
        except zlib.error:
            raise BadRequestError("the body is not gzip, and its Content-Encoding says that it is") from None
        if len(part) > room:
            raise TooLargeError(f"the body is longer than {limit} bytes when it is inflated")
        if not member.eof:
            raise BadRequestError("the body ends before its gzip data does")
        parts.append(part)
        room -= len(part)
        body = member.unused_data
        if not body:
            return b"".join(parts)
    raise BadRequestError(f"the body is more than {_MOST_MEMBERS} gzip files one after the other")
