"""Docs, docstrings, comments and messages are written in plain sentences: a few turns of phrase are banned."""

import io
import re
import tokenize
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.phrases import BANNED, files, found_in, prose_of, tracked

QUOTED = ("CODE_OF_CONDUCT.md",)
"""Texts of others."""


def _is_exempt(file: Path) -> bool:
    return file.relative_to(ROOT).as_posix().startswith(QUOTED)


@pytest.mark.parametrize("file", [file for file in files() if not _is_exempt(file)], ids=lambda file: file.name)
def test_every_file_is_written_in_plain_sentences(file: Path) -> None:
    found = [f"{name}: {words}" for text in prose_of(file) for name, words in found_in(text)]
    plain = {name: way for name, (_, way) in BANNED.items() if any(one.startswith(f"{name}: ") for one in found)}
    assert found == [], plain


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The client is told so.", ["told"]),
        ("The gate said no.", ["said"]),
        ("It is written anew.", ["anew"]),
        ("At the pace of late. So many wait so long.", ["of late", "so many", "so long"]),
        ("The drain has begun.", ["begun"]),
        ("A list is no number, and there is no list.", ["is no <noun>"]),
        ("What is left is read. Who asks?", ["a sentence that begins with Who or What"]),
        ("It stays so long as it runs. What is a bundle? There is no longer a lock.", []),
        ("The answer says what it is, and who asked.", []),
    ],
)
def test_the_reading_of_a_sentence(text: str, names: list[str]) -> None:
    assert [name for name, _ in found_in(text)] == names


def test_a_name_in_the_code_says_what_it_holds() -> None:
    vague = re.compile(r"\b_?(?:\w+_)?(?:said|told)(?:_\w+)?\b")
    found = set()
    for file in tracked("*.py"):
        if vague.search(content := file.read_text(encoding="utf-8")):
            names = (
                token
                for token in tokenize.generate_tokens(io.StringIO(content).readline)
                if token.type == tokenize.NAME
            )
            found |= {f"{file.relative_to(ROOT)}: {token.string}" for token in names if vague.fullmatch(token.string)}
    assert found == set(), "name the message, the output, the predicted labels"
