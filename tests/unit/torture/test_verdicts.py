"""The rig itself: a platform that loses, doubles, alters or invents an answer is found guilty, a good one is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.bundles import GOLDEN_ROWS, IRIS, make_bundle
from tests.torture.rig.log import Answer, Log, Refusal, Timed
from tests.torture.rig.offline import Offline
from tests.torture.rig.verdicts import Row, no_garbage, no_surprise, nothing_lost


@pytest.fixture
def model(tmp_path: Path) -> Offline:
    return Offline(tmp_path / "bundles" / make_bundle(tmp_path))


@pytest.fixture
def answers(model: Offline) -> list[Answer]:
    """As a platform without fault gives them."""
    rows = [dict(zip(IRIS, row, strict=True)) for row in GOLDEN_ROWS]
    return [
        Answer(f"request-{n}", f"id-{n}", "1", model.bundle, row, expected.label, expected.probabilities)
        for n, (row, expected) in enumerate(zip(rows, model.predict(rows), strict=True))
    ]


def kept(answer: Answer) -> Row:
    return Row(
        id=answer.prediction_id,
        request_id=answer.request_id,
        version=answer.version,
        bundle=answer.bundle,
        features=dict(reversed(answer.row.items())),  # jsonb keeps no order
        label=answer.label,
        probabilities=answer.probabilities,
    )


@pytest.fixture
def rows(answers: list[Answer]) -> list[Row]:
    return [kept(answer) for answer in answers]


def test_a_platform_without_fault_is_acquitted(answers: list[Answer], rows: list[Row], model: Offline) -> None:
    assert nothing_lost(answers, rows) == []
    assert no_garbage(answers, {"1": model}) == []
    assert no_surprise([Refusal("r", 503, "1", ""), Refusal("r", 429, "1", "")]) == []


def test_a_row_that_nobody_saw_an_answer_for_is_allowed(answers: list[Answer], rows: list[Row]) -> None:
    assert nothing_lost(answers[1:], rows) == []


def test_a_lost_row_is_found(answers: list[Answer], rows: list[Row]) -> None:
    (complaint,) = nothing_lost(answers, rows[1:])
    assert complaint.startswith("lost: ")
    assert "id-0" in complaint


def test_a_doubled_row_is_found_even_if_its_answer_never_came(answers: list[Answer], rows: list[Row]) -> None:
    assert nothing_lost(answers[1:], [*rows, rows[0]]) == ["in the audit: id-0 2 times"]


def test_two_answers_with_one_id_are_found(answers: list[Answer], rows: list[Row]) -> None:
    assert "answered: id-0 2 times" in nothing_lost([*answers, answers[0]], rows)


@pytest.mark.parametrize(
    "change",
    [
        {"features": dict(zip(IRIS, (5.1, 3.5, 1.4, 0.21), strict=True))},
        {"features": {}},
        {"label": "virginica"},
        {"probabilities": {"setosa": 1.0, "versicolor": 0.0, "virginica": 0.0}},
        {"version": "2"},
        {"bundle": "0" * 64},
        {"request_id": "somebody-else"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_differs_from_its_answer_is_found(
    answers: list[Answer], rows: list[Row], change: dict[str, object]
) -> None:
    (complaint,) = nothing_lost(answers, [replace(rows[0], **change), *rows[1:]])  # type: ignore[arg-type]
    assert complaint.startswith("answered ")


def test_rows_that_were_swapped_are_found(answers: list[Answer], rows: list[Row]) -> None:
    swapped = [replace(rows[0], id=rows[1].id), replace(rows[1], id=rows[0].id), *rows[2:]]
    assert len(nothing_lost(answers, swapped)) == 2


def test_a_wrong_label_is_found(answers: list[Answer], model: Offline) -> None:
    wrong = [replace(answers[0], label="virginica"), *answers[1:]]
    assert len(no_garbage(wrong, {"1": model})) == 1


def test_probabilities_of_another_version_are_found(answers: list[Answer], tmp_path: Path) -> None:
    other = Offline(tmp_path / "bundles" / make_bundle(tmp_path, tilt=0.01))
    claimed = [replace(answer, version="2", bundle=other.bundle) for answer in answers]
    assert no_garbage(claimed, {"2": other})


def test_a_missing_class_is_found(answers: list[Answer], model: Offline) -> None:
    short = [replace(answer, probabilities={answer.label: 1.0}) for answer in answers]
    assert len(no_garbage(short, {"1": model})) == len(answers)


def test_a_version_that_was_never_published_is_found(answers: list[Answer], model: Offline) -> None:
    assert no_garbage(answers, {"2": model}) == ["3 answers name version 1, which was never published"]


def test_a_version_with_another_versions_bundle_is_found(answers: list[Answer], model: Offline) -> None:
    assert no_garbage([replace(answers[0], bundle="0" * 64)], {"1": model})


@pytest.mark.parametrize("status", [400, 404, 422, 499, 500, 502, 504])
def test_any_other_refusal_is_a_surprise(status: int) -> None:
    assert len(no_surprise([Refusal("r", status, "1", "why")])) == 1


def test_a_refusal_that_does_not_say_when_to_come_again_is_a_surprise() -> None:
    assert len(no_surprise([Refusal("r", 503, None, "why")])) == 1


def test_percentiles_are_of_the_window_that_is_asked_for() -> None:
    log = Log(timed=[Timed(float(at), at / 1000) for at in range(100)])
    assert log.percentile(0.5) == 50
    assert log.percentile(0.99, since=10, until=20) == 19
    assert log.percentile(0.99, since=1000) == 0
