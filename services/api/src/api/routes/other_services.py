"""The links to other pages of the platform: those of the setting, and the card of the version that serves."""

from urllib.parse import quote

from api.state import State

_REGISTRY = "MLflow"


def other_services(state: State) -> dict[str, str]:
    """By name. MLflow's page of a version links to its card, which the trainer keeps in the version's run."""
    links = {name: str(url) for name, url in state.settings.links.items()}
    model = state.models.get("production")
    if model is not None and _REGISTRY in links and "Card" not in links:
        name, version = quote(model.name, safe=""), quote(model.version, safe="")
        links["Card"] = f"{links[_REGISTRY].rstrip('/')}/#/models/{name}/versions/{version}"
    return links
