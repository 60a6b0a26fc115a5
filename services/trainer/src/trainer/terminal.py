"""Text on a terminal or in a log whose encoding lacks our marks and arrows, or the letters of the user's data."""

import codecs
import sys
from io import TextIOWrapper

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


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(one, "?") for one in error.object[error.start : error.end]), error.end
