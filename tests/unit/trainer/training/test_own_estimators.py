"""A function of the user's own that returns an estimator, and searches."""

from pathlib import Path

import pytest
from sklearn.ensemble import RandomForestClassifier

from trainer.candidates import Candidate
from trainer.errors import ParamsError
from trainer.training.own_estimators import own_estimator
from trainer.training.search import trials_of

GOOD = "from sklearn.ensemble import RandomForestClassifier\ndef make(trees=5): return RandomForestClassifier(trees)\n"


def written(root: Path, text: str) -> Path:
    (root / "models").mkdir()
    (root / "models/mine.py").write_text(text)
    return root


def test_settings_are_the_arguments_of_the_function(tmp_path: Path) -> None:
    made = own_estimator("mine:make", {"trees": 7}, "classification", written(tmp_path, GOOD))
    assert isinstance(made, RandomForestClassifier)
    assert made.n_estimators == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nowhere\n", "raised ModuleNotFoundError: No module named 'nowhere'"),
        ("make = 3\n", "models/mine.py has no function make"),
        ("def make(): pass\n", "returned nothing"),
        ("def make(): 1 / 0\n", "raised ZeroDivisionError"),
        ("def make(): raise SystemExit(3)\n", "raised SystemExit"),
        ("from sklearn.linear_model import Ridge\ndef make(): return Ridge\n", "returned the class Ridge"),
        ("from sklearn.linear_model import Ridge\ndef make(): return Ridge()\n", "is for regression"),
        ("from sklearn.svm import SVC\ndef make(): return SVC()\n", "has no predict_proba"),
        ("def make(): return 'model'\n", "is not an estimator"),
        (
            "from sklearn.semi_supervised import SelfTrainingClassifier as S\ndef make(): return S()\n",
            "can't be asked; has it the estimator inside it",
        ),
        ("from sklearn.linear_model import MultiTaskLasso as M\ndef make(): return M()\n", "is for regression"),
        (
            "from sklearn.multioutput import ClassifierChain\nfrom sklearn.tree import DecisionTreeClassifier as Tree\n"
            "def make(): return ClassifierChain(Tree())\n",
            "answers several targets at once",
        ),
        ("def make():\n    while True: pass\n", "did not return within"),
    ],
)
def test_a_function_that_is_wrong_says_how(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        own_estimator("mine:make", {}, "classification", written(tmp_path, text), seconds=2)


def test_a_stack_that_has_its_methods_after_fit_is_taken(tmp_path: Path) -> None:
    text = (
        "from sklearn.ensemble import StackingClassifier\nfrom sklearn.tree import DecisionTreeClassifier as Tree\n"
        "def make(): return StackingClassifier([('a', Tree()), ('b', Tree())])\n"
    )
    made = own_estimator("mine:make", {}, "classification", written(tmp_path, text))
    assert type(made).__name__ == "StackingClassifier"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"the file models/mine\.py does not exist"):
        own_estimator("mine:make", {}, "classification", tmp_path)


def test_a_search_draws_the_same_settings_for_the_same_seed() -> None:
    candidate = Candidate.model_validate({"estimator": "LGBMClassifier", "search": {"trials": 4}})
    drawn = []
    for _ in range(2):
        trials, settings = trials_of(candidate, 3), []
        for place, chosen in enumerate(trials):
            settings.append(chosen)
            trials.tell(place)
        drawn.append(settings)
    assert len(drawn[0]) == 4
    assert drawn[0] == drawn[1]
