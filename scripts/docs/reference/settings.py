"""docs/reference/settings.md: every setting of the services, with the words that stand under it in the code."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.docs.reference.markdown import cell, code, table

SERVICES = {"api": "`python -m api`", "courier": "`python -m courier`", "trainer": "`python -m trainer VERB`"}
_BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


@dataclass(frozen=True)
class Setting:
    """One field of a Settings class; ``default`` is an expression of constants, or None when it has to be set."""

    name: str
    default: ast.expr | None
    meaning: str
    limits: tuple[str, ...]


def read_settings(file: Path) -> list[Setting]:
    """The fields of the class ``Settings`` in a file, in their order. ValueError for one without words under it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (settings,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    found = []
    for node, after in zip(settings.body, [*settings.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(_setting(node, node.target.id, after, file))
    return found


def _setting(node: ast.AnnAssign, name: str, after: ast.stmt | None, file: Path) -> Setting:
    meaning = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
    if not isinstance(meaning, str):
        raise ValueError(f"{file}: nothing stands under {name} to say what it means")  # noqa: TRY004 - it is the file
    calls = [part for parent in (node.annotation, node.value) if parent for part in ast.walk(parent)]
    words = {word.arg: word.value for call in calls if isinstance(call, ast.Call) for word in call.keywords}
    default = words.get("default", None if node.value is None or _is_field(node.value) else node.value)
    limits = {bound: f"{_value(words[bound]):,}" for bound in _BOUNDS if bound in words}
    return Setting(name.upper(), default, meaning, (*_choices(node.annotation), *_in_words(limits)))


def _in_words(limits: dict[str, str]) -> list[str]:
    if limits.keys() == {"ge", "le"}:
        return [f"{limits['ge']} to {limits['le']}"]
    return [_BOUNDS[bound].format(value) for bound, value in limits.items()]


def _value(source: ast.expr) -> Any:
    """The value of an expression of constants."""
    return eval(ast.unparse(source), {"__builtins__": {}}, {"Path": str})  # noqa: S307 - our own source


def _is_field(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field"


def _choices(annotation: ast.expr) -> list[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
            values = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return [" or ".join(code(str(ast.literal_eval(value))) for value in values)]
    return []


def page(root: Path) -> str:
    parts = [
        "# Settings",
        "Every setting is an environment variable. Folders are relative to the working directory; an empty variable is "
        "one that is not set. The containers' own variables are in [`.env.example`](../../.env.example).",
    ]
    for service, command in SERVICES.items():
        rows = [
            [code(setting.name), _default(setting.default), cell("; ".join([_first(setting.meaning), *setting.limits]))]
            for setting in read_settings(root / f"services/{service}/src/{service}/settings.py")
        ]
        parts += [f"## {service}", f"{command}", table(["variable", "default", "what it says"], rows)]
    return "\n\n".join(parts) + "\n"


def _first(meaning: str) -> str:
    return " ".join(meaning.split()).removesuffix(".")


def _default(source: ast.expr | None) -> str:
    if source is None:
        return "has to be set"
    value = _value(source)
    return "none" if value in (None, {}, ()) else code(str(value))
