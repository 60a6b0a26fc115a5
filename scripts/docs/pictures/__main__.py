"""`python -m scripts.docs.pictures`: draw every board from a running platform into docs/images, for the docs."""

import argparse
import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx2
from matplotlib.backends.backend_agg import FigureCanvasAgg

from scripts.docs.pictures.draw import sheet
from scripts.docs.pictures.sources import Sources

ROOT = Path(__file__).resolve().parents[3]
BOARDS = ROOT / "monitoring" / "grafana" / "dashboards"
IMAGES = ROOT / "docs" / "images"
DATABASE = "docker compose exec -T postgres psql -U postgres -d audit --csv -c"
DOTS_PER_INCH = 90


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.docs.pictures", description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", help="its address (default %(default)s)")
    parser.add_argument("--database", default=DATABASE, help="a command that takes SQL and writes CSV; empty for none")
    parser.add_argument("--minutes", type=float, default=15.0, help="how far back (default %(default)g)")
    parser.add_argument("--into", type=Path, default=IMAGES, help="where the pictures go (default docs/images)")
    options = parser.parse_args(argv)
    options.into.mkdir(parents=True, exist_ok=True)
    with httpx2.Client(base_url=options.prometheus, timeout=30) as client:
        draw(Sources(client, shlex.split(options.database), options.minutes), BOARDS.glob("*.json"), options.into)


def draw(sources: Sources, boards: Iterable[Path], into: Path) -> None:
    """Each board as board-<name>.png."""
    features = sources.prometheus.get("/api/v1/label/feature/values").json()["data"]
    for file in boards:
        figure = sheet(json.loads(file.read_text()), sources, features)
        FigureCanvasAgg(figure).figure.savefig(into / f"board-{file.stem}.png", dpi=DOTS_PER_INCH)


if __name__ == "__main__":
    main(sys.argv[1:])
