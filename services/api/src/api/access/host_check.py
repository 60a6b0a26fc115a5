"""Checks the Host and Origin of a request, so that a foreign web page can't use a browser against this service.

A page on the internet can point its own name at this machine (DNS rebinding), and can make a browser send requests to
any address. The first shows in the Host header, the second in Origin.
"""

import ipaddress
import re
from collections.abc import Iterable

from api.access.errors import HostRefusedError, OriginRefusedError
from api.errors import ApiError, BadRequestError

ANY = "*"
OWN = ("localhost", "api")
"""Names that always count: no domain name servers of the internet answer for them."""

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")
_NAME = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9._-]{0,252})|\[?[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:.]{0,40}\]?|\*")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")
_MOST_KNOWN = 256


def read_hosts(text: str) -> frozenset[str]:
    """Host names of a list with commas. Raises ValueError: one is not a name, an address or a pattern like *.name."""
    hosts = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    for host in hosts:
        if not _NAME.fullmatch(host):
            raise ValueError(f"{host[:80]!r} is not a host name; write iris.example.org, without scheme, port and path")
    return hosts


def read_origins(text: str) -> frozenset[str]:
    """Origins of a list with commas. Raises ValueError: one is not a scheme, a host and perhaps a port."""
    origins = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    for origin in origins:
        if origin != ANY and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin[:80]!r} is not an origin; write https://iris.example.org, without a path")
    return origins


class HostCheck:
    """Decides by two headers. A header that was let in is remembered by its bytes, and then costs one look-up."""

    def __init__(self, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self._names = {*OWN, *(host.strip("[]") for host in hosts)}
        self._suffixes = tuple(host[1:] for host in self._names if host.startswith("*."))
        self._origins = frozenset(origins)
        self.known: set[bytes] = set()
        """Host headers that were let in."""

    def denial(self, host: bytes, origin: bytes, *, http_1_0: bool = False) -> ApiError | None:
        """Why a request with these headers is refused, or None. Both are empty where they are missing."""
        if host not in self.known:
            if not host:
                return None if http_1_0 else BadRequestError("HTTP/1.1 needs a Host header")
            if not self._is_allowed(host.decode("latin-1").lower()):
                return HostRefusedError()
            if len(self.known) < _MOST_KNOWN:
                self.known.add(host)
        if origin and not self._may_ask(origin.decode("latin-1").lower(), host.decode("latin-1").lower()):
            return OriginRefusedError()
        return None

    def _is_allowed(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].strip("[]").rstrip(".")
        if ANY in self._names or name in self._names or name.endswith(".localhost"):
            return True
        if self._suffixes and name.endswith(self._suffixes):
            return True
        try:
            # Nobody can point a name at it that is this address; what is reached by it is on this network.
            return ipaddress.ip_address(name).is_private
        except ValueError:
            return False

    def _may_ask(self, origin: str, host: str) -> bool:
        if ANY in self._origins or origin in self._origins:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in {"http", "https"} and place == host
