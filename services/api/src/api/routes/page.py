"""A page for people: one frame around the parts of each, with the proxy's prefix before its addresses."""

import re
from pathlib import Path
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

import api
from api.access.prefix import FORWARDED, prefix_of
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


def page_of(page: Page, request: Request, root: str) -> Response:
    """``root`` is the operator's prefix of all addresses, or nothing."""
    parts = dict(_PART.findall((FOLDER / f"{page.name}.html").read_text(encoding="utf-8")))
    text = (FOLDER / _FRAME).read_text(encoding="utf-8")
    for name, value in {**page._asdict(), **parts}.items():
        text = text.replace(f"{{{name}}}", value.rstrip("\n"))
    prefix = prefix_of(request.headers.get(FORWARDED, ""), root)
    for address in _OURS:
        text = text.replace(address, address.replace('"/', f'"{prefix}/'))
    return HTMLResponse(text, headers=page_headers() | {"cache-control": "no-cache", "vary": FORWARDED})
