"""The verb to type next: each rule, and which of two comes first."""

from dataclasses import replace

import pytest

from api.status.advice import Facts, next_verb

WELL = Facts(version="2", answers=400, judged=40)


@pytest.mark.parametrize(
    ("facts", "verb", "word"),
    [
        (Facts(version=None), "make train", "No model"),
        (Facts(version=None, refused="production names version 3, no bundle"), "make models", "version 3"),
        (replace(WELL, journal_old=True, drifted=("a",)), "make local", "courier"),
        (replace(WELL, accuracy_fell=True, drifted=("a",)), "make retrain", "hold-out"),
        (replace(WELL, drifted=("a", "b", "c", "d", "e")), "make retrain", "a, b, c and 2 more drifted"),
        (replace(WELL, canary="3"), "make rollout", "Version 3 waits"),
        (replace(WELL, refused="canary names version 4"), "make models", "version 4"),
        (replace(WELL, answers=4000, judged=0), "make traffic FEEDBACK=1", "4,000 answers and no label"),
        (WELL, "make traffic DRIFT=1", "Nothing waits"),
    ],
)
def test_the_first_rule_that_holds_names_the_verb(facts: Facts, verb: str, word: str) -> None:
    advice = next_verb(facts)
    assert advice.verb == verb
    assert word in advice.why
