"""The pictures of the boards, drawn from a Prometheus that is played here."""

import json
import re
import sys
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from scripts.docs.pictures.__main__ import BOARDS, draw
from scripts.docs.pictures.draw import DRAWN, sheet
from scripts.docs.pictures.grafana import query_faults
from scripts.docs.pictures.sources import Sources
from scripts.docs.pictures.tables import CELL_POINTS, laid_out
from scripts.docs.pictures.units import written

LABELS = {"version": "1", "variant": "production", "label": "red", "bin": "(1, 2]", "feature": "width", "le": "0.1"}


def prometheus(request: httpx2.Request) -> httpx2.Response:
    """One series for every query; the names asked for are those the boards' variables stand for."""
    if request.url.path.endswith("/values"):
        return httpx2.Response(200, json={"data": ["height", "width"]})
    form = httpx2.QueryParams(request.content.decode())
    left = re.sub(r"\$1", "", form["query"])
    if "$" in left:
        return httpx2.Response(400, text=left)
    moment = float(form.get("end", 1000))
    value = {"value": [moment, "0.5"], "values": [[moment - 60, "0.25"], [moment, "NaN"], [moment, "0.5"]]}
    return httpx2.Response(200, json={"data": {"result": [{"metric": LABELS, **value}]}})


DATABASE = ["printf", "at,reason\\n2026-01-02 03:04:05.6,%.0sit cost $1 and $2\\n"]


@pytest.mark.parametrize("name", ["overview", "model", "platform"])
def test_every_panel_is_drawn(name: str) -> None:
    with httpx2.Client(base_url="http://prometheus", transport=httpx2.MockTransport(prometheus)) as client:
        board = json.loads((BOARDS / f"{name}.json").read_text())
        figure = sheet(board, Sources(client, DATABASE, 5), ["height", "width"])
    shown = {text.get_text() for text in figure.texts}
    titles = {panel["title"] for panel in board["panels"]} - {"$feature"}
    assert titles <= shown
    assert DRAWN in shown
    assert "no data" not in {text.get_text() for axes in figure.axes for text in axes.texts}


def test_events_that_are_counted_are_bars() -> None:
    board = json.loads((BOARDS / "api.json").read_text())
    with httpx2.Client(base_url="http://prometheus", transport=httpx2.MockTransport(prometheus)) as client:
        drawn = sheet(board, Sources(client, [], 5), [])
    titles = [one["title"] for one in board["panels"] if one["type"] != "row"]
    errors = drawn.axes[titles.index("Errors by status")]
    assert errors.patches
    assert len(errors.lines) == 0


@pytest.mark.parametrize("name", ["overview", "model", "platform"])
def test_no_variable_of_grafana_reaches_the_database(name: str) -> None:
    echo = [sys.executable, "-c", "import csv, sys; csv.writer(sys.stdout).writerow([sys.argv[1]])"]
    with httpx2.Client(base_url="http://prometheus") as client:
        for panel in json.loads((BOARDS / f"{name}.json").read_text())["panels"]:
            if panel["type"] == "table" and "rawSql" in panel["targets"][0]:
                assert "${" not in str(Sources(client, echo, 5).rows(panel["targets"][0])), panel["title"]


def test_a_board_becomes_a_file_named_like_it(tmp_path: Path) -> None:
    with httpx2.Client(base_url="http://prometheus", transport=httpx2.MockTransport(prometheus)) as client:
        draw(Sources(client, DATABASE, 5), [BOARDS / "api.json"], tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["board-api.png"]
    assert (tmp_path / "board-api.png").read_bytes().startswith(b"\x89PNG")


def test_a_platform_without_anything_to_show_is_drawn_too() -> None:
    nothing = httpx2.MockTransport(
        lambda request: httpx2.Response(200, json={"data": [] if "values" in request.url.path else {"result": []}})
    )
    with httpx2.Client(base_url="http://prometheus", transport=nothing) as client:
        board = json.loads((BOARDS / "overview.json").read_text())
        texts = [text.get_text() for axes in sheet(board, Sources(client, [], 5), []).axes for text in axes.texts]
    assert {"no data", "quiet when healthy"} == set(texts)


def test_the_docs_show_every_board() -> None:
    root = Path(__file__).resolve().parents[4]
    text = (root / "docs/observability.md").read_text()
    for file in (root / "monitoring/grafana/dashboards").glob("*.json"):
        assert f"(images/board-{file.stem}.png)" in text
        assert (root / f"docs/images/board-{file.stem}.png").stat().st_size < 400_000
        assert json.loads(file.read_text())["title"] in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0005, "s", "500 µs"),
        (0.0247, "s", "24.7 ms"),
        (300, "s", "5 min"),
        (0.1234, "percentunit", "12.3%"),
        (3, "short", "3"),
        (12.34, "reqps", "12.3 req/s"),
        (104857600, "bytes", "100 MiB"),
        (float("nan"), "s", "–"),
    ],
)
def test_a_number_is_written_in_its_unit(value: float, unit: str, text: str) -> None:
    assert written(value, unit) == text


def test_a_table_that_is_too_wide_is_shortened_where_it_is_widest() -> None:
    table = [["at", "reason"], ["03:04:05", "it passed the gate with every figure that was asked for"]]
    fitted, widths = laid_out(table, 30)
    assert sum(widths) == 30
    assert all(len(cell) < width for row in fitted for cell, width in zip(row, widths, strict=True))
    assert fitted[1][0] == "03:04:05"
    assert fitted[1][1].endswith("…")
    assert laid_out(table, 100)[0] == table


@pytest.mark.parametrize("name", ["overview", "platform"])
def test_no_cell_of_a_drawn_table_touches_the_next(name: str) -> None:
    with httpx2.Client(base_url="http://prometheus", transport=httpx2.MockTransport(prometheus)) as client:
        board = json.loads((BOARDS / f"{name}.json").read_text())
        figure = sheet(board, Sources(client, DATABASE, 5), ["height", "width"])
    FigureCanvasAgg(figure).figure.savefig(BytesIO(), format="png")
    rows = 0
    for axes in figure.axes:
        cells = [text for text in axes.texts if text.get_fontsize() == CELL_POINTS]
        for one, other in pairwise(cells):
            if one.get_position()[1] == other.get_position()[1]:
                assert one.get_window_extent().x1 <= other.get_window_extent().x0 + 1, (
                    one.get_text(),
                    other.get_text(),
                )
                rows += 1
    assert rows


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        ({"results": {"A": {"frames": [{"data": {"values": [[1], [0.5]]}}]}}}, []),
        ({"results": {"A": {"frames": [{"data": {"values": [[], []]}}]}}}, ["Rows: empty"]),
        ({"results": {"A": {"error": "parse error"}}}, ["Rows: parse error", "Errors: parse error"]),
    ],
)
def test_a_panel_that_is_in_error_or_empty_without_a_reason_is_a_fault(answer: Any, faults: list[str]) -> None:
    board = {
        "panels": [
            {"title": "Rows", "description": "Answers", "targets": [{"refId": "A", "expr": "up"}]},
            {"title": "Errors", "description": "Quiet when healthy", "targets": [{"refId": "A", "expr": "errors"}]},
            {"title": "Chosen", "description": "One feature", "targets": [{"refId": "A", "expr": 'x{f="$feature"}'}]},
        ]
    }
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))
    with httpx2.Client(base_url="http://grafana", transport=transport) as client:
        assert query_faults(client, board) == faults
