"""Requests that were damaged by chance: cut, doubled, with other bytes in them."""

from random import Random

_PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b";",
    b"0\r\n\r\n",
    b"\r\n\r\n",
    b"HTTP/1.0",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: x\r\n",
    b"Upgrade: websocket\r\n",
    b"Expect: 100-continue\r\n",
    b"\xff" * 9,
)


def mutated(chance: Random, raw: bytes) -> bytes:
    """``raw`` after one to four changes at places chosen by ``chance``."""
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                del changed[place : place + chance.randint(1, 8)]
            case 1:
                changed[place:place] = chance.choice(_PIECES)
            case 2:
                changed[place : place + 1] = bytes([chance.randrange(256)])
            case 3:
                changed[place:place] = changed[place : place + chance.randint(1, 40)]
            case _:
                changed[place : place + chance.randint(1, 4)] = chance.choice(_PIECES)
    return bytes(changed)
