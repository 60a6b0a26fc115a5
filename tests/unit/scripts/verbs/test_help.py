"""`make help` shows a newcomer the eight verbs to begin with, on one screen; `make help-all` shows every verb."""

import re
import subprocess

from tests.support.documents import ROOT


def printed(verb: str) -> list[str]:
    done = subprocess.run(["make", verb], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.splitlines()


def verbs_of(lines: list[str]) -> set[str]:
    return {found[1] for line in lines if (found := re.match(r"  ([a-z][a-z-]*) +\S", line))}


def test_help_fits_a_screen_of_80_by_24_and_names_eight_verbs_with_words() -> None:
    lines = printed("help")
    assert len(lines) <= 24
    assert max(len(line) for line in lines) < 80
    assert len(verbs_of(lines)) == 8


def test_help_all_lists_every_verb_that_has_words() -> None:
    written = set(re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    listed = verbs_of(printed("help-all"))
    assert listed == written
    assert verbs_of(printed("help")) < listed


def test_a_misspelt_verb_is_answered_in_one_line_that_leads_to_the_right_one() -> None:
    done = subprocess.run(["make", "prmote"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    first = done.stderr.splitlines()[0]
    assert first == "Unknown verb `make prmote`. Did you mean `make promote`? `make help-all` lists them."


def test_make_warns_of_nothing_in_the_makefile() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert done.stderr == ""


def test_help_all_cuts_no_line_in_a_terminal_of_80_columns() -> None:
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in printed("help-all")]
    assert max(len(line) for line in lines) <= 80
