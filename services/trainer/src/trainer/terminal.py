"""Text on a terminal or in a log whose encoding lacks our marks and arrows, or the letters of the user's data."""

import codecs
import sys
from io import TextIOWrapper

from rich.cells import cell_len

_HANDLER = "plain-marks"
_PLAIN = {
    "✓": "ok",
    "✗": "x",
    "✅": "ok",
    "❌": "x",
    "→": "->",
    "←": "<",
    "↓": "down",
    "…": "...",
    "·": "-",
    "–": "-",
    "—": "-",
    "’": "'",
    "“": '"',
    "”": '"',
    "²": "2",
    "×": "x",
    "µ": "u",
    "≥": ">=",
    "≤": "<=",
}


def accept_any_text() -> None:
    """From now on no character is an error on standard output and standard error: marks become ASCII, others `?`."""
    codecs.register_error(_HANDLER, _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def folded(line: str, width: int) -> str:
    """`line` in lines of at most `width` cells, parted between words and indented by two; a longer word stays whole.

    A path that was broken could not be copied.
    """
    indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
    first, *words = line.lstrip(" ").split(" ")
    lines = [indent[2:] + first]
    for word in words:
        if cell_len(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return "\n".join(lines)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(one, "?") for one in error.object[error.start : error.end]), error.end
