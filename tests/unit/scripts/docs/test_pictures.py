"""The pictures of the boards, drawn from a Prometheus that is played here."""

import json
import re
from pathlib import Path

import httpx2
import pytest

from scripts.docs.pictures.__main__ import BOARDS, draw
from scripts.docs.pictures.draw import sheet
from scripts.docs.pictures.sources import Sources
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
    assert "no data" not in {text.get_text() for axes in figure.axes for text in axes.texts}


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
