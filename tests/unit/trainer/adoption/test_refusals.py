"""A model that can't be adopted is refused by name."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier

from tests.unit.trainer.adoption.conftest import Adopting, bundle_in, codes, iris_frame, plain
from trainer.contract.contract import Contract
from trainer.drafting.draft import draft
from trainer.errors import AdoptionError, TooFewRowsError


def refused(adopting: Adopting, model: Any, frame: pd.DataFrame, **others: Any) -> str:
    with pytest.raises(AdoptionError) as raised:
        adopting(model, frame, **others)
    return str(raised.value)


def test_a_column_that_the_model_reads_and_the_table_lacks_is_named(table: pd.DataFrame, adopting: Adopting) -> None:
    message = refused(adopting, plain(table), table.drop(columns="deck"))
    assert "the model reads 'deck', which the table does not have" in message


def test_the_target_must_be_named_where_several_columns_could_be_it(
    table: pd.DataFrame, adopting: Adopting, tmp_path: Path
) -> None:
    frame = table[["fare", "deck", "lived"]].assign(again=table["lived"])
    assert "TARGET= one of 'lived', 'again'" in refused(adopting, plain(table), frame)
    adopting(plain(table), frame, target="lived")
    assert bundle_in(tmp_path).manifest["target"]["name"] == "lived"
    assert "TARGET=nothing is not a column" in refused(adopting, plain(table), frame, target="nothing")


def test_another_number_of_columns_is_reported_with_both_numbers(table: pd.DataFrame, adopting: Adopting) -> None:
    model = LogisticRegression(max_iter=1000).fit(table[["fare", "deck"]].to_numpy(), table["lived"])
    frame = table[["fare", "deck", "alone", "lived"]]
    assert "fitted on 2 columns without names, and the table has 3" in refused(adopting, model, frame, target="lived")


def test_classes_that_only_one_of_model_and_table_has_are_named(table: pd.DataFrame, adopting: Adopting) -> None:
    frame = table[["fare", "deck", "lived"]]
    other = frame.assign(lived=frame["lived"].replace("yes", "perhaps"))
    assert "the table's target has 'perhaps', and the model answers 'no', 'yes'" in refused(
        adopting, plain(table), other, target="lived"
    )
    only = frame[frame["lived"] == "no"]
    assert "no row of the table is of class 'yes'" in refused(adopting, plain(table), only, target="lived")


def test_a_regressor_for_words_is_refused(table: pd.DataFrame, adopting: Adopting) -> None:
    model = RandomForestRegressor(3, random_state=0).fit(table[["deck"]], table["fare"])
    assert "the model is a regressor, and lived holds texts" in refused(
        adopting, model, table[["deck", "lived"]], target="lived"
    )


def test_a_regressor_for_the_committed_classification_is_refused(adopting: Adopting, iris: Contract) -> None:
    frame = iris_frame()
    model = Ridge().fit(frame[list(iris.features)], codes(frame))
    assert "the model does regression" in refused(adopting, model, frame, committed=iris, own=True)


def test_a_classifier_for_a_committed_regression_is_refused(table: pd.DataFrame, adopting: Adopting) -> None:
    frame = table[["deck", "fare"]]
    committed = draft(frame.to_csv(index=False).encode(), "rows.csv", "fare").contract
    assert committed is not None
    assert committed.task == "regression"
    model = RandomForestClassifier(3, random_state=0).fit(table[["deck"]], table["lived"])
    assert "the model does classification" in refused(adopting, model, frame, committed=committed, own=True)


def test_a_model_that_was_never_fitted_is_refused(table: pd.DataFrame, adopting: Adopting) -> None:
    assert "never fitted" in refused(adopting, LogisticRegression(), table)


def test_a_file_that_holds_no_model_is_refused(table: pd.DataFrame, adopting: Adopting) -> None:
    assert "holds a dict" in refused(adopting, {"model": LogisticRegression()}, table)


def test_a_threshold_of_its_own_is_refused_because_probabilities_are_served(
    table: pd.DataFrame, adopting: Adopting
) -> None:
    model = FixedThresholdClassifier(plain(table), threshold=0.9).fit(table[["fare", "deck"]], table["lived"])
    assert "does not answer its most probable class" in refused(adopting, model, table[["fare", "deck", "lived"]])


def test_gaps_that_the_model_does_not_take_are_its_refusal(table: pd.DataFrame, adopting: Adopting) -> None:
    known = table.dropna(subset="age")
    model = LogisticRegression(max_iter=1000).fit(known[["age", "fare"]], known["lived"])
    message = refused(adopting, model, table[["age", "fare", "lived"]])
    assert "does not answer every row" in message
    assert "NaN" in message


def test_text_without_an_encoder_is_refused(table: pd.DataFrame, adopting: Adopting) -> None:
    texts = table[["fare", "port", "lived"]].rename(columns={"port": "deck"}).dropna()
    assert "could not convert string to float" in refused(adopting, plain(table), texts)


def test_a_class_with_too_few_rows_to_be_judged_is_refused(table: pd.DataFrame, adopting: Adopting) -> None:
    few = pd.concat([table[table["lived"] == "no"], table[table["lived"] == "yes"].head(2)])
    with pytest.raises(TooFewRowsError, match="class 'yes'"):
        adopting(plain(table), few[["fare", "deck", "lived"]])
