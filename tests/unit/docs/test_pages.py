"""The pages for people: what they link to is there, what they tell to type exists, what code makes is of today."""

import re
from pathlib import Path

import pytest

from scripts.docs.reference.__main__ import PAGES
from scripts.docs.reference.metrics import read_metrics
from scripts.docs.reference.settings import read_settings
from tests.support.documents import ROOT, links, pages, verbs

every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())


@every_page
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = {target: page.parent / target.partition("#")[0] for target in links(page)}
    assert [target for target, file in targets.items() if not file.exists()] == []


@every_page
def test_every_verb_that_is_named_exists(page: Path) -> None:
    known = set(re.findall(r"^([a-z][a-z-]*):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert verbs(page) - known == set()


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_says_what_the_code_says(name: str) -> None:
    written = (ROOT / f"docs/reference/{name}.md").read_text(encoding="utf-8")
    assert written == PAGES[name](ROOT), "make reference"


@pytest.mark.parametrize("page", ["comparison.md", "how-to/scale.md"])
def test_figures_in_prose_are_those_the_benchmark_measured(page: str) -> None:
    measured = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    figures = re.findall(r"\b\d{1,3}(?:,\d{3})+\b|\b\d{3}(?= for )", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert figures
    assert [figure for figure in figures if figure not in measured] == []


def test_a_setting_without_words_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text("class Settings:\n    port: int = 8000\n    '''Where it listens.'''\n")
    assert [(setting.name, setting.meaning) for setting in read_settings(file)] == [("PORT", "Where it listens.")]
    file.write_text("class Settings:\n    port: int = 8000\n")
    with pytest.raises(ValueError, match="nothing stands under port"):
        read_settings(file)


def test_metrics_are_found_with_their_labels(tmp_path: Path) -> None:
    (tmp_path / "metrics.py").write_text('a = Counter("asked_total", "Asked", ["route"])\nb = Gauge("up", "Is it?")\n')
    found = [(metric.name, metric.kind, metric.labels) for metric in read_metrics(tmp_path)]
    assert found == [("asked_total", "counter", ("route",)), ("up", "gauge", ())]
