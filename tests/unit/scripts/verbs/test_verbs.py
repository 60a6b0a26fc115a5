"""What a person types after make: every wrong variable is named as it was typed, and every right one arrives."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.verbs.__main__ import assigned, command, main
from scripts.verbs.table import VERBS
from scripts.verbs.variables import VariableError

ROOT = Path(__file__).resolve().parents[4]


def words(verb: str, **variables: str) -> list[str]:
    return command(verb, variables)[2:]


@pytest.mark.parametrize(
    ("verb", "variables", "message"),
    [
        ("canary", {"PERCENT": "200"}, "PERCENT is a number from 0 to 100, not 200"),
        ("canary", {"PERCENT": "nan"}, "PERCENT is a number from 0 to 100, not nan"),
        ("canary", {"PERCENT": "1_0"}, "PERCENT is a number from 0 to 100, not 1_0"),
        ("promote", {"VERSION": "none"}, "VERSION is the number of a version, as `make models` lists them, not none"),
        ("promote", {"VERSION": "0"}, "VERSION is the number of a version"),
        ("promote", {"VERSION": "²"}, "VERSION is the number of a version"),
        ("shadow", {}, "VERSION is missing: it is the version that is to answer unheard"),
        ("shadow", {"VERSION": "None"}, "or none, not None"),
        ("contract", {"TARGET": "species"}, "CSV is missing: it is your table"),
        ("contract", {"CSV": "no/such.csv", "TARGET": "x"}, "CSV is the path of a file that exists, not no/such.csv"),
        ("contract", {"CSV": str(ROOT / "README.md"), "TARGET": " "}, "TARGET is missing: it is the column to predict"),
        ("local", {"API_PORT": "abc"}, "API_PORT is a port: a whole number from 1 to 65535, not abc"),
        ("traffic", {"API_PORT": "0"}, "API_PORT is a port"),
        ("traffic", {"SECONDS": "-1"}, "SECONDS is a number above 0 and below a million, not -1"),
        ("traffic", {"RATE": "inf"}, "RATE is a number above 0 and below a million, not inf"),
        ("traffic", {"DRIFT": "yes"}, "DRIFT is 1 (on), or 0 or left out (off), not yes"),
        ("api", {"MLFLOW_URI": "localhost"}, "MLFLOW_URI is an address that begins with http:// or https://"),
        ("api-key", {}, "NAME is missing"),
        ("api-key", {"NAME": "a b"}, "NAME is a name of at most 64 letters"),
        ("api-key", {"NAME": "x" * 1000}, f"not {'x' * 60}…"),
        ("api-key", {"NAME": "a\x1b[31m"}, "not a?[31m"),
        ("api-key", {"NAME": "a", "SCOPE": "predcit"}, "(did you mean predict?)"),
        ("restore", {"FILE": "none.tar"}, "FILE is the path of a file that exists, not none.tar"),
        ("models", {"STACK": "yes"}, "STACK is 1 (on), or 0 or left out (off), not yes"),
        ("promote", {"MAKEFLAGS": " -- VERSON=4"}, "`make promote` has no variable VERSON; did you mean VERSION"),
        ("promote", {"MAKEFLAGS": "s -- version=4"}, "`make promote` has no variable version; did you mean VERSION"),
        ("models", {"MAKEFLAGS": " -- VERSON=3", "MAKECMDGOALS": "models"}, "no variable VERSON; it has STACK"),
        ("rollback", {"MAKEFLAGS": " -- VERSION=3", "MAKECMDGOALS": "rollback"}, "`make rollback` has no variable"),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named_with_what_it_may_hold(verb: str, variables: dict[str, str], message: str) -> None:
    with pytest.raises(VariableError) as refused:
        command(verb, variables)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("verb", "variables", "expected"),
    [
        ("promote", {}, ["scripts.operate", "promote"]),
        ("promote", {"VERSION": "04", "WHY": "--a 'b' $c", "DRY_RUN": "1"},
         ["scripts.operate", "promote", "--version=4", "--why=--a 'b' $c", "--dry-run"]),
        ("promote", {"DRY_RUN": "0", "VERSION": ""}, ["scripts.operate", "promote"]),
        ("canary", {"PERCENT": "12.5%"}, ["scripts.operate", "canary", "--percent=12.5"]),
        ("canary", {"PERCENT": "0"}, ["scripts.operate", "canary", "--percent=0"]),
        ("shadow", {"VERSION": "none"}, ["scripts.operate", "shadow", "--version=none"]),
        ("api-key", {"NAME": "a.b", "SCOPE": "predict feedback", "RATE": "5"},
         ["api.access.key_tool", "add", "--scope=predict", "--scope=feedback", "--rate=5", "a.b"]),
        ("images", {"SERVICE": "api courier"}, ["scripts.images", "build", "api", "courier"]),
        ("traffic", {"API_PORT": "8010", "SECONDS": "5", "BAD": "1"}, ["scripts.traffic", "--seconds=5", "--bad"]),
        ("local", {"API_PORT": "08010"}, ["scripts.run", "local", "--api-port=8010"]),
        ("contract", {"CSV": str(ROOT / "README.md"), "TARGET": "-t"},
         ["trainer", "contract", "--", str(ROOT / "README.md"), "-t"]),
    ],
)  # fmt: skip
def test_a_right_variable_arrives_as_the_program_s_option(
    verb: str, variables: dict[str, str], expected: list[str]
) -> None:
    assert words(verb, **variables) == expected


def test_names_are_read_from_what_make_hands_to_its_programs() -> None:
    assert assigned(r" -- WHY=a\ B=\ c VERSION=4 X:=1") == ["WHY", "VERSION", "X"]
    assert assigned("ks") == []


def test_a_variable_of_another_verb_is_not_refused_where_several_verbs_are_made() -> None:
    both = {"MAKEFLAGS": " -- VERSION=3", "MAKECMDGOALS": "rollback promote"}
    assert words("rollback", **both) == ["scripts.operate", "rollback"]


def test_the_sentence_comes_with_a_call_that_works_and_exit_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("canary", {"PERCENT": "200"}) == 2
    assert capsys.readouterr().err == (
        "PERCENT is a number from 0 to 100, not 200.\n  Example: make canary VERSION=4 PERCENT=10\n"
    )


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_example_is_right_and_every_option_is_one_of_the_program_s(verb: str) -> None:
    """The program itself parses the words; --help, put behind them, keeps it from doing anything."""
    given = dict(re.findall(r'([A-Z_]+)=("[^"]*"|\S+)', VERBS[verb].example))
    variables = {name: value.strip('"') for name, value in given.items()}
    assert set(variables) <= {variable.name for variable in VERBS[verb].variables}
    for variable in VERBS[verb].variables:
        if variable.check.__name__ in {"file", "table", "table_or_folder"} and variable.name in variables:
            variables[variable.name] = str(ROOT / "README.md")
    program = command(verb, variables)
    if VERBS[verb].program[0] == "scripts.operate":
        program = [sys.executable, "-m", "trainer", *program[3:]]
    done = subprocess.run(
        [*(word for word in program if word != "--"), "--help"],
        cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    options = [variable.option.rstrip("=") for variable in VERBS[verb].variables if variable.option]
    assert [option for option in options if option not in done.stdout] == []


def test_every_verb_of_the_table_is_in_the_makefile_and_starts_by_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert set(re.findall(r"\$\((?:VERB|KEYS)\) ([a-z-]+)", makefile)) == set(VERBS)
