"""A request's first line as it was sent: llhttp passes over more than one space, and takes RTSP/1.0 for HTTP/1.0."""

from api.http.errors import MalformedRequestError
from api.http.strict_head import LONGEST_TARGET

_LONGEST = LONGEST_TARGET + 1024
_MOST = 64 * 1024
"""More bytes are read at once of a body only, which ends with them."""


class StartLine:
    """The bytes that the request at hand begins with, until its head has been read.

    The parser does not say where in the bytes a request begins that follows another one at once. The line is looked
    for among the bytes behind the start line of the other one then.
    """

    __slots__ = ("_behind", "_earlier", "_end", "_seen")

    def __init__(self) -> None:
        self._seen = b""
        self._behind = 0
        """How many of the bytes seen may belong to a request before this one."""
        self._earlier = 0
        """How many of them came before those that were read last."""
        self._end = -1
        """Where the line ends in the bytes read last; 0 where it came before them, -1 before it was read."""

    def begin(self) -> None:
        """The next byte is the first of a request."""
        self._seen, self._behind, self._earlier, self._end = b"", 0, 0, -1

    def begin_behind(self, data: bytes | memoryview) -> bytes:
        """The next request begins somewhere in the bytes read last. Returns those of them that may belong to it."""
        start = max(self._end, len(data) - _MOST, 0)
        seen = self._seen = bytes(data[start:])
        self._behind, self._earlier, self._end = len(seen), 0, -1
        return seen

    def collect(self, data: bytes | memoryview) -> None:
        """Add the bytes that are read next."""
        if self._end >= 0:
            self._end = 0
        elif not self._seen and type(data) is bytes:
            self._seen = data  # nothing is copied in the usual case, a request alone
        else:
            self._earlier = len(self._seen)
            if self._earlier < self._behind + _LONGEST:
                self._seen += data[:_LONGEST]

    def check(self, method: bytes, target: bytes, version: str) -> None:
        """Raises MalformedRequestError: the line is not the one that these parts are written as."""
        seen, line = self._seen, b"%b %b HTTP/%b\r\n" % (method, target, version.encode())
        if self._behind:
            start = seen.find(line)
        elif seen.startswith(line):
            start = 0
        else:
            start = len(seen) - len(seen.lstrip(b"\r\n"))
        if start < 0 or not seen.startswith(line, start):
            raise MalformedRequestError
        self._end = max(0, start + len(line) - self._earlier)
