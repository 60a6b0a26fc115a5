"""Notebook models drawn with fixed seeds; `make test-adoptions` draws others for minutes."""

from tests.support.random_adoptions import tried

SEEDS = range(5000, 5008)


def test_no_notebook_model_that_was_drawn_is_adopted_and_answers_otherwise() -> None:
    outcomes = [tried(seed) for seed in SEEDS]
    assert [one for one in outcomes if one.differs] == []
    assert sum(one.accepted for one in outcomes) >= len(SEEDS) // 2
