"""The demo's shifted world: what is true in it, what may be asked, and how wrong the model of before is there."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.world import World
from scripts.traffic.served import Served
from trainer.bundle.reference import reference
from trainer.contract.contract import read_contract
from trainer.data.dataset import Rows

ROOT = Path(__file__).resolve().parents[4]
ROWS = 600


@pytest.fixture(scope="module")
def served() -> Served:
    """The committed table, as the api shows it once a model of it is served."""
    contract = read_contract(ROOT / "data" / "contract.yaml")
    found = load_iris(as_frame=True)
    frame = found.data.set_axis(list(contract.features), axis="columns")
    bins = reference(Rows(frame, found.target.to_numpy()), contract, bins=10)["features"]
    features = [json.loads(one.model_dump_json()) for one in contract.columns]
    return Served("1", features, bins, contract.target.name, list(contract.target.classes), accuracy=0.97)


def test_the_truth_is_a_function_of_the_row_and_the_world_the_same_each_time(served: Served) -> None:
    world = World.beyond(served)
    once = [world.draw(Random(3)) for _ in range(2)]
    assert once[0] == once[1]
    random = Random(4)
    for row, truth in (world.draw(random) for _ in range(ROWS)):
        assert world.truth(dict(reversed(row.items()))) == truth


def test_every_row_is_one_the_contract_allows_and_every_class_occurs(served: Served) -> None:
    world, random = World.beyond(served), Random(5)
    drawn = [world.draw(random) for _ in range(ROWS)]
    for feature in served.features:
        values = [row[feature["name"]] for row, _ in drawn]
        assert all(type(value) is float for value in values)
        assert feature["minimum"] <= min(values) < max(values) <= feature["maximum"]
    shares = [sum(truth == name for _, truth in drawn) / ROWS for name in served.classes]
    assert all(share == pytest.approx(1 / 3, abs=0.07) for share in shares)


def test_the_model_of_before_is_mostly_wrong_there_and_a_new_one_can_be_right(served: Served) -> None:
    found = load_iris()
    old = LogisticRegression(max_iter=1000).fit(found.data, found.target)
    world, random = World.beyond(served), Random(6)
    drawn = [world.draw(random) for _ in range(ROWS)]
    table = np.array([[row[name] for name in served.names] for row, _ in drawn])
    truth = np.array([served.classes.index(label) for _, label in drawn])
    assert old.score(found.data, found.target) > 0.95
    assert old.score(table, truth) < 0.5
    half = ROWS // 2
    new = LogisticRegression(max_iter=5000, C=10).fit(table[:half], truth[:half])
    assert new.score(table[half:], truth[half:]) > 0.95


def test_whole_numbers_stay_whole(served: Served) -> None:
    whole = [{**one, "dtype": "int64"} for one in served.features]
    row, _ = World.beyond(replace(served, features=whole)).draw(Random(1))
    assert all(type(value) is int for value in row.values())


def test_a_table_without_classes_numbers_or_room_is_refused_by_name(served: Served) -> None:
    with pytest.raises(DemoError, match="answers with a number"):
        World.beyond(replace(served, classes=[]))
    with pytest.raises(DemoError, match="has none"):
        World.beyond(replace(served, features=[{**one, "kind": "boolean"} for one in served.features]))
    full = {name: {**bins, "edges": [served.features[0]["maximum"]]} for name, bins in served.bins.items()}
    with pytest.raises(DemoError, match="sepal_length has no room"):
        World.beyond(replace(served, bins=full))
