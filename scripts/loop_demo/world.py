"""A world that moved away from the training data, and what is true in it.

Everything grew: each number lies between its training median and well above its training maximum, all of a row's
numbers at the same height. The classes follow one another by that height, in the order of the contract. Truth is a
function of the row alone, so it can be checked, and learnt.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from scripts.loop_demo.errors import DemoError
from scripts.traffic.rows import Row, from_bins
from scripts.traffic.served import Served

BEYOND = 0.5
"""How far the world reaches into what the contract allows above the last bin's edge."""
EDGE = 0.12
"""The part at either end of a class's band in which no row lies: the classes are apart."""
NOISE = 0.1
"""How far a single number strays from its row's height, as a share of a class's band; less than EDGE."""


@dataclass(frozen=True)
class World:
    """`ends` are the lowest and highest value of each number, in its unit."""

    served: Served
    ends: dict[str, tuple[float, float]]

    @classmethod
    def beyond(cls, served: Served) -> "World":
        """Raises DemoError where the table has no classes or no numbers."""
        if not served.classes:
            raise DemoError("the loop's demo tells its story with classes; the served model answers with a number")
        numbers = [one for one in served.features if one.get("kind", "number") == "number"]
        if not numbers:
            raise DemoError("the loop's demo moves numbers; the served model's table has none")
        return cls(served, {one["name"]: _ends(one, served.bins[one["name"]]["edges"]) for one in numbers})

    def draw(self, random: Random) -> tuple[Row, str]:
        """A row, and what is true of it."""
        count = len(self.served.classes)
        height = (random.randrange(count) + random.uniform(EDGE, 1 - EDGE)) / count
        row, _ = from_bins(self.served, random)()
        for feature in self.served.features:
            if feature["name"] in self.ends:
                row[feature["name"]] = self._value(feature, height + random.uniform(-NOISE, NOISE) / count)
        return row, self.truth(row)

    def truth(self, row: Row) -> str:
        """The class in whose band the row's height lies."""
        heights = [(row[name] - low) / (high - low) for name, (low, high) in self.ends.items()]
        classes = self.served.classes
        place = int(sum(heights) / len(heights) * len(classes))
        return classes[min(max(place, 0), len(classes) - 1)]

    def _value(self, feature: dict[str, Any], height: float) -> float:
        low, high = self.ends[feature["name"]]
        value = low + (high - low) * min(max(height, 0.0), 1.0)
        return round(value) if feature["dtype"] == "int64" else round(value, 3)


def _ends(feature: dict[str, Any], edges: list[float]) -> tuple[float, float]:
    low, last = edges[len(edges) // 2], edges[-1]
    high = last + BEYOND * (feature["maximum"] - last)
    if not high > low:
        raise DemoError(f"{feature['name']} has no room to grow: it is {low:g} of at most {feature['maximum']:g}")
    return low, high
