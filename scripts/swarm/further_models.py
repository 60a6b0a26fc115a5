"""The further models: which run on the swarm, and what the edge and Prometheus read about them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts.swarm.engine import Engine

TEMPLATE = Path(__file__).resolve().parents[2] / "deploy" / "edge" / "model.cfg"
LABEL = "mlops-iris.model"
"""On the service of a further model's api: the model's name."""


def running(engine: Engine) -> list[str]:
    """The names of the further models whose stacks are deployed, in order. Raises SwarmError."""
    rows = engine.rows("service", "ls", "--filter", f"label={LABEL}")
    return sorted(one["Spec"]["Labels"][LABEL] for one in engine.inspected("service", *(row["ID"] for row in rows)))


def written(models: Sequence[str], first: str) -> dict[str, str]:
    """The two files about further models by their key in stack.yml. `first` is the name of the platform's own model."""
    return {"edge_models": _backends(models, first), "prometheus_models": _scraped(models)}


def _backends(models: Sequence[str], first: str) -> str:
    if not models:
        return "# No further model runs.\n"
    template = "".join(
        line for line in TEMPLATE.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("#")
    )
    apis = {first: "api"} | {name: f"api-{name}" for name in models}
    head = f'global\n  setenv EDGE_MODELS "{", ".join(sorted(apis))}"\n'
    return head + "".join(template.replace("MODEL", name).replace("API", api) for name, api in sorted(apis.items()))


def _scraped(models: Sequence[str]) -> str:
    jobs: list[dict[str, Any]] = [
        {
            "job_name": f"model-{name}",
            "scrape_interval": "5s",
            "dns_sd_configs": [
                {"names": [f"{job}-{name}"], "type": "A", "port": port, "refresh_interval": "5s"}
                for job, port in (("api", 8000), ("courier", 9102))
            ],
            "relabel_configs": [
                {"source_labels": ["__meta_dns_name"], "regex": "(api|courier)-.*", "target_label": "job"},
                {"target_label": "model", "replacement": name},
            ],
        }
        for name in models
    ]
    text: str = yaml.safe_dump({"scrape_configs": jobs}, sort_keys=False)
    return text
