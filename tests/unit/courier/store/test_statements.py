"""The SQL files: numbers that nobody uses twice, and the same statements for both stores where both are asked."""

import pytest

from courier.store.statements import Dialect, migrations, statements


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_every_migration_has_a_number_of_its_own(dialect: Dialect) -> None:
    numbers = [migration.number for migration in migrations(dialect)]
    assert sorted(set(numbers)) == numbers


def test_both_stores_are_read_by_the_same_questions() -> None:
    assert statements("postgres", "reads").keys() == statements("sqlite", "reads").keys() - {"ping"}
