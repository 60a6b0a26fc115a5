"""docs/benchmarks.md and its picture, from figures made up for the purpose."""

import xml.etree.ElementTree as ET
from pathlib import Path

from bench.bar import Bar, at_most, not_measured
from bench.chart import draw
from bench.load import Sample
from bench.report import page
from bench.results import Key, Results

SAMPLE = Sample(requests=24_680, seconds=2.0, failed=0, p50_ms=1.25, p99_ms=3.0, cpu_seconds=1.9, rows=1)
FAST = Key("logistic_regression", "one", "ours")
GONE = Key("logistic_regression", "thousand", "ours")


def made(bars: list[Bar], results: Results) -> str:
    return page(
        bars,
        results,
        machine={"processor": "one of a kind"},
        versions={"mlops-iris": "gunicorn 26.2.0"},
        picture="images/benchmarks.svg",
        rounds=5,
        seconds=5,
    )


def test_the_page_tells_every_bar_figure_machine_and_version() -> None:
    bars = [at_most("size", 131, 130, " MiB"), Bar("speed", "≥ 30,000", "31,000", passed=True, note="by far")]
    text = made(bars, Results({FAST: [SAMPLE]}, {GONE: "/v2 is not there yet"}))

    assert "| size | ≤ 130 MiB | 131.00 MiB | NO |  |" in text
    assert "| speed | ≥ 30,000 | 31,000 | yes | by far |" in text
    assert "| mlops-iris | 12,340 | 12,340 | 77 µs | 1.25 ms | 3.00 ms |" in text
    assert "| mlops-iris | /v2 is not there yet |" in text
    assert "| processor | one of a kind |" in text
    assert "| mlops-iris | gunicorn 26.2.0 |" in text
    assert "5 rounds of 5 s" in text


def test_what_was_not_measured_is_not_held() -> None:
    assert "| landing | ≥ 1 | no PostgreSQL | NO |" in made(
        [not_measured("landing", "≥ 1", "no PostgreSQL")], Results()
    )


def test_the_picture_is_drawn_from_whatever_figures_there_are_and_is_the_same_again(tmp_path: Path) -> None:
    pictures = [tmp_path / place / "chart.svg" for place in ("once", "again")]
    for picture in pictures:
        draw(Results({FAST: [SAMPLE]}, {GONE: "not there"}), picture)
    once, again = (picture.read_text() for picture in pictures)
    assert "<svg" in once
    assert once == again


def test_the_picture_is_as_narrow_as_a_phone_so_that_its_letters_are_not_shrunk(tmp_path: Path) -> None:
    draw(Results({FAST: [SAMPLE]}, {}), tmp_path / "chart.svg")
    width = ET.parse(tmp_path / "chart.svg").getroot().attrib["width"]
    assert 300 < float(width.removesuffix("pt")) < 390
