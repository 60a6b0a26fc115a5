"""docs/reliability.md promises nothing that is not tested, and nothing that the last full run has not shown."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.results import ROOT, read, record
from tests.torture.page import MISSING, PAGE, Promise, missing, promises, render


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.test)
def test_a_promise_names_a_test_that_exists_and_is_on_the_page(promise: Promise) -> None:
    file, _, name = promise.test.partition("::")
    parsed = ast.parse((ROOT / "tests" / file).read_text())
    assert name in {node.name for node in ast.walk(parsed) if isinstance(node, ast.FunctionDef)}
    (line,) = [line for line in PAGE.read_text().splitlines() if f"[`{name}`]" in line]
    assert line.startswith(f"| {promise.fault} | {promise.promise} | ")
    assert MISSING not in line, "run `make torture`"


def test_every_torture_test_keeps_a_promise() -> None:
    promised = {promise.test for promise in promises()}
    for file in (ROOT / "tests" / "torture").glob("test_*.py"):
        found = [node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]
        for name in found:
            if name.startswith("test_"):
                assert f"torture/{file.name}::{name}" in promised


def test_the_page_shows_figures_skips_and_failures_of_every_parameter(tmp_path: Path) -> None:
    first, path = promises()[0].test, tmp_path / "results.json"
    record("full", f"{first}[a]", {"outcome": "passed", "figures": ["one | two\nthree"]}, path)
    record("full", f"{first}[b]", {"outcome": "skipped", "figures": ["no root"]}, path)
    record("fast", first, {"outcome": "passed", "figures": ["too short to count"]}, path)
    results = read(path)["full"]
    page = render(results)
    assert "one \\| two three<br>**skipped** no root |" in page
    assert "too short to count" not in page
    assert page.count(MISSING) == len(missing(results)) == len(missing({})) - 1


def test_a_test_that_was_not_run_again_keeps_its_figures_and_their_day(tmp_path: Path) -> None:
    (first, second, *_), path = [promise.test for promise in promises()], tmp_path / "results.json"
    record("full", first, {"outcome": "passed", "figures": ["old (first)"]}, path)
    record("full", second, {"outcome": "passed", "figures": ["old | second"]}, path)
    machine = re.compile(r"run on [\d-]+, with a load average of up to \d+")
    earlier = machine.sub("run on 2001-02-03, with a load average of up to 777", render(read(path)["full"]))
    path.unlink()
    record("full", first, {"outcome": "passed", "figures": ["new"]}, path)
    page = render(read(path)["full"], earlier)
    assert "<br>new |" in page
    assert "old (first)" not in page
    assert "<br>old \\| second |" in page
    assert "run on 2001-02-03, 20" in page
    assert "up to 777" in page
    assert page.count(MISSING) == len(missing({})) - 2


def test_a_page_of_one_whole_run_has_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for promise in promises():
        record("full", promise.test, {"outcome": "passed", "figures": ["new"]}, path)
    results = read(path)["full"]
    earlier = render(results).replace("<br>new |", "<br>old |").replace("run on 20", "run on 2001-02-03, 20")
    assert render(results, earlier) == render(results)


def test_a_result_replaces_only_its_own(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for outcome in ("failed", "passed"):
        record("full", "a", {"outcome": outcome, "figures": []}, path)
        record("full", "b", {"outcome": "passed", "figures": []}, path)
    assert {name: result["outcome"] for name, result in read(path)["full"].items()} == {"a": "passed", "b": "passed"}
