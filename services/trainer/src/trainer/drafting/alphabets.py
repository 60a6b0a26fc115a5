"""Tells one-byte encodings of Latin letters apart by their languages: a Czech word in cp1252 is a word of no language.

The letters are those of the main and auxiliary exemplar sets of Unicode's CLDR, as far as an encoding has them.
"""

from collections.abc import Sequence

ENOUGH = 0.95
"""The share of words that a language has to explain; the others may be names of other languages."""
SIGNS = "’‘“”„–—…¿¡°²³µ·×±€£§«»®™½¼"
"""They belong to no language, and may stand at the edge of a word or number."""
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene, Bosnian
    "ăâîşţ",  # Romanian
)
ALPHABETS: dict[str, tuple[str, ...]] = {
    # Without Icelandic: its ð, þ and ý are the Turkish ğ, ş and ı. Its words have á, í or ó, which Turkish lacks.
    "cp1252": (
        "äöüßéà",  # German
        "àâæçéèêëîïôœùûüÿ",  # French
        "áéíñóúüçºª",  # Spanish
        "àáâãçéêíòóôõúü",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "àçèéíïòóúü",  # Catalan
        "æøåäöéèêóòâôü",  # Danish, Norwegian
        "åäöéàáüšž",  # Swedish, Finnish
        "áäéëèêíïóöúüç",  # Dutch
    ),
    "cp1254": ("çğıİöşüâîû",),  # Turkish
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1257": (
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
        "äöõüšž",  # Estonian
    ),
}
"""The letters beyond ASCII of each language, by the encoding that its tables are mostly written in."""


def better_read(words: Sequence[bytes], encoding: str, others: Sequence[str]) -> str:
    """The one of `others` with a language that explains the words; none of `encoding` explains those that differ.

    `encoding` itself where there is none. All are keys of ALPHABETS.
    """
    explained = {other: _explained(words, other) for other in others}
    unexplained = [
        other
        for other in others
        if (differing := [word for word in words if _text(word, encoding) != _text(word, other)])
        and _explained(differing, encoding) < ENOUGH
    ]
    return max((one for one in unexplained if explained[one] >= ENOUGH), key=explained.__getitem__, default=encoding)


def _explained(words: Sequence[bytes], encoding: str) -> float:
    """The largest share of the words that one language of the encoding explains."""
    texts = [_text(word, encoding) for word in words]
    alphabets = [frozenset(letters + letters.upper() + SIGNS) for letters in ALPHABETS[encoding]]
    counts = [sum(all(sign < "\x80" or sign in known for sign in text) for text in texts) for known in alphabets]
    return max(counts) / max(len(texts), 1)


def _text(word: bytes, encoding: str) -> str:
    return word.decode(encoding, "replace")
