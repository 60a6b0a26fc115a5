"""The page of a drafted contract, from what was found in the file."""

import re
import unicodedata
from pathlib import Path

import pandas as pd

from trainer.contract.csv_format import Csv
from trainer.contract.reading import tidy
from trainer.drafting.proposal import Proposal
from trainer.drafting.scan import Scan
from trainer.drafting.yaml_text import many, quoted


def page_of(
    asked: tuple[str, str | None],
    written: Csv,
    seen: Scan,
    columns: list[Proposal],
    problems: list[str],
    task: str,
    about: list[str],
    text: pd.DataFrame,
) -> str:
    """The page of data/contract.yaml; `text` are the rows that have a target, `about` the lines of the target."""
    source, query = asked
    ignored = [one.name for one in columns if not one.lines and not one.role]
    roles = _roles(columns, ignored)
    learnt = [one.name for one in columns if one.lines or one.role]
    repeats = not seen.whole or bool(
        text[[*learnt, *(name for name in text if name not in text.columns)]].duplicated().any()
    )
    head = ["# Drafted from a file: look at every line, above all at the TODOs, before anything is trained on it."]
    if problems:
        head += ["#", "# In the file:", *(f"#   - {_one_line(problem)}" for problem in problems)]
    head += ["#", "# Each column:"]
    head += [f"#   {one.name}: {one.kept}{': ' + _one_line(one.why) if one.why else ''}" for one in columns]
    head += [
        f"name: {quoted(name_of(source))}",
        f"source: {quoted(source)}",
        *([f"query: {quoted(query)}"] if query else []),
        *_dialect(written),
    ]
    if repeats:
        head.append(
            "duplicates: allow # TODO: rows repeat others exactly; is that right?"
            if seen.whole
            else "duplicates: allow # the file is large; whether rows repeat was not looked at"
        )
    head += roles
    head += [f"ignore: {many(ignored)} # see above for why"] if ignored else []
    described = [line for one in columns for line in one.lines]
    return "\n".join(
        [*head, f"task: {task}", "", "columns:" if described else "columns: []", *described, "", "target:", *about, ""]
    )


def _roles(columns: list[Proposal], ignored: list[str]) -> list[str]:
    """One line of YAML; of several times or groups the first one, the others are ignored."""
    parts = []
    by_role = {role: [one for one in columns if one.role == role] for role in ("id", "time", "group", "weight")}
    if by_role["id"]:
        parts.append(f"id: {many([one.name for one in by_role['id']])}")
    for role in ("time", "group", "weight"):
        for place, one in enumerate(by_role[role]):
            if place == 0:
                parts.append(f"{role}: {quoted(one.name)}")
            elif not one.lines:
                one.kept, one.why = "left out", f"{one.why}; {by_role[role][0].name} is the {role}"
                ignored.append(one.name)
    return [f"roles: {{ {', '.join(parts)} }} # kept; features only where columns describes them"] if parts else []


def _one_line(text: str) -> str:
    return " ".join(tidy(text).split())


def _dialect(written: Csv) -> list[str]:
    usual, values = Csv(), written.model_dump()
    shown = []
    for key, value in values.items():
        if value == getattr(usual, key) or value == "utf-8-sig":
            continue
        shown.append(
            f"{key}: {many(value) if isinstance(value, tuple) else value if isinstance(value, int) else quoted(value)}"
        )
    return [f"csv: {{ {', '.join(shown)} }}"] if shown else []


def name_of(source: str) -> str:
    """The name of the contract: that of the file, in letters, digits and underscores."""
    letters = unicodedata.normalize("NFKD", Path(source).name.split(".")[0])
    without_accents = "".join(sign for sign in letters if not unicodedata.combining(sign))
    name = re.sub(r"[^A-Za-z0-9_]+", "_", without_accents).strip("_")[:58]
    return name if name[:1].isalpha() else f"table_{name}"[:58].rstrip("_")
