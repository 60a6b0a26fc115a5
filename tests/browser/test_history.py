"""Last answers, undo, the link that carries the values, and the terms of an answer."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.apis import Api, running_api
from tests.support.bundles import BundleParts, make_bundle, tiny_parts, write_policy
from tests.support.mixed_bundles import mixed_parts
from tests.unit.api.protocols.test_conformal import CLASSES, VALUES

FIRST = "sepal_length_cm"


def test_the_last_answers_are_kept_and_undo_goes_back(page: Page) -> None:
    undo, field = page.get_by_role("button", name="Undo"), page.get_by_label(f"{FIRST} cm")
    expect(undo).to_be_disabled()
    expect(page.locator("#spoken")).not_to_be_empty()
    field.fill("7.5")
    expect(undo).to_be_enabled()
    expect(page.locator("#past li").first).to_contain_text(f"{FIRST} 7.5")
    undo.click()
    expect(field).to_have_value("5.1")
    expect(undo).to_be_disabled()


def test_a_link_carries_the_values_and_ignores_what_does_not_fit(page: Page, visit: Visit, served: Api) -> None:
    page.get_by_label(f"{FIRST} cm").fill("6.25")
    page.get_by_role("button", name="Copy link").click()
    expect(page).to_have_url(re.compile("#row="))
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_label(f"{FIRST} cm")).to_have_value("6.25")
    page.goto("about:blank")
    page.goto(f'{served.url}/#row={{"{FIRST}":"<b>","other":1}}')
    expect(page.get_by_label(f"{FIRST} cm")).to_have_value("")
    assert visit.complaints == []


def test_a_canary_is_asked_beside_production_and_a_shadow_is_named(visit: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "serving"
    tilted = make_bundle(folder, tilt=1.0)
    canary = {"version": "2", "bundle": tilted, "percent": 0}
    write_policy(folder, 1, make_bundle(folder), canary=canary, shadow={"version": "3", "bundle": tilted})
    with running_api(tmp_path, API_WORKERS="1", KEEPALIVE_TIMEOUT="1") as api:
        visit.page.goto(api.url)
        terms = visit.page.locator("#terms li")
        expect(terms.first).to_have_text(re.compile(r"^canary version 2: setosa [\d.<> ]+ %$"))
        expect(terms.nth(1)).to_have_text("shadow version 3: answers no client")


@pytest.mark.parametrize(
    ("parts", "numbers", "message"),
    [
        (tiny_parts(), CLASSES, r"^\d+ % set: (none, it is less certain than \d+ % of the held-out rows|\w+(, \w+)*)$"),
        (mixed_parts(), VALUES, r"^\d+ % interval: [-\d.]+ to [-\d.]+ EUR$"),
    ],
    ids=["set", "interval"],
)
def test_a_bundle_s_set_or_interval_stands_under_the_answer(
    visit: Visit, tmp_path: Path, parts: BundleParts, numbers: dict[str, object], message: str
) -> None:
    with_numbers = replace(parts, manifest={**parts.manifest, "conformal": numbers})
    write_policy(tmp_path / "serving", 1, with_numbers.write(tmp_path / "serving/bundles"))
    with running_api(tmp_path, API_WORKERS="1", KEEPALIVE_TIMEOUT="1") as api:
        visit.page.goto(api.url)
        expect(visit.page.locator("#terms li")).to_have_text(re.compile(message))
