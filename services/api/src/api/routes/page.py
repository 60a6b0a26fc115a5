"""Pages for people: one frame around the parts of each, and the files that they are made of, held in memory."""

import re
from pathlib import Path
from typing import NamedTuple

import api
from api.access.prefix import FORWARDED, prefix_of
from api.errors import NotFoundError
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.routes.page_headers import page_headers

FOLDER = Path(api.__file__).parent / "playground"
_FRAME = "frame.html"
_TYPES = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}
_PART = re.compile(r'<template id="(\w+)">\n(.*?)</template>', re.DOTALL)
_IMPORT = re.compile(r'from "\./(\w+\.js)"')
_OURS = ('"/playground/', '"/status', 'href="/"')


class Page(NamedTuple):
    """The words of a page in the frame; its parts, its style and its script are the files of its name."""

    name: str
    title: str
    part: str
    """Where the first link of the page leads."""
    without: str
    """How to go on without JavaScript."""
    numbers: str
    """The address that its script reads first."""


def page_route(path: str, page: Page, root: str, *, keys: bool) -> Route:
    """``root`` is the operator's prefix of all addresses, or nothing. Where callers need ``keys``, the numbers are not
    asked for before there is one.
    """
    text = _write(page, keys=keys)

    async def answer(call: Call) -> Reply:
        prefix = prefix_of(call.header(FORWARDED.encode()).decode("latin-1"), root)
        found = text
        for address in _OURS:
            found = found.replace(address, address.replace('"/', f'"{prefix}/'))
        headers = _headers({"cache-control": "no-cache", "vary": FORWARDED})
        return Reply(200, found.encode(), b"text/html; charset=utf-8", headers)

    return Route(path, {"GET": answer})


def files_route() -> Route:
    """Styles, scripts and the icon, from memory: a first visit asks for all of them at once."""
    # asked for again each time, so that a page and its scripts are never of two releases
    headers = _headers({"cache-control": "no-cache"})
    files = {
        file.name: Reply(200, file.read_bytes(), _TYPES[file.suffix], headers)
        for file in FOLDER.iterdir()
        if file.suffix in _TYPES
    }

    async def answer(call: Call) -> Reply:
        try:
            return files[call.values[0]]
        except KeyError:
            raise NotFoundError from None

    return Route("/playground/{name}", {"GET": answer})


def _write(page: Page, *, keys: bool) -> str:
    """The frame with the page's parts. A file that only a script names would wait for that script."""
    parts = dict(_PART.findall((FOLDER / f"{page.name}.html").read_text(encoding="utf-8")))
    early = [f'<link rel="modulepreload" href="/playground/{name}">' for name in _imported(f"{page.name}.js")]
    if not keys:
        early.insert(0, f'<link rel="preload" as="fetch" crossorigin href="{page.numbers}">')
    text = (FOLDER / _FRAME).read_text(encoding="utf-8")
    for name, value in {**page._asdict(), **parts, "early": "\n".join(early)}.items():
        text = text.replace(f"{{{name}}}", value.rstrip("\n"))
    return text


def _imported(script: str) -> list[str]:
    """The scripts that one imports, and what these import, each once."""
    found = [script]
    for name in found:
        found += [one for one in _IMPORT.findall((FOLDER / name).read_text(encoding="utf-8")) if one not in found]
    return found[1:]


def _headers(more: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in (page_headers() | more).items()]
