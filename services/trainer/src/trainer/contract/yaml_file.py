"""A YAML file that a person writes, read within limits and checked by a model: data/contract.yaml, params.yaml."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from trainer.contract.columns import KINDS
from trainer.contract.near_keys import near_key
from trainer.errors import TrainerError

MOST_BYTES = 4 * 1024 * 1024
MOST_NODES = 500_000
"""Values of a file, those that an alias repeats counted each time."""
MOST_LEVELS = 32
"""How deep values may lie in one another."""
MOST_FAULTS = 20
"""Faults that are listed; of the others the number is."""

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, model: type[Model], refuse: type[TrainerError]) -> Model:
    """Raises `refuse`, with one line for each thing that is wrong."""
    try:
        return model.model_validate(_page(path, refuse))
    except ValidationError as error:
        raise refuse(f"{path}:\n{explain(error, model)}") from error


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """One line for each fault: its place, what is wrong, and for an unknown key the one of `model` it is like."""
    lines = []
    for fault in error.errors(include_url=False)[:MOST_FAULTS]:
        # The kind that was chosen for a column is a step of pydantic's path, not of the file's.
        steps = [str(step) for place, step in enumerate(fault["loc"]) if not (place == 2 and step in KINDS)]
        near = near_key(model, steps) if fault["type"] == "extra_forbidden" else None
        hint = f"; did you mean {near}?" if near else ""
        lines.append(f"  {'.'.join(steps) or 'the file'}: {fault['msg'].removeprefix('Value error, ')}{hint}")
    if more := error.error_count() - len(lines):
        lines.append(f"  … and {more} more")
    return "\n".join(lines)


def _page(path: Path, refuse: type[TrainerError]) -> dict[str, Any]:
    try:
        if not path.is_dir() and path.exists() and not path.is_file():
            raise refuse(f"{path}: cannot be read: it is not a file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise refuse(f"{path}: is larger than {MOST_BYTES // 1024**2} MiB")
        page = yaml.load(content.decode(), _Loader)  # noqa: S506  # a SafeLoader with limits
    except OSError as error:
        raise refuse(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(f"{path}: cannot be read: line {line} is not UTF-8 text") from error
    except (yaml.YAMLError, ValueError, AttributeError) as error:
        # PyYAML lets a ValueError through for 2026-13-45 and 5,000 digits, an AttributeError for !!timestamp of a word.
        raise refuse(f"{path}: is not YAML: {_fault(error)}") from error
    if page is None:
        raise refuse(f"{path}: is empty")
    if not isinstance(page, dict):
        raise refuse(f"{path}: should be keys with values (key: value), and is one {_kind_of(page)}")
    return page


def _kind_of(page: object) -> str:
    return "list" if isinstance(page, list) else "text" if isinstance(page, str) else "value"


def _fault(error: Exception) -> str:
    """One line, with the line of the file where it is known."""
    if isinstance(error, AttributeError):
        return "a value is not of the type that its tag (!!) names"
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return (f"line {mark.line + 1}: " if mark else "") + " ".join(str(text).split())


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, and files that aliases make too large or too deep."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = self._level = 0
        self._sizes: dict[int, int] = {}
        """Nodes below each node that is complete."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event, before = self._next_event(), self._nodes
        self._level += 1
        node = super().compose_node(parent, index)
        self._level -= 1
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self._sizes:
                raise _refused(f"*{event.anchor} is inside of itself", event)
            self._nodes += self._sizes[id(node)]
        else:
            self._nodes += 1
            self._sizes[id(node)] = self._nodes - before
        if self._nodes > MOST_NODES:
            raise _refused(f"the file has more than {MOST_NODES} values", event)
        return node

    def compose_sequence_node(self, anchor: Any) -> Any:
        self._check_level()
        return super().compose_sequence_node(anchor)

    def compose_mapping_node(self, anchor: Any) -> Any:
        self._check_level()
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise _refused(f"the key {key.value[:60]!r} is there twice", key)
            seen.add(key.value)
        return node

    def _next_event(self) -> Any:
        return self.peek_event()  # type: ignore[no-untyped-call]  # the stubs of PyYAML leave it out

    def _check_level(self) -> None:
        if self._level > MOST_LEVELS:
            raise _refused(f"values lie more than {MOST_LEVELS} levels deep", self._next_event())


def _refused(problem: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)
