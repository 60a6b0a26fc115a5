"""The recipes of the models we measure with are what the trainer takes."""

from pathlib import Path

import pytest

from bench.bundles import RECIPES, Recipe
from bench.measures.growth import ask
from bench.measures.memory import growth
from trainer.contract.contract import read_contract
from trainer.params import read_params


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_is_a_contract_and_parameters_the_trainer_reads(recipe: Recipe, tmp_path: Path) -> None:
    for name, content in recipe.files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")

    contract = read_contract(tmp_path / "data" / "contract.yaml")

    assert list(read_params(tmp_path / "params.yaml").candidates) == [recipe.name]
    assert len(contract.features) == (recipe.features or 4)
    assert len(contract.target.classes) == (recipe.classes or 3)


def test_a_made_up_table_has_every_class_and_the_columns_of_its_contract() -> None:
    recipe = next(one for one in RECIPES if one.classes == 30)
    header, *lines = recipe.files()["table.csv"].splitlines()

    assert len({line.rsplit(",", 1)[1] for line in lines}) == 30
    assert {len(line.split(",")) for line in lines} == {len(header.split(","))} == {9}


def test_requests_for_wide_tables_name_every_feature() -> None:
    assert all(body.count(b"feature_") == 64 for body in ask(64).bodies)


@pytest.mark.parametrize(
    ("sizes", "grown"),
    [([100.0] * 8, 0.0), ([90.0, 95, 100, 100, 100, 100, 100, 100], 0.0), ([float(n) for n in range(8)], 4.0)],
    ids=["flat", "warming up", "leaking"],
)
def test_warming_up_is_not_growth_and_a_leak_is(sizes: list[float], grown: float) -> None:
    assert growth(sizes) == grown
