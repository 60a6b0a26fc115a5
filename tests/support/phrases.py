"""Turns of phrase that make a sentence a riddle, and the prose of a file that they are looked for in."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.support.documents import ROOT

BANNED = {
    "told": (r"\b[Tt]old\b", "say who reports what: is reported, gets, by default"),
    "said": (r"\b[Ss]aid\b", "name the thing: printed, answered, reported, is the verdict"),
    "anew": (r"\b[Aa]new\b", "again"),
    "of late": (r"\b[Oo]f late\b", "recently, recent"),
    "so many": (r"\b[Ss]o many\b", "this many, a number"),
    "so long": (r"\b[Ss]o long\b(?! as)", "for this time, a number"),
    "begun": (r"\b[Bb]egun\b", "started"),
    "is no <noun>": (r"(?<![Tt]here )\b(?:is|are) no (?!(?:longer|better|worse|more|tighter)\b)[a-z]", "is not a …"),
    "a sentence that begins with Who or What": (
        r"(?:^\s*|[.:!?]\s+)(?:Who|What|Whoever|Whatever) (?![^.?!]*\?)",
        "begin with the noun: The answer …, A client that …",
    ),
}
"""Name, pattern, and the plain way to write it."""


def found_in(text: str) -> Iterator[tuple[str, str]]:
    """The name of each banned turn of phrase in `text`, with the words around it."""
    for name, (pattern, _) in BANNED.items():
        for match in re.finditer(pattern, text):
            yield name, " ".join(text[max(0, match.start() - 40) : match.end() + 40].split())


def prose_of(file: Path) -> Iterator[str]:
    """A page without code and headings; docstrings, comments and texts of a Python file; comments of other files."""
    content = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        code_or_heading = re.compile(r"```.*?```|`[^`\n]*`|^#+ [^\n]*$", re.DOTALL | re.MULTILINE)
        yield from re.split(r"\n\s*\n", code_or_heading.sub("", content))
    elif file.suffix == ".py":
        yield from (
            node.value
            for node in ast.walk(ast.parse(content))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        tokens = tokenize.generate_tokens(io.StringIO(content).readline)
        yield from (token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT)
    else:
        yield from (match[1] for match in re.finditer(r"(?:^|\s)#\s+(.*)", content))


def files() -> list[Path]:
    """Every file with prose that git tracks, tests aside."""
    listed = tracked("*.md", "*.py", "*.yml", "*.yaml", "*.toml", "Makefile")
    return [file for file in listed if not file.is_relative_to(ROOT / "tests")]


def tracked(*patterns: str) -> list[Path]:
    """The files that git tracks and whose paths match one of the patterns."""
    command = ["git", "ls-files", "-z", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
