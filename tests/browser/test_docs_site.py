"""The documentation's site in a real browser: no page is cut, on a desk or on a phone."""

from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser

from tests.support.documents import ROOT

WIDTHS = (1280, 390)
BROKEN = "() => [...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"
MEASURE = "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"


@pytest.mark.timeout(300)
def test_no_page_is_wider_than_the_window_and_no_picture_is_missing(browser: Browser, tmp_path: Path) -> None:
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path)))
    files = sorted(file for file in tmp_path.rglob("*.html") if file.name != "404.html")
    assert len(files) > 50
    cut = []
    page = browser.new_page()
    # What a page fetches over file:// is refused, which ends in a wait.
    page.route("**/*.{json,map}", lambda route: route.abort())
    for file in files:
        page.goto(file.as_uri(), wait_until="load")
        cut += [f"{file.relative_to(tmp_path)} has no {missing}" for missing in page.evaluate(BROKEN)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if (wide := page.evaluate(MEASURE)) > width:
                cut.append(f"{file.relative_to(tmp_path)} is {wide} px wide at {width}")
    page.close()
    assert cut == []
