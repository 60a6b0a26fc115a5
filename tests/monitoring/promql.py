"""What a PromQL expression refers to, read with a few patterns: enough for the expressions of this repository."""

import re

_WORDS = {
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "atan2",
    "inf",
    "nan",
}
_SELECTOR = re.compile(r"\{([^}]*)\}")
_MATCHER = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()")


def without_strings(expression: str) -> str:
    """The expression with every string literal emptied, so that nothing inside of one is taken for a name."""
    return re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', '""', expression)


def metrics_of(expression: str) -> set[str]:
    """Names of the metrics an expression selects."""
    text = _RANGE.sub("", _SELECTOR.sub("", _GROUPING.sub("", without_strings(expression))))
    return {name for name in _NAME.findall(text) if name.lower() not in _WORDS}


def labels_of(expression: str) -> set[str]:
    """Names of the labels an expression matches or groups by."""
    text = without_strings(expression)
    matched = {label for selector in _SELECTOR.findall(text) for label in _MATCHER.findall(selector)}
    grouped = {label.strip() for group in _GROUPING.findall(text) for label in group.split(",") if label.strip()}
    return matched | grouped
