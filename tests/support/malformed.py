"""JSON that is broken in one of the ways JSON gets broken, made from a request that would be answered."""

import json
import random
from collections.abc import Callable

from tests.support.apis import ROW

GOOD = json.dumps(ROW).encode()
_VALUE = str(ROW["sepal_length_cm"]).encode()
_NUMBERS = (
    b"NaN", b"-Infinity", b"Infinity", b"1e999", b"-1e999", b"1e39", b"0x10", b"1_000", b"01", b"+1", b".5", b"5.",
    b"1e", b"--1", b"9" * 400, b"1" + b"0" * 5000, b"true", b"null", b'"5.1"', b"[5.1]", b'{"a":5.1}', b"'5.1'",
    b"5,1", b"undefined",
)  # fmt: skip
_BYTES = (
    b"\x00", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x1f", b"\x7f", b"\\u0000", b"\\ud800",
    b"\\x41", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"/*", b"//", b"\xe2\x80\xa8",
)  # fmt: skip


def malformed(chance: random.Random) -> bytes:
    """One body of which no part may be taken for a row."""
    return chance.choice(_WAYS)(chance)


def _cut(chance: random.Random) -> bytes:
    return GOOD[: chance.randrange(len(GOOD))]


def _with_bytes(chance: random.Random) -> bytes:
    """Something inside a field's name: it is another field then, or none at all."""
    place = GOOD.index(b"sepal") + chance.randrange(1, 5)
    return GOOD[:place] + b"".join(chance.choices(_BYTES, k=chance.randrange(1, 4))) + GOOD[place:]


def _with_number(chance: random.Random) -> bytes:
    return GOOD.replace(_VALUE, chance.choice(_NUMBERS), 1)


def _deep(chance: random.Random) -> bytes:
    depth = chance.choice((100, 1_000, 20_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")))
    value = opening * depth + b"1" + closing * depth * chance.randrange(2)
    return chance.choice((value, GOOD.replace(_VALUE, value, 1)))


def _encoded(chance: random.Random) -> bytes:
    return GOOD.decode().encode(chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-7"))) + b"\xff\xff"


def _more(chance: random.Random) -> bytes:
    return GOOD + chance.choice((GOOD, b",", b"}", b"\x00", b"null", b"\xef\xbb\xbf", b"#"))


def _others(chance: random.Random) -> bytes:
    """A key too many: for every address, of every kind."""
    key = chance.choice((b"__proto__", b"constructor", b"\\ud800", b"a" * chance.randrange(1, 5_000), b"\\u0000", b""))
    return GOOD.replace(b"{", b'{"%b": %b, ' % (key, chance.choice((*_NUMBERS, b"1"))), 1)


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(0, 200))


def _flipped(chance: random.Random) -> bytes:
    """A bit of the structure flipped, not of a digit: the body is another one, and not a better one."""
    content = bytearray(GOOD)
    place = chance.choice([at for at, byte in enumerate(content) if byte in b'{}":,_'])
    content[place] ^= 1 << chance.randrange(7)
    return bytes(content)


_WAYS: tuple[Callable[[random.Random], bytes], ...] = (
    _cut, _with_bytes, _with_number, _deep, _encoded, _more, _others, _noise, _flipped,
)  # fmt: skip
