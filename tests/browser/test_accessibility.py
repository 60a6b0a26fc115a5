"""Playground and status page in each state: axe-core finds nothing wrong and leaves nothing to be reviewed."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from api.access.keys import Keys, make_key, write_keys
from tests.browser.accessibility import complaints
from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, tiny_parts, write_policy
from tests.support.mixed_bundles import mixed_parts
from tests.unit.api.protocols.test_conformal import CLASSES

Look = tuple[Literal["light", "dark"], int, int]
LIGHT: Look = ("light", 1280, 900)
DARK: Look = ("dark", 1280, 900)
PHONE: Look = ("light", 390, 844)
DARK_PHONE: Look = ("dark", 390, 844)
ZOOMED: Look = ("light", 640, 450)
"""A window of 1280 by 900 at 200 %."""
SHORT: Look = ("light", 1280, 420)
EVERY = (LIGHT, DARK, PHONE, DARK_PHONE, ZOOMED, SHORT)


class Apis(NamedTuple):
    """The api of each table; ``beside`` serves a canary and a shadow too, ``locked`` asks for keys and serves no model.

    ``secret`` is a key to ``locked``.
    """

    iris: Api
    prices: Api
    thirty: Api
    many: Api
    beside: Api
    locked: Api
    secret: str


def _wide(count: int) -> Callable[[Path], str]:
    names = tuple(f"{'size' if place % 2 else 'weight'}_{place}" for place in range(count))
    return lambda serving: tiny_parts(features=names).write(serving / "bundles")


def _serving(folder: Path) -> AbstractContextManager[Api]:
    return running_api(folder, API_WORKERS="1", KEEPALIVE_TIMEOUT="1")


def _beside(folder: Path) -> AbstractContextManager[Api]:
    """Sets of 90 % beside each answer, a canary that takes a quarter, and a shadow."""
    serving, parts = folder / "serving", tiny_parts()
    with_sets = replace(parts, manifest={**parts.manifest, "conformal": CLASSES}).write(serving / "bundles")
    tilted = make_bundle(serving, tilt=1.0)
    canary = {"version": "2", "bundle": tilted, "percent": 25}
    write_policy(serving, 1, with_sets, canary=canary, shadow={"version": "3", "bundle": tilted})
    return _serving(folder)


TABLES: dict[str, Callable[[Path], str]] = {
    "iris": make_bundle,
    "prices": lambda serving: mixed_parts().write(serving / "bundles"),
    "thirty": _wide(30),
    "many": _wide(300),
}


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Apis]:
    assert browser.is_connected()  # where there is none, no api is started
    with ExitStack() as stack:
        folders = {name: tmp_path_factory.mktemp(name) for name in (*TABLES, "beside", "locked")}
        for name, make in TABLES.items():
            write_policy(folders[name] / "serving", 1, make(folders[name] / "serving"))
        secret, key = make_key("reader", frozenset({"predict"}), None)
        write_keys(folders["locked"] / "keys.json", Keys(keys=(key,)))
        started = {name: stack.enter_context(_serving(folders[name])) for name in TABLES}
        keys = str(folders["locked"] / "keys.json")
        locked = stack.enter_context(
            running_api(folders["locked"], ready=False, API_WORKERS="1", KEEPALIVE_TIMEOUT="1", API_KEYS_FILE=keys)
        )
        beside = stack.enter_context(_beside(folders["beside"]))
        yield Apis(**started, beside=beside, locked=locked, secret=secret)


def answered(page: Page, api: Api) -> None:
    page.goto(api.url)
    expect(page.locator("#answered")).not_to_be_empty()


def doubtful(page: Page, api: Api) -> None:
    answered(page, api)
    page.locator("input[type=number]").first.fill("30")
    expect(page.locator("#doubts-title")).to_be_visible()


def down(page: Page, api: Api) -> None:
    answered(page, api)
    page.route("**/predict*", lambda route: route.abort())
    page.locator("input[type=number]").first.fill("5")
    expect(page.locator("#notice")).to_contain_text("does not answer")
    expect(page.locator("#brief")).to_have_class("brief stale")


def beside(page: Page, api: Api) -> None:
    """Until two answers are kept, each with what canary and shadow say."""
    answered(page, api)
    expect(page.locator("#spoken")).not_to_be_empty()
    page.locator("input[type=number]").first.fill("6")
    expect(page.locator("#past li")).to_have_count(2)
    page.locator("#history summary").click()
    expect(page.locator("#terms")).to_contain_text("shadow version 3")


def locked(page: Page, api: Api, address: str = "") -> None:
    page.goto(f"{api.url}{address}")
    expect(page.locator("#key")).to_be_visible()
    expect(page.locator("h1")).to_have_text("A key is needed")


def no_model(page: Page, api: Api, secret: str, address: str = "") -> None:
    locked(page, api, address)
    page.locator("#key-value").fill(secret)
    page.locator("#key-value").press("Enter")
    expect(page.locator("#key")).to_be_hidden()


def without_model(page: Page, apis: Apis) -> None:
    no_model(page, apis.locked, apis.secret)
    expect(page.locator("#name")).to_have_text("No model yet")
    expect(page.locator("#links a").first).to_have_text("Status")


def status(page: Page, api: Api) -> None:
    page.goto(f"{api.url}/status")
    expect(page.locator("#main")).to_be_visible()


def status_of_a_long_life(page: Page, api: Api) -> None:
    """With trainings, moves and alerts, past and still firing."""
    at, later = "2026-11-29T05:57:03+00:00", "2026-11-29T06:07:03+00:00"
    courier = {
        "age_seconds": 1, "registry_up": True, "store_up": True, "store_name": "sqlite:x", "store_bytes": None,
        "pending_records": 0, "oldest_pending_seconds": 0,
        "moves": [{"at": at, "variant": "production", "version": "3", "previous": None, "reason": "publish"}],
        "trainings": [
            {"at": at, "version": "3", "verdict": "failed", "quality": "accuracy 0.87", "adopted": False, "why": "no"}
        ],
    }  # fmt: skip
    past = [
        {"name": "FeatureDrift", "began": at, "ended": end, "source": "this api", "state": "width has PSI 0.9"}
        for end in (None, later)
    ]
    real = api.client.get(f"{api.url}/status.json").json() | {"courier": courier, "past_alerts": past}
    page.route("**/status.json", lambda route: route.fulfill(body=json.dumps(real), status=200))
    status(page, api)
    expect(page.locator("#past tr")).to_have_count(2)
    expect(page.locator("#past tr").first).to_contain_text("still firing")
    expect(page.locator("#trainings tr")).to_contain_text("failed")


def status_without_model(page: Page, apis: Apis) -> None:
    no_model(page, apis.locked, apis.secret, "/status")
    expect(page.locator("#state")).to_have_text("Alert: NoModel")


def status_down(page: Page, api: Api) -> None:
    status(page, api)
    page.route("**/status.json", lambda route: route.abort())
    expect(page.locator("#state")).to_have_text("No answer")
    expect(page.locator("#next")).to_be_hidden()


STATES: dict[str, Callable[[Page, Apis], None]] = {
    "iris": lambda page, apis: answered(page, apis.iris),
    "a value out of range": lambda page, apis: doubtful(page, apis.iris),
    "regression and categories": lambda page, apis: doubtful(page, apis.prices),
    "30 features": lambda page, apis: answered(page, apis.thirty),
    "300 features": lambda page, apis: answered(page, apis.many),
    "canary and shadow": lambda page, apis: beside(page, apis.beside),
    "keys on": lambda page, apis: locked(page, apis.locked),
    "no model yet": without_model,
    "api down": lambda page, apis: down(page, apis.iris),
    "status": lambda page, apis: status(page, apis.iris),
    "status, past alerts and trainings": lambda page, apis: status_of_a_long_life(page, apis.iris),
    "status, many features": lambda page, apis: status(page, apis.many),
    "status, canary and shadow": lambda page, apis: status(page, apis.beside),
    "status, keys on": lambda page, apis: locked(page, apis.locked, "/status"),
    "status, no model yet": status_without_model,
    "status, api down": lambda page, apis: status_down(page, apis.iris),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_wrong_and_leaves_nothing_to_review(browser: Browser, apis: Apis, state: str) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        STATES[state](page, apis)
        for scheme, width, height in EVERY:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": height})
            assert complaints(page) == [], (scheme, width, height)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (scheme, width, height)
