"""Finds the encoding of a CSV file: by its byte order mark or zero bytes, as UTF-8, or by how its letters stand."""

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from charset_normalizer import from_bytes

from trainer.drafting.alphabets import ALPHABETS, SIGNS, better_read

CHUNK = 1 << 20
SAMPLE = 1 << 13
"""Bytes of words with foreign letters that are looked at: enough to see the language."""
LATIN = ("cp1252", "cp1254", "cp1250", "iso8859_2", "mac_roman", "cp850", "cp1257")
"""Their letters stand among ASCII letters. The first that fits best is taken: Excel's own where nothing speaks against
it. Letters of Czech and Turkish are letters in cp1252, too, so their languages decide between those that fit alike."""
KANA_SHARE = 0.1
"""Of the letters of a Japanese table. In GB 18030 the same bytes are kana, too, which no Chinese table has."""
SCRIPTS = (
    "cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp874",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
"""Their words have no ASCII letter: Cyrillic, Greek, Hebrew, Arabic, Thai, Japanese, Chinese, Korean."""
SHORT = 40
"""Bytes. In less, charset-normalizer sees Chinese in every Cyrillic word."""
WORD = 32
"""Bytes on either side of a foreign one that are looked at."""
FOUND = 20_000
_FOREIGN = re.compile(rb"[\x80-\xff]{1,64}")
_BETWEEN = re.compile(rb"[\s,;|\"']")


def encoding_of(content: bytes) -> str:
    """As Python names it. The whole content can be decoded with it; latin-1 decodes everything."""
    return next(name for name in _likely(content) if _decodes(content, name))


def _likely(content: bytes) -> Iterator[str]:
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        yield "utf-32"
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16"
    elif zeros := _zeros(content[:2000]):
        yield zeros
    else:
        yield "utf-8-sig"
        yield from _by_letters(content)
    yield "latin-1"


def _zeros(head: bytes) -> str | None:
    """ASCII letters in two bytes have a zero in the same one."""
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > len(head) // 4 else None


def _decodes(content: bytes, encoding: str) -> bool:
    # Piece by piece: the text of a large file would take several times its size.
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(content), CHUNK):
            decoder.decode(content[start : start + CHUNK], final=start + CHUNK >= len(content))
    except UnicodeError:
        return False
    return True


def _by_letters(content: bytes) -> Sequence[str]:
    """One-byte and two-byte encodings, the likeliest first."""
    words = _foreign_words(content)
    sample = b" ".join(words)
    latin = _latin(words)
    if 2 * sum(_has_own_script(word) for word in words) <= len(words):
        return latin
    if len(sample) < SHORT and _fit(words, "cp1251") == 1:
        return ["cp1251", *latin]
    japanese = ["euc_jp"] if _kana(sample.decode("euc_jp", "replace")) >= KANA_SHARE else []
    return [*japanese, *(match.encoding for match in from_bytes(sample, cp_isolation=[*SCRIPTS])), *latin]


def _latin(words: Sequence[bytes]) -> list[str]:
    """The encodings of Latin letters, the likeliest first."""
    fits = {name: _fit(words, name) for name in LATIN}
    ranked = sorted(LATIN, key=lambda name: -fits[name])
    first = ranked[0]
    if first in ALPHABETS:
        first = better_read(words, first, [one for one in ranked if one in ALPHABETS and fits[one] == fits[first]])
    return [first, *(one for one in ranked if one != first)]


def _kana(text: str) -> float:
    """The share of hiragana and katakana among the characters beyond ASCII."""
    foreign = [sign for sign in text if sign >= "\x80"]
    return sum("\u3041" <= sign <= "\u30fe" for sign in foreign) / max(len(foreign), 1)


def _foreign_words(content: bytes) -> list[bytes]:
    """Different words with bytes beyond ASCII, from the beginning: at most FOUND of them and SAMPLE bytes."""
    words, size, end = dict[bytes, None](), 0, 0
    for found in islice(_FOREIGN.finditer(content), FOUND):
        if found.start() < end:
            continue
        before = _BETWEEN.split(content[max(end, found.start() - WORD) : found.start()])[-1]
        after = _BETWEEN.split(content[found.start() : found.end() + WORD], maxsplit=1)[0]
        end = found.start() + len(after)
        size += len(before + after) if before + after not in words else 0
        words[before + after] = None
        if size > SAMPLE:
            break
    return list(words)


def _has_own_script(word: bytes) -> bool:
    """Two-byte encodings use ASCII letters as second bytes, so a few of them say nothing."""
    foreign = bytes(byte for byte in word if byte >= 0x80)
    letters = sum(chr(byte).isalpha() for byte in word if byte < 0x80)
    is_letter = any(sign not in SIGNS for sign in foreign.decode("cp1252", "replace"))
    return is_letter and len(foreign) >= max(2, 2 * letters)


def _fit(words: Sequence[bytes], encoding: str) -> float:
    """The share of the words in which each foreign character is a letter that may stand where it stands."""
    try:
        texts = [word.decode(encoding) for word in words]
    except UnicodeError:
        return -1
    return sum(_is_word(text) for text in texts) / max(len(texts), 1)


def _is_word(text: str) -> bool:
    """No sign stands between letters, and no capital behind a small letter: CafŽ is not one, Café is."""
    for before, sign, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if sign < "\x80" or (sign == "’" and before.isalpha()):
            continue
        if sign in SIGNS and not (before.isalpha() and after.isalpha()):
            continue
        if not sign.isalpha() or (before.islower() and sign.isupper()):
            return False
    return True
