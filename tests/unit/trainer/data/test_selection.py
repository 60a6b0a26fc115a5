"""What is learnt from, and what is left out with a reason."""

import random
from collections.abc import Callable

import pandas as pd
import pytest

from tests.unit.trainer.labelled_rows import COLUMNS, day_of, labelled
from trainer.contract.contract import Contract
from trainer.data.labelled import Row
from trainer.data.selection import CONTRADICTED, CROWDED, OUTLYING, REPEATED, SUSPICIOUS, Selection, select
from trainer.data.source import fetch
from trainer.data.table import parse
from trainer.params import Params

Select = Callable[..., Selection]


@pytest.fixture(scope="module")
def base(iris: Contract, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return parse(fetch(iris, tmp_path_factory.mktemp("iris")), iris, "iris")


@pytest.fixture
def chosen(base: pd.DataFrame, iris: Contract, fast: Params) -> Select:
    def choose(rows: list[Row], **limits: float) -> Selection:
        return select(rows, base, iris, fast.feedback.model_copy(update=limits))

    return choose


def test_without_labelled_rows_nothing_is_chosen(chosen: Select, base: pd.DataFrame) -> None:
    found = chosen([])
    assert (len(found.kept), found.left_out) == (0, {})
    assert list(found.kept.columns) == list(base.columns)


def test_rightly_labelled_flowers_are_kept_oldest_first(chosen: Select) -> None:
    rows = day_of(30)
    found = chosen(rows[::-1])
    assert found.left_out == {}
    assert [f"{value:.3f}" for value in found.kept["sepal_length"]] == [row["sepal_length"] for row in rows]


def test_the_choice_does_not_depend_on_the_order_of_the_rows(chosen: Select) -> None:
    rows = [*day_of(40), *(labelled(100 + n, "setosa") for n in range(60)), labelled(200, "virginica", label="setosa")]
    shuffled = random.Random(5).sample(rows, len(rows))
    assert chosen(rows).left_out == chosen(shuffled).left_out
    assert chosen(rows).kept.equals(chosen(shuffled).kept)


def test_the_same_flower_again_counts_once(chosen: Select) -> None:
    once = labelled(1)
    again = {**labelled(2), **{name: once[name] for name in COLUMNS}}
    assert chosen([once, again]).left_out == {again["prediction_id"]: REPEATED}


def test_a_flower_of_the_data_set_is_not_learnt_twice_and_not_relabelled(chosen: Select, base: pd.DataFrame) -> None:
    known = {name: str(base[name].iloc[0]) for name in COLUMNS}
    assert list(chosen([{**labelled(1), **known}]).left_out.values()) == [REPEATED]
    assert list(chosen([{**labelled(1, label="virginica"), **known}]).left_out.values()) == [CONTRADICTED]


def test_of_two_labels_for_the_same_values_neither_is_believed(chosen: Select) -> None:
    one = labelled(1, "versicolor")
    other = {**labelled(2, "versicolor", label="virginica"), **{name: one[name] for name in COLUMNS}}
    assert set(chosen([one, other]).left_out.values()) == {CONTRADICTED}
    assert len(chosen([one, other]).left_out) == 2


def test_a_label_that_nothing_near_it_has_is_an_outlier(chosen: Select) -> None:
    found = chosen([*day_of(30), labelled(99, "setosa", label="virginica")])
    assert found.reasons == {OUTLYING: 1}


def test_new_flowers_that_lie_together_are_news_and_no_outliers(chosen: Select) -> None:
    shifted = [labelled(n, "virginica", petal_length=f"{7.2 + n / 100:.3f}") for n in range(9)]
    assert chosen([*day_of(30, first=50), *shifted]).left_out == {}


def test_a_day_with_too_many_wrong_labels_is_left_out_whole_and_the_others_are_kept(chosen: Select) -> None:
    wrong = [labelled(100 + n, "setosa", label="virginica", day=1) for n in range(2, 24, 3)]
    poisoned = [*day_of(10, first=60, day=1), *wrong]
    found = chosen([*day_of(30), *poisoned])
    assert {row["prediction_id"] for row in poisoned} <= found.left_out.keys()
    assert found.reasons[SUSPICIOUS] >= 10
    assert len(found.kept) >= 29


def test_one_class_fills_only_its_share_of_a_day(chosen: Select) -> None:
    crowd = [labelled(100 + n, "setosa") for n in range(80)]
    found = chosen([*day_of(30), *crowd])
    assert found.reasons == {CROWDED: 90 - int(0.6 * 110)}
    assert (found.kept["species"] == "setosa").sum() == int(0.6 * 110)
    assert chosen(crowd, class_minimum=80).left_out == {}
    assert chosen(crowd, class_minimum=5).reasons == {CROWDED: 80 - 48}


def test_a_value_far_from_its_neighbours_is_a_regression_s_outlier(fast: Params) -> None:
    contract = Contract.model_validate(
        {
            "name": "line",
            "task": "regression",
            "source": "line.csv",
            "columns": [
                {"name": "x", "dtype": "float64", "unit": "", "minimum": 0, "maximum": 100, "description": ""},
                {"name": "kind", "kind": "category", "categories": ["a", "b"], "nullable": True, "description": ""},
            ],
            "target": {"name": "y", "description": "", "minimum": -1000, "maximum": 1000},
        }
    )
    lines = "\n".join(f"{x},{'ab'[x % 2]},{2 * x}" for x in range(40))
    base = parse(f"x,kind,y\n{lines}\n".encode(), contract, "line")

    def row(number: int, x: float, y: float) -> Row:
        made = labelled(number)
        return {**{key: made[key] for key in ("prediction_id", "at")}, "x": str(x), "kind": "", "label": str(y)}

    found = select([row(1, 10.5, 21), row(2, 20.5, 900), row(3, 7.5, 15.5)], base, contract, fast.feedback)
    assert found.reasons == {OUTLYING: 1}
    assert found.kept["y"].tolist() == [21, 15.5]
