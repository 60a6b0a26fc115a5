"""One colour for each meaning, on all boards: a latency's percentile, a failure, a variant."""

from collections.abc import Iterable, Iterator

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

MEANINGS = {
    "p50": "blue",
    "p95": "orange",
    "p99": "red",
    "failed": "dark-red",
    "wrong": "dark-red",
    "refused": "dark-orange",
    "production": "green",
    "canary": "yellow",
    "shadow": "purple",
}
"""A word in the name of a series, and its colour."""

_LABELS = {"{{variant}}": ("production", "canary", "shadow"), "{{alias}}": ("production", "canary", "shadow")}
_LABELS |= {"{{outcome}}": ("failed", "wrong", "refused")}
"""The values of a label that have a meaning."""


def matcher(word: str) -> str:
    """Grafana's regular expression for the series that have the word in their name."""
    return rf"/\b{word}\b/"


def colour(word: str) -> list[DynamicConfigValue]:
    """The override that fixes the colour of a word. KeyError for a word that has none."""
    return [DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": MEANINGS[word]})]


def meant(legends: Iterable[str]) -> Iterator[str]:
    """The words that the names of these series contain, or may contain once their labels are filled in."""
    text = " ".join(legends)
    possible = {word for label, words in _LABELS.items() if label in text for word in words}
    words = set(text.replace(":", " ").replace(",", " ").split())
    return (word for word in MEANINGS if word in possible or word in words)
