"""The model that is served at an address: features, classes, and the distribution of the training rows."""

from dataclasses import dataclass
from typing import Any

import httpx2

from scripts.traffic.errors import TrafficError


@dataclass(frozen=True)
class Served:
    """`features` as in the manifest, `bins` by feature as in the bundle's reference; no classes for a regression."""

    version: str
    features: list[dict[str, Any]]
    bins: dict[str, dict[str, Any]]
    target: str
    classes: list[str]
    accuracy: float

    @property
    def names(self) -> list[str]:
        return [feature["name"] for feature in self.features]


def ask(client: httpx2.Client) -> Served:
    """Raises TrafficError when no server answers there, or no model is served."""
    try:
        answer = client.get("/playground/model.json")
    except httpx2.HTTPError as error:
        raise TrafficError(
            f"nothing answers at {client.base_url}: start it with make local or make up ({error})"
        ) from None
    if answer.status_code != httpx2.codes.OK:
        raise TrafficError(f"{client.base_url} is not an api of this platform: it answered {answer.status_code}")
    page = answer.json()
    model = page["model"]
    if model is None:
        raise TrafficError(f"no model is served at {client.base_url} yet; train one with make retrain")
    return Served(
        version=model["version"],
        features=model["features"],
        bins=page["reference"]["features"],
        target=model["target"]["name"],
        classes=model["target"].get("classes", []),
        accuracy=model["quality"].get("accuracy", 0.0),
    )
