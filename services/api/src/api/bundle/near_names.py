"""The known name that a misspelt one was meant to be."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from itertools import islice

LONGEST = 64
_MOST = 100
"""Names of a client that are looked at: comparing them is slow."""
_SHOWN = 3


def near_name(name: object, known: Iterable[str], *, cutoff: float = 0.7) -> str | None:
    """The one of ``known`` that is spelt most like ``name``, in upper or lower case."""
    spelt = {_plain(one): one for one in known}
    found = get_close_matches(_plain(str(name)), spelt, 1, cutoff=cutoff)
    return spelt[found[0]] if found else None


def suggestions(wanted: Collection[str], sent: object) -> str:
    """The end of a message about names that are not there: which of those that were ``sent`` may be meant.

    It is "" for none. ``sent`` is a client's list of names or an object with them; anything else has no names.
    """
    names = [name for name in islice(sent, _MOST) if isinstance(name, str)] if isinstance(sent, list | dict) else []
    further = [name for name in names if name not in wanted]
    missing = [name for name in wanted if name not in names] if further else []
    pairs = [(name, near_name(name, further)) for name in missing[:_SHOWN]]
    return "".join(f"; did you mean {name!r} by {printable(near)!r}?" for name, near in pairs if near)


def printable(name: str) -> str:
    """A client's own name for an answer: cut, because it may hold anything."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:LONGEST])


def _plain(name: str) -> str:
    return name[:LONGEST].lower().replace(" ", "_")
