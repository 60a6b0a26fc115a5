"""The files that pages load: of each page one script and one style, joined from those of the folder, and the icon."""

import hashlib
import re
from pathlib import Path

from api.errors import NotFoundError
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.routes.page_headers import page_headers

_SHARED_STYLE = "playground.css"
_TYPES = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def files_route(folder: Path, pages: tuple[str, ...]) -> Route:
    """Answers with files made once, at the start. A browser keeps them: a file that differs has another name, so that a
    page and its script are never of two releases.
    """
    kept = "public, max-age=31536000, immutable"
    replies = {name: _reply(name, content, kept) for page in pages for name, content in files_of(folder, page).items()}
    replies["icon.svg"] = _reply("icon.svg", (folder / "icon.svg").read_bytes(), "no-cache")

    async def answer(call: Call) -> Reply:
        try:
            return replies[call.values[0]]
        except KeyError:
            raise NotFoundError from None

    return Route("/playground/{name}", {"GET": answer})


def files_of(folder: Path, page: str) -> dict[str, bytes]:
    """The style and the script of a page, in this order, by names that hold a part of their hash."""
    style = b"".join((folder / name).read_bytes() for name in (_SHARED_STYLE, f"{page}.css"))
    both = (style, ".css"), (joined_script(folder, page).encode(), ".js")
    return {f"{page}-{hashlib.sha256(content).hexdigest()[:16]}{suffix}": content for content, suffix in both}


def joined_script(folder: Path, page: str) -> str:
    """The script of a page and all that it imports, as one: a browser takes longer to ask for a file than to run it.

    Each file is a function of its own that returns what the file exports, in the order of the imports.
    """
    order: list[str] = []
    _visit(folder, page, order)
    return "\n".join(_scope(name, (folder / f"{name}.js").read_text(encoding="utf-8")) for name in order)


def _visit(folder: Path, name: str, order: list[str], above: tuple[str, ...] = ()) -> None:
    if name in above:
        raise ValueError(f"the scripts import one another in a circle: {' -> '.join((*above, name))}")
    if name not in order:
        for _, imported in _IMPORT.findall((folder / f"{name}.js").read_text(encoding="utf-8")):
            _visit(folder, imported, order, (*above, name))
        order.append(name)


def _scope(name: str, text: str) -> str:
    exported = ", ".join(found[1] for found in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const { \1 } = from_\2;\n", text))
    return f"const from_{name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n"


def _reply(name: str, content: bytes, kept: str) -> Reply:
    headers = page_headers() | {"cache-control": kept}
    return Reply(
        200, content, _TYPES[Path(name).suffix], [(key.encode(), value.encode()) for key, value in headers.items()]
    )
