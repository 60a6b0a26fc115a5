"""The page for a table with dates, times and a category of learned levels."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.apis import Api, running_api
from tests.support.bundles import write_policy
from tests.support.mixed_bundles import dated_parts


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("dated")
    write_policy(folder / "serving", 1, dated_parts().write(folder / "serving/bundles"))
    with running_api(folder, KEEPALIVE_TIMEOUT="1") as api:
        yield api


@pytest.fixture
def page(visit: Visit, dated: Api) -> Page:
    visit.page.goto(dated.url)
    expect(visit.page.locator("#label")).to_have_text("28")
    return visit.page


def test_a_date_a_time_and_a_learned_level_have_inputs_that_move_the_value(page: Page) -> None:
    born, seen, shop = (page.get_by_label(name, exact=True) for name in ("born", "seen", "shop"))
    expect(born).to_have_attribute("type", "date")
    expect(page.locator("#field-0-place")).to_have_text("outside 2026-01-01 to 2026-12-31: answered, with a warning")
    born.fill("2026-12-31")
    expect(page.locator("#label")).to_have_text("18")
    expect(page.locator("#field-0-place")).to_have_text("usually 2026-01-01 to 2026-12-31")
    seen.fill("2026-11-28T06:00:00Z")
    expect(page.locator("#label")).to_have_text("22")
    seen.fill("")
    expect(page.locator("#label")).not_to_have_text("22")
    expect(page.locator("#field-1-place")).to_have_text("missing")
    shop.fill("a shop that training never saw")
    expect(page.locator("#label")).to_have_text("20")


def test_a_text_that_is_no_time_is_refused_beside_its_input(page: Page) -> None:
    page.get_by_label("seen", exact=True).fill("yesterday")
    expect(page.locator("#field-1-error")).to_have_text("Write it as 2026-11-28T14:05:00Z.")
