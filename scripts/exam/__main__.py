"""`python -m scripts.exam [--quick] [TABLE …]`: public tables from file to served predictions, without an edit."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table as Shown

from scripts.exam.errors import ExamError
from scripts.exam.fetch import fetch
from scripts.exam.page import renew
from scripts.exam.sizes import SIZES, Measured, measure
from scripts.exam.tables import TABLES, Table
from scripts.exam.walk import Walk, walk
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("docs") / "exam.md"


def chosen(names: list[str], *, quick: bool) -> list[Table]:
    """The tables by name, or all, or those of the short exam. Raises ExamError for a name that is none."""
    if unknown := set(names) - {table.name for table in TABLES}:
        known = ", ".join(table.name for table in TABLES)
        raise ExamError(f"no table of the exam is called {', '.join(sorted(unknown))}; there are {known}")
    return [table for table in TABLES if table.name in names or (not names and (table.quick or not quick))]


def shown(walks: list[Walk]) -> Shown:
    """One row for each table that was walked."""
    page = Shown(box=None, padding=(0, 2, 0, 0))
    for head in ("table", "winner", "figure", "baseline", "MB", "memory", "CPU s", "s", "result"):
        page.add_column(head, justify="left" if head in {"table", "winner", "result"} else "right")
    for one in walks:
        table, grade = one.table, one.grade
        figure = f"{grade.figure:.3f}" if grade and grade.figure is not None else "–"
        page.add_row(
            table.name,
            grade.winner if grade else "–",
            figure,
            f"{table.baseline:.3f}" if table.metric else "–",
            f"{grade.bundle_bytes / 2**20:.1f}" if grade else "–",
            f"{one.peak_mb:.0f}",
            f"{one.cpu:.0f}",
            f"{one.seconds:.0f}",
            "; ".join(one.faults) or "served",
        )
    return page


def shown_sizes(found: list[Measured]) -> Shown:
    """One row for each step of a table."""
    page = Shown(box=None, padding=(0, 2, 0, 0))
    for head in ("table", "step", "CPU s", "s", "MB", "result"):
        page.add_column(head, justify="right" if head in {"CPU s", "s", "MB"} else "left")
    for one in found:
        figures = (f"{one.cpu:.1f}", f"{one.seconds:.1f}", f"{one.peak_mb:.0f}")
        page.add_row(one.size, one.step, *figures, "; ".join(one.faults) or "within its bar")
    return page


def sizes(names: list[str], root: Path, console: Console) -> int:
    """Measure the tables whose name holds one of `names`, or all of them."""
    found: list[Measured] = []
    for size in SIZES:
        if not names or any(name in size.name for name in names):
            console.print(f"· {size.name} …", highlight=False)
            found += measure(size, root, root / "var" / "exam" / f"size-{Path(size.file).stem}")
            renew(root / PAGE, steps=found)
    console.print(shown_sizes(found))
    return 1 if any(one.faults for one in found) else 0


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="make exam", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sizes", action="store_true", help="large, wide and narrow tables that are made up")
    parser.add_argument("tables", nargs="*")
    options = parser.parse_args(arguments)
    console, walks = Console(), []
    folder = root / "var" / "exam"
    try:
        if options.sizes:
            return sizes(options.tables, root, console)
        for table in chosen(options.tables, quick=options.quick):
            csv = fetch(table, folder / "tables")
            console.print(f"· {table.name}: predicting {table.target} …", highlight=False)
            walks.append(walk(table, csv, root, folder / table.name.lower()))
            if not options.quick:
                renew(root / PAGE, walks)
            if walks[-1].failure:
                console.print(walks[-1].failure, highlight=False, markup=False)
    except ExamError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    console.print(shown(walks))
    console.print(f"logs: {folder.relative_to(root)}/<table>/exam.log", highlight=False)
    return 1 if any(one.faults for one in walks) else 0


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:]))
