"""The playground where keys are asked for, before there is a model, and beside an alias that does not serve."""

import json
import os
import subprocess
from pathlib import Path

from playwright.sync_api import expect

from api.access.keys import Keys, make_key, write_keys
from tests.browser.conftest import Visit, type_value
from tests.support.apis import running_api
from tests.support.bundles import IRIS, make_bundle, write_policy


def test_where_keys_are_asked_for_the_page_asks_for_one_and_keeps_it_out_of_sight(visit: Visit, tmp_path: Path) -> None:
    visit.expected = ("401",)
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"))
    secret, key = make_key("reader", frozenset({"predict"}), None)
    write_keys(tmp_path / "keys.json", Keys(keys=(key,)))
    with running_api(tmp_path, KEEPALIVE_TIMEOUT="1", API_KEYS_FILE=str(tmp_path / "keys.json")) as api:
        page = visit.page
        page.goto(api.url)
        expect(page.locator("#notice")).to_have_text("The api asks for a key.")
        page.get_by_label("Api key").fill(secret)
        page.get_by_role("button", name="Use it").click()
        expect(page.locator("#label")).to_have_text("setosa")
        expect(page.locator("#notice")).to_be_hidden()
        expect(page.get_by_label("Api key")).to_be_hidden()
        assert secret not in page.content()
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        command = page.locator("#snippet").inner_text()
        printed = subprocess.run(
            ["bash", "-c", command],
            env={"API_KEY": secret, "PATH": os.environ["PATH"]},
            capture_output=True,
            check=True,
        )
        assert json.loads(printed.stdout)["label_name"] == "setosa"
        visit.expected = ("403",)
        page.get_by_role("button", name="Yes", exact=True).click()
        expect(page.locator("#notice")).to_have_text("This key does not allow that.")


def test_it_waits_for_the_first_model_and_follows_the_next(visit: Visit, tmp_path: Path) -> None:
    visit.expected = ("ERR_CONNECTION_REFUSED", "Failed to load resource")
    serving = tmp_path / "serving"
    with running_api(tmp_path, ready=False, KEEPALIVE_TIMEOUT="1") as api:
        visit.page.goto(api.url)
        expect(visit.page.locator("#notice")).to_contain_text("No model is served yet")
        write_policy(serving, 1, make_bundle(serving))
        expect(visit.page.locator("#served")).to_contain_text("version 1", timeout=15_000)
        write_policy(serving, 2, make_bundle(serving, tilt=1.0), version="2")
        api.server.wait_until(lambda: api.client.get(f"{api.url}/model").json()["version"] == "2", "version 2 serves")
        for value in range(1, 9):
            type_value(visit.page, IRIS[0], value)
            visit.page.wait_for_timeout(150)
        expect(visit.page.locator("#served")).to_contain_text("version 2")
        expect(visit.page.get_by_label(f"{IRIS[0]} cm")).to_have_value("8")
    type_value(visit.page, IRIS[0], 5)
    expect(visit.page.locator("#notice")).to_contain_text("does not answer")
    expect(visit.page.locator("#answer")).to_have_class("answer stale")
    expect(visit.page.get_by_role("button", name="Yes", exact=True)).to_be_disabled()


def test_the_card_says_which_version_an_alias_names_that_does_not_serve(visit: Visit, tmp_path: Path) -> None:
    serving = tmp_path / "serving"
    write_policy(serving, 1, make_bundle(serving), version="6")
    named = {"production": {"version": "7", "refused": "version 7 has no tag `bundle` <b>"}}
    (serving / "aliases.json").write_text(json.dumps({"format": 1, "model": "iris_clf", **named}))
    with running_api(tmp_path) as api:
        visit.page.goto(f"{api.url}/")
        expect(visit.page.locator("#facts")).to_contain_text(
            "Alias production names version 7, which was refused: version 7 has no tag `bundle` <b>; version 6 serves."
        )
