"""The repository's pages for people: their links, their verbs, and the blocks a person would type."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = {"bench/page.md"}  # docs/benchmarks.md is made from it
_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the language behind its fence, the line it begins at, and what stands in it."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every Markdown page that git tracks, and what is about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    found = [ROOT / name for name in sorted(filter(None, listed.split("\0"))) if (ROOT / name).is_file()]
    return [page for page in found if page.relative_to(ROOT).as_posix() not in TEMPLATES]


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(page.relative_to(ROOT).as_posix(), line, fence["info"].strip(), fence["body"])


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links that lead into the repository."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in _LINK.finditer(prose):
        if not re.match(r"[a-z]+:|#", link["target"]):
            yield link["target"]


def verbs(page: Path) -> set[str]:
    """Every ``make verb`` that a page tells to type."""
    text = page.read_text(encoding="utf-8")
    typed = re.findall(r"`make ([a-z][a-z-]*)", text)
    for block in blocks(page):
        if block.language in {"sh", "bash"}:
            typed += re.findall(r"^\s*make ([a-z][a-z-]*(?: [a-z][a-z-]*)*)", block.text, re.MULTILINE)
    return {verb for some in typed for verb in some.split()}


def commands(block: Block) -> list[str]:
    """What a block would type, line by line, without comments."""
    lines = (line.split(" #")[0].strip() for line in block.text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
