"""The demo's picture: a PNG of a size that can be looked at, also when only half the story happened."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.loop_demo.picture import RED, Recording, draw, title

START = 1_700_000_000.0


def recording(*, versions: tuple[str, ...], minutes: float) -> Recording:
    times = [START + second for second in range(0, int(minutes * 60), 5)]
    line = [(at, 0.9) for at in times]
    lines = dict.fromkeys(versions, line)
    marks = [(START + 60.0 * number, f"step {number}") for number in range(1, int(minutes))]
    return Recording(
        line, lines, lines, lines, line[5:9], marks[:2], marks, START, START + minutes * 60, thresholds=lines
    )


@pytest.mark.parametrize("versions", [(), ("1",), ("1", "2", "10")])
def test_it_is_a_png_of_sane_size(versions: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "var" / "loop-demo.png"
    draw(recording(versions=versions, minutes=8), file)
    content = file.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert 1000 <= width <= 2000
    assert 700 <= height <= 1500
    assert 20_000 < len(content) < 400_000


def test_a_story_that_ended_at_once_can_be_drawn(tmp_path: Path) -> None:
    file = tmp_path / "loop-demo.png"
    draw(Recording([], {}, {}, {}, [], [], [], START, START, thresholds={}), file)
    assert file.stat().st_size > 0


def test_a_loop_that_did_not_close_says_so_in_the_title(tmp_path: Path) -> None:
    whole = recording(versions=("1",), minutes=3)
    assert title(whole)[0] == "The learning loop, closed by itself"
    cut = replace(whole, missing="a PSI alert fires")
    assert title(cut) == ("The learning loop did not close: “a PSI alert fires” did not happen", RED)
    draw(whole, tmp_path / "whole.png")
    draw(cut, tmp_path / "cut.png")
    assert (tmp_path / "whole.png").read_bytes() != (tmp_path / "cut.png").read_bytes()
