"""Checks the Host and Origin of a request, so that a foreign web page can't use a browser against these pages.

A page on the internet can point its own name at this machine (DNS rebinding) and read what is answered, and can make a
browser send requests to any address. The first shows in the Host header, the second in Origin.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

ANY = "*"
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")
_NAME = re.compile(r"(\*\.)?[a-z0-9][a-z0-9._-]{0,252}|\[?[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:.]{0,40}\]?")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class HostCheck:
    """`hosts` and `origins` are those of the settings, `own` is the service's name among its neighbours."""

    own: str
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    @classmethod
    def read(cls, own: str, hosts: str, origins: str) -> HostCheck:
        """From the settings ALLOWED_HOSTS and ALLOWED_ORIGINS, lists with commas. Raises ValueError with the entry."""
        names = _read("ALLOWED_HOSTS", hosts, _NAME, "iris.example.org, without scheme, port and path")
        pages = _read("ALLOWED_ORIGINS", origins, _ORIGIN, "https://iris.example.org, without a path")
        # An IPv6 address stands in brackets in a Host header, and is compared without them.
        return cls(own, frozenset(one.strip("[]") for one in names), pages)

    def denial(self, headers: Message, version: str) -> tuple[HTTPStatus, str] | None:
        """The status and the reason to refuse a request of this HTTP version, or None."""
        hosts = headers.get_all("Host", [])
        host = ",".join(hosts).strip().lower()
        if len(hosts) > 1 or (not host and version != "HTTP/1.0"):
            return HTTPStatus.BAD_REQUEST, "one Host header is needed"
        if host and not self._is_allowed(host):
            return HTTPStatus.FORBIDDEN, "the Host header has a name that is not known here; ALLOWED_HOSTS lists them"
        for origin in headers.get_all("Origin", []):
            if not self._may_ask(origin.strip().lower(), host):
                return HTTPStatus.FORBIDDEN, "a page of another origin asks; ALLOWED_ORIGINS lists those that may"
        return None

    def _is_allowed(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].strip("[]").rstrip(".")
        if ANY in self.hosts or name in self.hosts or name in {"localhost", self.own} or name.endswith(".localhost"):
            return True
        if any(name.endswith(one[1:]) for one in self.hosts if one.startswith("*.")):
            return True
        try:
            # Nobody can point a name at it that is this address; what is reached by it is on this network.
            return ipaddress.ip_address(name).is_private
        except ValueError:
            return False

    def _may_ask(self, origin: str, host: str) -> bool:
        if ANY in self.origins or origin in self.origins:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in {"http", "https"} and place == host


def is_json(headers: Message) -> bool:
    """Whether the Content-Type is JSON, which a page of another origin can't send without the browser's preflight."""
    return headers.get_content_type() == "application/json" and "Content-Type" in headers


def _read(name: str, text: str, entry: re.Pattern[str], example: str) -> frozenset[str]:
    """The entries of a list with commas, in lower case. Raises ValueError for one that is not an `entry`."""
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    for one in sorted(found):
        if one != ANY and not entry.fullmatch(one):
            raise ValueError(f"{name}: {one[:80]!r} can't be read; write {example}")
    return found
