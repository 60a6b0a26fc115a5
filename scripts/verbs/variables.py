"""The variables of the verbs: what each may hold, and the option of the program that it becomes."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from glob import glob
from pathlib import Path

Check = Callable[[str], str]
"""Returns the value for the program. Raises ValueError with what the variable is instead: "a number above 0"."""

LONGEST = 60
EACH_WORD = "="
"""Each word of the value is a word of the command line."""
READ_BY_PROGRAM = ""
"""The program reads the variable from its environment; here it is only checked."""
KEY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class VariableError(Exception):
    """A variable is missing or wrong; the message is a sentence about it."""


@dataclass(frozen=True)
class Variable:
    """`NAME=value` on make's command line, or in the environment; empty is the same as absent."""

    name: str
    option: str | None
    """The program's option, which for a value of several words ends with `=`; None for a word without an option;
    EACH_WORD or READ_BY_PROGRAM."""
    check: Check
    missing: str | None = None
    """For a variable that has to be there: what it is, e.g. "the file to draft from"."""

    def words(self, environment: Mapping[str, str]) -> list[str]:
        """The words for the program's command line. Raises VariableError."""
        value = environment.get(self.name, "").strip()
        if not value:
            if self.missing is not None:
                raise VariableError(f"{self.name} is missing: it is {self.missing}")
            return []
        try:
            checked = self.check(value)
        except ValueError as error:
            raise VariableError(f"{self.name} is {error}, not {_shown(value)}") from None
        if self.option is None:
            return [checked]
        if self.option == EACH_WORD:
            return checked.split()
        if self.option.endswith("="):
            return [f"{self.option}{word}" for word in checked.split()]
        if self.check is switch:
            return [self.option] if checked == "1" else []
        # One word: a value that begins with a dash is not an option.
        return [f"{self.option}={checked}"]


def _shown(value: str) -> str:
    text = "".join(character if character.isprintable() else "?" for character in value[:LONGEST])
    return text + ("…" if len(value) > LONGEST else "")


def anything(value: str) -> str:
    return value


def switch(value: str) -> str:
    if value not in ("0", "1"):
        raise ValueError("1 (on), or 0 or left out (off)")
    return value


def version(value: str) -> str:
    if not value.isascii() or not value.isdecimal() or int(value) == 0:
        raise ValueError("the number of a version, as `make models` lists them")
    return str(int(value))


def version_or_none(value: str) -> str:
    try:
        return value if value == "none" else version(value)
    except ValueError as error:
        raise ValueError(f"{error}, or none") from None


def percent(value: str) -> str:
    number = _number(value.removesuffix("%"))
    if not 0 <= number <= 100:
        raise ValueError("a number from 0 to 100")
    return f"{number:g}"


def positive(value: str) -> str:
    number = _number(value)
    if not 0 < number < 1e6:
        raise ValueError("a number above 0 and below a million")
    return f"{number:g}"


def port(value: str) -> str:
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise ValueError("a port: a whole number from 1 to 65535")
    return str(int(value))


def url(value: str) -> str:
    if not re.match(r"https?://[^\s/]+", value):
        raise ValueError("an address that begins with http:// or https://")
    return value


def file(value: str) -> str:
    if not Path(value).expanduser().is_file():
        raise ValueError("the path of a file that exists")
    return str(Path(value).expanduser())


def table(value: str) -> str:
    """A file, several by a pattern with *, or the address of one or of a database."""
    if re.match(r"(https?|sqlite|postgresql)://", value):
        return value
    expanded = str(Path(value).expanduser())
    return expanded if glob(expanded) else file(value)  # noqa: PTH207 - the pattern may be an absolute path


def table_or_folder(value: str) -> str:
    """A file, or a folder of files."""
    if not Path(value).expanduser().exists():
        raise ValueError("the path of a file or folder that exists")
    return str(Path(value).expanduser())


def new_file(value: str) -> str:
    """A file to be written, in a folder that is there."""
    if not Path(value).expanduser().parent.is_dir():
        raise ValueError("the path of a file in a folder that exists")
    return str(Path(value).expanduser())


def period(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,4}[hdw]", value):
        raise ValueError("a period: hours, days or weeks as 12h, 7d or 4w")
    return value


def key_name(value: str) -> str:
    if not KEY_NAME.fullmatch(value):
        raise ValueError("a name of at most 64 letters, digits, dots, dashes and underscores, first a letter or digit")
    return value


def one_of(*known: str) -> Check:
    """A check for one or more of these words."""

    def check(value: str) -> str:
        for word in value.split():
            if word not in known:
                near = get_close_matches(word, known, 1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise ValueError(f"one or more of {', '.join(known)}{hint}")
        return value

    return check


def _number(value: str) -> float:
    """NaN for what is not a number: it fits no range."""
    try:
        return float(value) if value.isascii() and "_" not in value else math.nan
    except ValueError:
        return math.nan
