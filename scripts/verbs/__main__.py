"""`python -m scripts.verbs VERB`, behind make: check the verb's variables, then become its program.

Variables come from the environment, where make puts what was typed on its command line.
"""

import os
import re
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NoReturn

from scripts.verbs.table import VERBS
from scripts.verbs.variables import EACH_WORD, LONGEST, READ_BY_PROGRAM, VariableError
from scripts.verbs.verb import Verb

WRONG = 2
ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[:?+]?=")


def command(name: str, environment: Mapping[str, str]) -> list[str]:
    """The program and its words. Raises VariableError."""
    verb = VERBS[name]
    alone = environment.get("MAKECMDGOALS", "").split() == [name]
    for given in assigned(environment.get("MAKEFLAGS", "")):
        _refuse_unknown(name, verb, given, alone=alone)
    options: list[str] = []
    plain: list[str] = []
    for variable in verb.variables:
        words = variable.words(environment)
        if variable.option in (None, EACH_WORD):
            plain += words
        elif variable.option != READ_BY_PROGRAM:
            options += words
    if any(word.startswith("-") for word in plain):
        options.append("--")
    return [sys.executable, "-m", *verb.program, *options, *plain]


def assigned(makeflags: str) -> list[str]:
    """The names of the variables on make's command line, from what it hands to its programs."""
    _, _, overrides = f" {makeflags}".partition(" -- ")
    # A space inside a value comes with a backslash.
    words = re.split(r"(?<!\\)\s+", overrides.strip())
    return [match[1] for word in words if (match := ASSIGNED.match(word))]


def _refuse_unknown(name: str, verb: Verb, given: str, *, alone: bool) -> None:
    """A variable that is misspelt, or that only another verb has, would otherwise be ignored."""
    known = [variable.name for variable in verb.variables]
    if given in known:
        return
    near = get_close_matches(given.upper(), known, 1, cutoff=0.75)
    if near:
        raise VariableError(f"`make {name}` has no variable {given[:LONGEST]}; did you mean {near[0]}")
    others = {variable.name for other in VERBS.values() for variable in other.variables}
    if alone and get_close_matches(given.upper(), others, 1, cutoff=0.85):
        raise VariableError(f"`make {name}` has no variable {given[:LONGEST]}; it has {', '.join(known) or 'none'}")


def main(name: str, environment: Mapping[str, str]) -> int:
    """2 for a wrong variable; else this process becomes the program."""
    try:
        words = command(name, environment)
    except VariableError as error:
        sys.stderr.write(f"{error}.\n")
        if example := VERBS[name].example:
            sys.stderr.write(f"  Example: make {name} {example}\n")
        return WRONG
    return become(words, environment)


def become(words: list[str], environment: Mapping[str, str]) -> NoReturn:
    """The program gets this process: its signals and its exit status are make's."""
    os.execve(words[0], words, dict(environment))  # noqa: S606 - a program of this repository, without a shell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
