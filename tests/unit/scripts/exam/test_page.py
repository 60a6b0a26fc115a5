"""The page of the exam keeps the figures that a run did not measure."""

from pathlib import Path

from scripts.exam.grade import Grade
from scripts.exam.page import NOT_YET, renew
from scripts.exam.sizes import NEVER, SIZES, Measured
from scripts.exam.tables import TABLES
from scripts.exam.walk import Walk

ROOT = Path(__file__).resolve().parents[4]
HITTERS = next(table for table in TABLES if table.name == "hitters")
WALK = Walk(HITTERS, ["contract", "demo"], "", 80.0, 61.2, 412.0, 1.4, Grade("ridge", 0.6, ("Hits",), 2**20, 9, 9))
STEP = Measured("one column", "prepare", 1.25, 2.0, 311.0, 0, (NEVER, 300.0))


def lines(page: Path, name: str) -> list[str]:
    return [line for line in page.read_text().splitlines() if line.startswith(f"| {name} |")]


def test_a_run_renews_its_own_lines_alone(tmp_path: Path) -> None:
    page = tmp_path / "exam.md"
    renew(page, [WALK])
    renew(page, steps=[STEP])
    assert lines(page, "hitters") == [
        "| hitters | Salary | ridge | r2 0.600 | 0.540 | 1.0 | 412 | 61 | 80 s at load 1 | served |"
    ]
    assert lines(page, "one column")[0] == "| one column | prepare | 1.2 |  | 311 | 300 | 311 MB > 300 |"
    assert all(NOT_YET in line for line in lines(page, "diamonds"))


def test_a_walk_that_failed_has_its_line(tmp_path: Path) -> None:
    page = tmp_path / "exam.md"
    renew(page, [Walk(HITTERS, ["contract"], "no such column")])
    assert "ended after contract" in lines(page, "hitters")[0]


def test_the_committed_page_is_as_the_exam_writes_it(tmp_path: Path) -> None:
    committed = (ROOT / "docs" / "exam.md").read_text()
    page = tmp_path / "exam.md"
    page.write_text(committed)
    renew(page)
    assert page.read_text() == committed
    assert all(lines(page, table.name) for table in TABLES)
    assert all(len(lines(page, size.name)) == len(size.bars) for size in SIZES)
