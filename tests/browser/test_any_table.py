"""The page for a table that is not iris: categories, booleans, missing values, and a value for an answer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.apis import Api, running_api
from tests.support.bundles import write_policy
from tests.support.journals import records
from tests.support.mixed_bundles import mixed_parts


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("prices")
    write_policy(folder / "serving", 1, mixed_parts().write(folder / "serving/bundles"))
    with running_api(folder, KEEPALIVE_TIMEOUT="1") as api:
        yield api


@pytest.fixture
def page(visit: Visit, prices: Api) -> Page:
    visit.page.goto(prices.url)
    expect(visit.page.locator("#label")).to_have_text("48")
    return visit.page


def test_each_kind_of_feature_has_its_own_input(page: Page) -> None:
    expect(page.get_by_label("mean length (µ) mm", exact=True)).to_have_value("2.5")
    expect(page.get_by_label("count mm", exact=True)).to_have_attribute("step", "1")
    colours = page.get_by_label("colour", exact=True).locator("option")
    assert colours.all_inner_texts() == ["red", "dark blue", "missing"]
    expect(page.get_by_label("shop", exact=True)).to_have_value("a")
    expect(page.get_by_role("checkbox", name="paid")).to_be_checked()
    assert page.get_by_label("returned", exact=True).locator("option").all_inner_texts() == ["no", "yes", "missing"]


def test_every_input_moves_the_value(page: Page) -> None:
    for change, value in (
        (lambda: page.get_by_label("colour", exact=True).select_option("dark blue"), "43"),
        (lambda: page.get_by_role("checkbox", name="paid").uncheck(), "23"),
        (lambda: page.get_by_label("returned", exact=True).select_option("yes"), "15"),
        (lambda: page.get_by_label("mean length (µ) mm", exact=True).fill(""), "-10"),
        (lambda: page.get_by_label("shop", exact=True).fill("elsewhere"), "-4"),
    ):
        change()
        expect(page.locator("#label")).to_have_text(value)
    expect(page.locator(".outside .place")).to_have_text("none of those it was trained on: answered, with a warning")
    expect(page.locator("#field-0-place")).to_have_text("missing")


def test_a_value_is_shown_among_the_training_rows_and_corrected_with_a_number(page: Page, prices: Api) -> None:
    expect(page.locator("#share")).to_have_text("EUR")
    expect(page.locator("#bars")).to_contain_text("above about 48 % of the training rows")
    expect(page.locator("#card")).to_contain_text("RMSE")
    page.get_by_label("mean length (µ) mm", exact=True).fill("30")
    expect(page.locator("#bars")).to_contain_text("above nearly all of the training rows")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("It was").fill("51.5")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#feedback")).to_contain_text("Noted for prediction")
    (feedback,) = [record for record in records(prices.journal) if record["kind"] == "feedback"]
    assert feedback["value"] == 51.5


def test_a_sample_with_missing_values_can_be_asked(page: Page) -> None:
    page.get_by_role("button", name="2 7", exact=True).click()
    expect(page.locator("#label")).to_have_text("7")
    expect(page.get_by_label("colour", exact=True)).to_have_value("\0")
    expect(page.locator("#field-2-place")).to_have_text("25.0 % of the training rows")
