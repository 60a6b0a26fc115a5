"""What a person does on the page, and what comes of it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Visit, type_value
from tests.support.apis import ROW, Api
from tests.support.bundles import FLOWERS, IRIS
from tests.support.journals import records

FIRST, LAST = IRIS[0], IRIS[-1]


def test_the_form_is_made_from_the_served_model(page: Page) -> None:
    assert page.title() == "iris_clf · playground"
    assert page.locator("#fields label").all_inner_texts() == [f"{name} cm" for name in IRIS]
    assert page.locator("#bars li span").all_inner_texts() == list(FLOWERS)
    sliders = page.get_by_role("slider")
    assert [sliders.nth(place).get_attribute("max") for place in range(4)] == ["10"] * 4
    assert page.locator(".histogram rect").count() == 4 * 3
    expect(page.get_by_role("link", name="Swagger")).to_have_attribute("href", "/docs")
    expect(page.locator("#served")).to_contain_text("LogisticRegression, version 1, in production since")
    expect(page.locator("#card")).to_contain_text("Accuracy")
    expect(page.locator("#facts")).to_contain_text("production version 1, 100.0 % of requests, gate: passed")


def test_the_answer_follows_the_slider_and_is_the_api_s(page: Page, served: Api) -> None:
    for feature, value in ROW.items():
        type_value(page, feature, value)
    expect(page.locator("#label")).to_have_text("setosa")
    page.get_by_role("slider").nth(2).fill("10")
    expect(page.get_by_label("petal_length_cm cm")).to_have_value("10")
    expect(page.locator("#label")).to_have_text("virginica")
    answer = served.predict(petal_length_cm=10).json()
    expect(page.locator(".first b")).to_have_text(f"{100 * answer['probabilities']['virginica']:.1f} %")
    shares = [float(text.split()[-2].strip("<>")) for text in page.locator("#bars b").all_inner_texts()]
    assert 99 < sum(shares) < 101


def test_only_the_last_of_many_moves_is_shown(page: Page, served: Api) -> None:
    """Answers that come late, and in the wrong order, never replace a newer one."""
    held: list[Route] = []
    page.route("**/predict", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/predict"):
        type_value(page, "petal_length_cm", 0)
    type_value(page, "petal_length_cm", 9.5)
    expect(page.locator("#label")).to_have_text("virginica")
    expect(page.locator("#answer")).not_to_have_class("answer stale")


def test_a_value_s_place_among_the_training_rows_is_shown_and_beyond_them_it_warns(page: Page) -> None:
    field = page.locator(".field", has=page.get_by_label("petal_width_cm cm"))
    type_value(page, "petal_width_cm", 3)
    expect(field.locator(".place")).to_have_text("above about 38 % of the training rows")
    assert field.locator("rect").nth(1).get_attribute("class") == "here"
    type_value(page, "petal_width_cm", 11)
    expect(field.locator(".place")).to_have_text("outside 0 to 10: answered, with a warning")
    expect(page.locator("#spoken")).to_contain_text("petal_width_cm: 11 is outside 0 to 10")


def test_a_sample_row_fills_the_form(page: Page) -> None:
    page.get_by_role("toolbar", name="Sample rows").get_by_role("button", name="3 versicolor").click()
    expect(page.get_by_label("sepal_length_cm cm")).to_have_value("6.5")
    expect(page.locator("#label")).to_have_text("versicolor")


def test_a_value_that_does_not_fit_is_marked_at_its_field(page: Page, visit: Visit) -> None:
    type_value(page, FIRST, "")
    error = page.locator(".field").first.locator(".error")
    expect(error).to_have_text("A number is needed here.")
    expect(page.get_by_label(f"{FIRST} cm")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#answer")).to_have_class("answer stale")
    visit.expected = ("422",)
    type_value(page, FIRST, "1e39")
    expect(error).to_have_text("Input is beyond the numbers the model can compute with")
    type_value(page, FIRST, "5")
    expect(error).to_be_hidden()
    expect(page.locator("#notice")).to_be_hidden()


def test_the_commands_to_copy_give_the_answer_on_the_page(page: Page) -> None:
    page.get_by_role("button", name="2 versicolor").click()
    expect(page.locator("#label")).to_have_text("versicolor")
    command = page.locator("#snippet").inner_text()
    message = json.loads(subprocess.run(["bash", "-c", command], check=True, capture_output=True, timeout=20).stdout)
    page.get_by_role("button", name="Python").click()
    program = page.locator("#snippet").inner_text()
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=20
    ).stdout
    assert message["label_name"] == "versicolor"
    assert f"'probabilities': {message['probabilities']}" in printed


def test_feedback_lands_beside_the_prediction_it_is_about(page: Page, served: Api) -> None:
    page.get_by_role("button", name="1 setosa").click()
    expect(page.locator("#label")).to_have_text("setosa")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("It was").select_option("virginica")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#feedback")).to_contain_text("Noted for prediction")
    kept = records(served.journal)
    (feedback,) = [record for record in kept if record["kind"] == "feedback"]
    assert (feedback["label"], feedback["source"]) == ("virginica", "playground")
    about = next(record for record in kept if feedback["prediction_id"] in record.get("ids", []))
    assert about["rows"] == [[5.1, 3.5, 1.4, 0.2]]
    assert about["request_id"].startswith("playground-")
    assert about["trial"] is True
    expect(page.locator("#feedback")).to_contain_text("not counted")


def test_requests_count_where_a_person_switches_that_on(page: Page, served: Api) -> None:
    page.get_by_label("Count my requests and verdicts in drift and quality").check()
    with page.expect_response("**/predict") as answer:
        type_value(page, "petal_length_cm", 2.5)
    id_ = answer.value.json()["prediction_id"]
    (record,) = [record for record in records(served.journal) if id_ in record.get("ids", [])]
    assert "trial" not in record


def test_a_table_comes_back_with_an_answer_for_each_line(page: Page, tmp_path: Path) -> None:
    table = tmp_path / "flowers.csv"
    table.write_text(",".join(IRIS) + "\n5.1,3.5,1.4,0.2\n6.5,3.0,9.8,2.2\n")
    with page.expect_download() as download:
        page.get_by_label("Drop a CSV here").set_input_files(table)
    assert download.value.suggested_filename == "flowers-predictions.csv"
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [row["label_name"] for row in rows] == ["setosa", "virginica"]
    expect(page.locator("#table-result")).to_contain_text("2 rows answered")


def test_a_table_that_does_not_fit_is_refused_with_its_line(page: Page, visit: Visit, tmp_path: Path) -> None:
    visit.expected = ("422",)
    table = tmp_path / "flowers.csv"
    table.write_text(",".join(IRIS) + "\n5.1,3.5,1.4,0.2\n6.5,3.0,much,2.2\n")
    page.get_by_label("Drop a CSV here").set_input_files(table)
    expect(page.locator("#table-result")).to_have_text("flowers.csv, line 3, petal_length_cm: is not a number")


def test_everything_can_be_done_with_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the form")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="1 setosa")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label(f"{FIRST} cm")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider").first).to_be_focused()
    with page.expect_response("**/predict"):  # the answer to it would ask anew whether it was right
        page.keyboard.press("End")
    expect(page.get_by_label(f"{FIRST} cm")).to_have_value("10")
    expect(page.locator("#spoken")).not_to_be_empty()
    for _ in range(7):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=FIRST)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Yes", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#feedback")).to_contain_text("Noted for prediction")


def test_texts_can_be_read_in_light_and_in_dark(browser: Browser, served: Api) -> None:
    """WCAG AA: 4.5 to 1 for every text that is shown."""
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme) as context:
            page = context.new_page()
            page.goto(served.url)
            page.locator("#bars li").first.wait_for()
            faint = page.evaluate(Path(__file__).with_name("contrast.js").read_text())
            assert faint == [], scheme


def test_on_a_phone_nothing_is_cut_off_and_the_answer_stays_in_sight(browser: Browser, served: Api) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(served.url)
        page.locator("#bars li").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("slider").first.scroll_into_view_if_needed()
        expect(page.locator("#brief")).to_be_in_viewport()
