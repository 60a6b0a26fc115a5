"""The page docs/exam.md, with the last figures of each table."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.exam.sizes import NEVER, SIZES, Measured
from scripts.exam.tables import TABLES
from scripts.exam.walk import Walk

SKELETON = Path(__file__).parent / "page.md"
WALKS = ("table", "predicts", "winner", "figure", "baseline", "bundle, MB", "memory, MB", "CPU, s", "time", "result")
STEPS = ("table", "step", "CPU, s", "at most", "memory, MB", "at most", "result")
NOT_YET = "not measured yet"
Line = tuple[str, ...]
"""The cells of a line; the first two tell it from the others."""


def renew(page: Path, walks: Iterable[Walk] = (), steps: Iterable[Measured] = ()) -> None:
    """Write the page with these figures; those of other tables and steps stay as they are in it."""
    held = _lines(page.read_text(encoding="utf-8")) if page.exists() else {}
    held |= {line[:2]: line for line in [*map(_walked, walks), *map(_measured, steps)]}
    every = [(table.name, table.target) for table in TABLES]
    sizes = [(size.name, step) for size in SIZES for step in size.bars]
    text = SKELETON.read_text(encoding="utf-8")
    text = text.replace("{walks}", _table(WALKS, every, held)).replace("{sizes}", _table(STEPS, sizes, held))
    page.write_text(text, encoding="utf-8")


def _lines(text: str) -> dict[Line, Line]:
    found = [
        tuple(cell.strip() for cell in line.strip("|").split("|")) for line in text.splitlines() if line[:1] == "|"
    ]
    return {line[:2]: line for line in found}


def _table(header: Line, keys: Iterable[tuple[str, str]], held: Mapping[Line, Line]) -> str:
    empty = ("",) * (len(header) - 3)
    lines = [held.get(key, (*key, *empty, NOT_YET)) for key in keys]
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, ("---",) * len(header), *lines])


def _walked(walk: Walk) -> Line:
    table, grade = walk.table, walk.grade
    return (
        table.name,
        table.target,
        grade.winner.replace("_", " ") if grade else "",
        f"{table.metric} {grade.figure:.3f}" if grade and grade.figure is not None else "",
        f"{table.baseline:.3f}" if table.metric else "",
        f"{grade.bundle_bytes / 2**20:.1f}" if grade else "",
        f"{walk.peak_mb:.0f}",
        f"{walk.cpu:.0f}",
        f"{walk.seconds:.0f} s at load {walk.load:.0f}",
        "; ".join(walk.faults) or "served",
    )


def _measured(one: Measured) -> Line:
    most = ["" if bar == NEVER else f"{bar:,.0f}" for bar in one.bar]
    held = "; ".join(one.faults) or ("held" if any(most) else "")
    return (one.size, one.step, f"{one.cpu:.1f}", most[0], f"{one.peak_mb:,.0f}", most[1], held)
