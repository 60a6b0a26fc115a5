"""PromQL of one model or of all: every metric of an expression is narrowed by the variable `model`."""

import re

CHOSEN = 'model=~"${model:raw}"'
"""Not escaped: the variable's value is a pattern."""

_STRING_OR_GROUPING = re.compile(
    r"""("(?:[^"\\]|\\.)*"|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\[[^\]]*\])"""
)
_METRIC = re.compile(r"(?<![\w.$:])([a-zA-Z]\w*[:_][\w:]*|up|workers|ALERTS)\b(?![\w:]*\s*\()(\{)?")
_SELECTOR = re.compile(r"(\{[^{}]*\})")


def of_model(expression: str) -> str:
    """The same expression with a matcher for the model in front of every selector's others.

    A metric is a word with `_` or `:` in its name that is not called like a function, or `up`, `workers` or `ALERTS`. That is enough
    for the expressions of the boards; a test compares it with what `tests/monitoring/promql.py` finds.
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{len(kept) - 1}\x00"

    text = _STRING_OR_GROUPING.sub(keep, expression)
    # The labels inside of braces are not metrics: only what stands outside of them is narrowed.
    parts = _SELECTOR.split(text)
    for place in range(0, len(parts), 2):
        braces = parts[place + 1] if place + 1 < len(parts) else ""
        parts[place] = _METRIC.sub(lambda found: f"{found[1]}{{{CHOSEN}}}", parts[place])
        if braces and parts[place].endswith(f"{{{CHOSEN}}}"):
            parts[place] = parts[place].removesuffix(f"{{{CHOSEN}}}")
            inside = braces[1:-1]
            parts[place + 1] = f"{{{CHOSEN}, {inside}}}" if inside else f"{{{CHOSEN}}}"
    joined = "".join(parts)
    while "\x00" in joined:
        joined = re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], joined)
    return joined
