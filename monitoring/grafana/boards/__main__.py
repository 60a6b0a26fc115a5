"""`python -m monitoring.grafana.boards [FOLDER]`: write every board as JSON, named by its uid."""

import sys
from pathlib import Path

from monitoring.grafana.boards import api, model, overview, platform
from monitoring.grafana.boards.board import as_json

FOLDER = Path(__file__).resolve().parents[1] / "dashboards"


def main(folder: Path) -> None:
    for module in (overview, api, model, platform):
        board = module.board()
        (folder / f"{board.uid}.json").write_text(as_json(board))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
