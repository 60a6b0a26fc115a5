"""Compares the size that an image adds to its base with the image's budget."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.images.catalogue import Image, inspected
from scripts.images.errors import BudgetError, ImagesError
from scripts.images.programs import run, text

BUDGETS = Path(__file__).with_name("budgets.toml")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Measure:
    """An image's own layers, uncompressed, against its budget; both in bytes."""

    service: str
    added: int
    budget: int

    @property
    def fits(self) -> bool:
        return self.added <= self.budget


def check(images: list[Image], console: Console) -> None:
    """Print a table of sizes. Raises BudgetError when one is over its budget."""
    with BUDGETS.open("rb") as file:
        budgets = tomllib.load(file)
    measures = [Measure(image.service, _added(image), budgets[image.service] * MEGABYTE) for image in images]
    table = Table("image", "adds to its base", "may add", title="Image sizes, MB")
    for one in measures:
        table.add_row(one.service, f"{one.added / MEGABYTE:.0f}", f"{one.budget / MEGABYTE:.0f}")
    console.print(table)
    if over := [one.service for one in measures if not one.fits]:
        raise BudgetError(
            f"over the budget: {', '.join(over)}. `docker history` shows which layer; the budgets are {BUDGETS.name}"
        )


def _added(image: Image) -> int:
    try:
        inspected(image.base)
    except ImagesError:
        run("docker", "pull", "--quiet", image.base)  # the builder keeps a base to itself
    layers = {name: inspected(name)["RootFS"]["Layers"] for name in (image.name, image.base)}
    if layers[image.name][: len(layers[image.base])] != layers[image.base]:
        raise BudgetError(
            f"{image.name} is not built on the {image.base} that is here: `docker pull` it and build again"
        )
    return added(_history(image.name), _history(image.base))


def added(image: list[int], base: list[int]) -> int:
    """Bytes of the layers of `image` above `base`; both as `docker history` lists them, newest first."""
    return sum(image[: len(image) - len(base)])


def _history(image: str) -> list[int]:
    return [int(size) for size in text("docker", "history", "--human=false", "--format={{.Size}}", image).split()]
