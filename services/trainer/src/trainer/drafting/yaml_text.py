"""Words, lists and ranges as a person would write them in the contract."""

import json
import math
import re
from collections.abc import Sequence

from trainer.contract.cells import TRUTHS

ROOM = 0.1
"""How much wider than the values seen the range is, at each end, as a share of theirs."""


def quoted(text: str) -> str:
    """A JSON text is a YAML text; plain words need no quotes."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", text) and text.lower() not in {*TRUTHS, "null", "on", "off"}
    return text if plain else json.dumps(text, ensure_ascii=False)


def many(texts: Sequence[str]) -> str:
    """Texts as a list in one line of YAML."""
    return f"[{', '.join(quoted(text) for text in texts)}]"


def around(low: float, high: float, *, whole: bool = False) -> tuple[float, float]:
    """A range with room beyond the values seen, in round numbers; what is never negative stays so."""
    room = (high - low) * ROOM or max(abs(high), 1.0) * ROOM
    if whole:
        room = max(room, 1.0)
    step = 10.0 ** math.floor(math.log10(room))
    least, most = math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step
    return max(least, 0.0) if low >= 0 else least, most
