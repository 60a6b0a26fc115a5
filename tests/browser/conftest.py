"""The playground as a person sees it: a real api, a real browser, and every complaint of the browser a failure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.apis import Api, running_api
from tests.support.browsers import find_chromium, running_chromium
from tests.support.bundles import make_bundle, write_policy
from tests.support.missing import skip_without


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@dataclass
class Visit:
    """An opened page, and the messages of the browser's console."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(text in message.text for text in self.expected):
            self.complaints.append(message.text)


# for a module and not the session: while Playwright runs, no other test of this process can run an event loop
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        skip_without("Chromium", "apt-get install chromium")
    with running_chromium(program) as browser:
        yield browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Api]:
    """An api that serves a bundle of three classes on four numbers as version 1."""
    folder = tmp_path_factory.mktemp("browser")
    production = {"version": "1", "bundle": make_bundle(folder / "serving"), "verdict": "passed"}
    write_policy(folder / "serving", 1, None, production=production)
    with running_api(folder, KEEPALIVE_TIMEOUT="1") as api:
        yield api


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A fresh page; at its end, whatever the browser complained about fails the test."""
    with browser.new_context(accept_downloads=True) as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        visit = Visit(page)
        page.on("console", visit.note)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        yield visit
        assert visit.complaints == []


@pytest.fixture
def page(visit: Visit, served: Api) -> Page:
    """The playground with its first answer on it."""
    visit.page.goto(served.url)
    visit.page.locator("#bars li").first.wait_for()
    return visit.page


def type_value(page: Page, feature: str, value: float | str) -> None:
    page.get_by_label(feature, exact=False).first.fill(str(value))
