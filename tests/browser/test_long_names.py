"""A table whose names are long, have no spaces, or are read from right to left."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.apis import Api, running_api
from tests.support.bundles import tiny_parts, write_policy

VILLAGE = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
CITY = "תל אביב"
FEATURES = ("net_revenue_per_active_customer_over_the_last_ninety_days_in_euros", "способ_доставки", "نوع_العميل", "w")


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Api]:
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("towns")
    parts = tiny_parts(features=FEATURES, classes=(VILLAGE, CITY, "Zürich"))
    write_policy(folder / "serving", 1, parts.write(folder / "serving/bundles"))
    with running_api(folder, API_WORKERS="1", KEEPALIVE_TIMEOUT="1") as api:
        yield api


def opened(page: Page, address: str, ready: str) -> Page:
    page.goto(address)
    page.locator(ready).first.wait_for()
    return page


@pytest.mark.parametrize(("address", "ready"), [("", "#bars li"), ("/status", "#versions tr")])
@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_no_name_makes_a_page_scroll_sideways(
    browser: Browser, towns: Api, address: str, ready: str, width: int
) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}) as context:
        page = opened(context.new_page(), towns.url + address, ready)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_name_is_broken_after_an_underscore(browser: Browser, towns: Api) -> None:
    with browser.new_context() as context:
        page = opened(context.new_page(), towns.url, "#bars li")
        label = page.locator(".row label").first
        assert label.text_content() == f"{FEATURES[0]} cm"
        assert label.locator("wbr").count() == FEATURES[0].count("_")


def test_a_class_read_from_right_to_left_leaves_its_share_where_it_is(browser: Browser, towns: Api) -> None:
    """The share stands right of the class, and not in its middle."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = opened(context.new_page(), towns.url, "#bars li")
        page.locator("#samples button").nth(1).click()
        expect(page.locator("#brief b")).to_have_text(CITY)
        name = page.locator("#brief b").bounding_box()
        sides = """brief => { const range = document.createRange(); range.selectNodeContents(brief.lastChild);
            return [...range.getClientRects()].map(({ left }) => left); }"""
        assert name is not None
        assert min(page.locator("#brief").evaluate(sides)) >= name["x"] + name["width"] - 1


def test_bars_are_seen_in_colours_that_the_system_forces(browser: Browser, towns: Api) -> None:
    with browser.new_context(forced_colors="active", reduced_motion="reduce") as context:
        page = opened(context.new_page(), towns.url, "#bars li")
        bar = page.locator("#bars .first .meter")
        painted = [one.evaluate("one => getComputedStyle(one).backgroundColor") for one in (bar, bar.locator("i"))]
        assert painted[0] != painted[1]
