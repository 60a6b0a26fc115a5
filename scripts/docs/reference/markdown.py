"""The few shapes of Markdown the generated pages are made of."""

from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    return f"`{text}`"


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
