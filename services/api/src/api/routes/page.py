"""Pages for people: one frame around the parts of each."""

import re
from pathlib import Path
from typing import NamedTuple

import api
from api.access.prefix import FORWARDED, prefix_of
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.routes.page_files import files_of
from api.routes.page_headers import page_headers

FOLDER = Path(api.__file__).parent / "playground"
_FRAME = "frame.html"
_PART = re.compile(r'<template id="(\w+)">\n(.*?)</template>', re.DOTALL)
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


def _write(page: Page, *, keys: bool) -> str:
    """The frame with the page's parts. Numbers that only the script asks for would wait for the script."""
    parts = dict(_PART.findall((FOLDER / f"{page.name}.html").read_text(encoding="utf-8")))
    early = "" if keys else f'<link rel="preload" as="fetch" crossorigin href="{page.numbers}">'
    style, script = files_of(FOLDER, page.name)
    text = (FOLDER / _FRAME).read_text(encoding="utf-8")
    for name, value in {**page._asdict(), **parts, "early": early, "style": style, "script": script}.items():
        text = text.replace(f"{{{name}}}", value.rstrip("\n"))
    return text


def _headers(more: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in (page_headers() | more).items()]
