"""The answer's panel says what of the question is unlike the training rows, and leaves room for the form."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Visit
from tests.support.apis import Api, running_api
from tests.support.bundles import write_policy
from tests.support.mixed_bundles import mixed_parts

FIRST = "sepal_length_cm"


def test_a_value_out_of_range_qualifies_the_answer_where_it_stands(page: Page) -> None:
    panel = page.locator("#answer")
    expect(page.locator("#share")).to_have_text(re.compile(r"^[\d.<> ]+%$"))
    page.get_by_label(f"{FIRST} cm").fill("30")
    expect(panel.locator("#doubts")).to_contain_text("A value is outside of what the model was trained for")
    expect(panel.locator("#doubts li")).to_have_text(f"{FIRST} 30 is outside 0 to 10")
    expect(page.locator("#share")).to_contain_text("%, unreliable here")
    assert page.locator(".first b").evaluate("one => getComputedStyle(one).fontWeight") == "400"
    panel.get_by_role("link", name=FIRST).click()
    expect(page.get_by_label(f"{FIRST} cm")).to_be_focused()
    page.get_by_label(f"{FIRST} cm").fill("5")
    expect(panel.locator("#doubts")).to_be_hidden()
    expect(page.locator("#share")).to_have_text(re.compile(r"^[\d.<> ]+%$"))


def test_a_value_at_the_edge_of_the_training_rows_is_noted_and_not_doubted(page: Page) -> None:
    page.get_by_label(f"{FIRST} cm").fill("9.99")
    expect(page.locator("#doubts li")).to_have_text(f"{FIRST} 9.99 is among the highest 1.0 % of the training rows")
    expect(page.locator("#share")).not_to_contain_text("unreliable")


def test_what_is_missing_or_unknown_is_shown_beside_a_predicted_value(visit: Visit, tmp_path: Path) -> None:
    write_policy(tmp_path / "serving", 1, mixed_parts().write(tmp_path / "serving/bundles"))
    with running_api(tmp_path, KEEPALIVE_TIMEOUT="1") as api:
        page = visit.page
        page.goto(api.url)
        page.get_by_label("colour", exact=True).select_option("missing")
        remarks = page.locator("#doubts li")
        expect(remarks).to_have_text(re.compile(r"^colour is missing, as in [\d.]+ % of the training rows$"))
        page.get_by_label("shop", exact=True).fill("elsewhere")
        expect(remarks.first).to_have_text("shop elsewhere is none of the 2 values of the training rows")
        expect(page.locator("#share")).to_have_text("EUR, unreliable here")


def test_the_threshold_is_marked_on_the_bar_of_its_class(visit: Visit, served: Api) -> None:
    def with_threshold(route: Route) -> None:
        model = route.fetch()
        page = model.json()
        page["model"]["threshold"] = {"class": "virginica", "at": 0.25}
        route.fulfill(response=model, json=page)

    visit.page.route("**/playground/model.json", with_threshold)
    visit.page.goto(served.url)
    expect(visit.page.locator("#served")).to_contain_text("; says virginica from 25 %")
    expect(visit.page.locator("#terms")).to_contain_text("The model says virginica from 25 %")
    bar = visit.page.locator("#bars li").filter(has_text="virginica").locator(".meter")
    box, mark = bar.bounding_box(), bar.locator("s").bounding_box()
    assert box
    assert mark
    assert mark["x"] + mark["width"] / 2 - box["x"] == pytest.approx(box["width"] / 4, abs=1)
    assert mark["height"] == box["height"]
    expect(visit.page.locator("#bars s")).to_have_count(1)


def test_the_samples_are_one_stop_and_the_arrows_move_among_them(page: Page) -> None:
    samples = page.get_by_role("toolbar", name="Sample rows").get_by_role("button")
    assert samples.evaluate_all("all => all.map((one) => one.tabIndex)") == [0, -1, -1]
    samples.first.focus()
    page.keyboard.press("ArrowRight")
    expect(samples.nth(1)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(samples.first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label(f"{FIRST} cm")).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(640, 450), (390, 844), (1280, 400)])
def test_the_answer_in_sight_covers_little_of_a_small_window(
    browser: Browser, served: Api, width: int, height: int
) -> None:
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.goto(served.url)
        page.locator("#bars li").first.wait_for()
        page.get_by_label(f"{FIRST} cm").fill("30")
        expect(page.locator("#brief")).to_contain_text("unreliable here")
        expect(page.locator("#brief")).to_be_in_viewport(ratio=1)
        covered = page.locator("#brief").evaluate("one => one.getBoundingClientRect().height")
        assert covered <= 0.15 * height
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_model_without_reasons_says_so_in_the_place_of_the_bars(page: Page) -> None:
    expect(page.locator("#unexplained")).to_have_text(
        "Version 1 gives no reasons: the bundle was made before there were reasons."
    )
    expect(page.locator("#reasons")).to_be_hidden()
