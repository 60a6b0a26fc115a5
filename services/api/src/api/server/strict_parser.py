"""gunicorn's parser, without what it reads leniently and others may read otherwise."""

import re

from gunicorn.asgi.parser import InvalidChunkSize, InvalidHeader, PythonProtocol

_SIZE_LINE = re.compile(rb"[0-9A-Fa-f]{1,8}(?:;[\t\x20-\x7e]*)?")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")

_NO_MORE: tuple[str, ...] = ()


class StrictParser(PythonProtocol):  # type: ignore[misc]
    """Chunks end where they say they do, and chunked is the only transfer coding."""

    __slots__ = _NO_MORE
    _chunk_state: str
    _chunk_remaining: int
    _state: str
    is_complete: bool

    def _finalize_headers(self) -> None:
        hosts = codings = 0
        for name, value in self._headers_list:
            hosts += name == b"host"
            if name == b"transfer-encoding":
                codings += 1
                if value.lower() != b"chunked" or codings > 1:
                    raise InvalidHeader("the transfer coding is not chunked alone")
        if hosts != 1 and self.http_version != (1, 0):
            raise InvalidHeader("not one Host header")
        super()._finalize_headers()

    def _parse_chunked_body(self) -> bool:
        while self._buffer:
            if self._chunk_state == "data":
                self._take_data()
            elif self._chunk_state == "crlf":
                if len(self._buffer) < 2:
                    return False
                if self._take(2) != b"\r\n":
                    raise InvalidChunkSize("no CRLF behind a chunk")
                self._chunk_state = "size"
            else:
                end = self._buffer.find(b"\r\n")
                if end < 0:
                    return False
                if self._chunk_state == "size":
                    self._begin_chunk(self._take(end + 2)[:-2])
                elif self._end_body(self._take(end + 2)[:-2]):
                    return True
        return False

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _take_data(self) -> None:
        data = self._take(min(len(self._buffer), self._chunk_remaining))
        self._chunk_remaining -= len(data)
        if self._on_body:
            self._on_body(data)
        if not self._chunk_remaining:
            self._chunk_state = "crlf"

    def _begin_chunk(self, line: bytes) -> None:
        if not _SIZE_LINE.fullmatch(line):
            raise InvalidChunkSize("not the size of a chunk")
        self._chunk_remaining = int(line.partition(b";")[0], 16)
        self._chunk_state = "data" if self._chunk_remaining else "trailer"

    def _end_body(self, line: bytes) -> bool:
        if line:
            if not _TRAILER_LINE.fullmatch(line):
                raise InvalidHeader("not a trailer")
            return False
        self._state = "complete"
        self.is_complete = True
        if self._on_message_complete:
            self._on_message_complete()
        return True
