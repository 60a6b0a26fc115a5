"""The moving picture: every figure of the run is in it, and it stands still for those who asked for that."""

import xml.etree.ElementTree as ElementTree

from scripts.loop_demo.film.drawing import WIDTH, film
from scripts.loop_demo.film.scenes import Measured, scenes
from tests.support.documents import ROOT

RUN = Measured(
    candidates=3, cross_validated=0.9826, answers=12_345, p50_ms=0.42, audited=12_345, accuracy=0.97,
    feature="petal width", psi=1.26, fallen=0.34, labels=2_000, version="2", mended=0.99,
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def test_every_figure_of_the_run_is_in_the_picture() -> None:
    drawn = ElementTree.fromstring(film(scenes(RUN), "One run: 90 seconds"))
    texts = " ".join(text.text or "" for text in drawn.iter(f"{SVG}text"))
    for figure in (
        "3 candidates",
        "98.3%",
        "12,345 answers",
        "0.42 ms",
        "12,345 in the audit",
        "PSI 1.3",
        "34%",
        "2,000",
        "99%",
    ):
        assert figure in texts, figure


def test_without_motion_everything_is_visible_and_text_stays_readable_on_a_phone() -> None:
    svg = film(scenes(RUN), "One run")
    before, _, moving = svg.partition("prefers-reduced-motion: no-preference")
    assert "animation" not in before
    assert "animation" in moving
    assert ".words" not in before, "the lines are hidden only by the animation"
    # 358 px is the width of a README's column on a phone of 390.
    assert 13.5 * 358 / WIDTH > 11


def test_the_committed_picture_is_drawn_by_this_code() -> None:
    drawn = ElementTree.parse(ROOT / "docs/images/loop.svg").getroot()
    assert [text.text for text in drawn.iter(f"{SVG}text") if (text.get("class") or "").startswith("title")][1:] == [
        f"{number} {scene.title}" for number, scene in enumerate(scenes(RUN), 1)
    ]
