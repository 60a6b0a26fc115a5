"""docs/reference/make.md: the verbs of the Makefile, in its own words and order."""

import re
from pathlib import Path

from scripts.docs.reference.markdown import cell, code, table

_SECTION = re.compile(r"^##@ (?P<title>.*)$")
_VERB = re.compile(r"^(?P<verb>[a-z][a-z-]*):.*?## (?P<meaning>.*)$")


def page(root: Path) -> str:
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in (root / "Makefile").read_text(encoding="utf-8").splitlines():
        if section := _SECTION.match(line):
            rows = sections.setdefault(section["title"], [])
        elif verb := _VERB.match(line):
            rows.append([code(f"make {verb['verb']}"), cell(verb["meaning"])])
    about = "`make help-all` prints this list, `make` alone the first eight. CI runs these verbs, too."
    parts = ["# Verbs of make", about]
    for title, verbs in sections.items():
        parts += [f"## {title}", table(["verb", "what it does"], verbs)]
    return "\n\n".join(parts) + "\n"
