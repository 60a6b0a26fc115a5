"""`python -m scripts.docs.pictures.grafana`: pictures of the boards from the real Grafana at GRAFANA_URL.

Each board is opened in Chromium at its full height, and its queries are asked through Grafana itself. A query in error,
or empty without a reason, ends the run with status 1. The pictures are named like the drawings.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser

from tests.support.browsers import find_chromium, running_chromium

ROOT = Path(__file__).resolve().parents[3]
BOARDS = ROOT / "monitoring" / "grafana" / "dashboards"
WIDTH, ROW_PIXELS, MARGIN = 1400, 38, 120
"""The window's width, a grid row's height and the margin. Grafana's rows are 30 px with 8 px of space."""
WAIT_MILLISECONDS = 60_000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.docs.pictures.grafana", description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "var" / "boards", help="where the pictures go")
    options = parser.parse_args(argv)
    url, program = os.environ.get("GRAFANA_URL", ""), find_chromium()
    if not url or program is None:
        sys.stderr.write("GRAFANA_URL is the address of a running Grafana, and Chromium has to be installed\n")
        return 2
    options.into.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with running_chromium(program) as browser, httpx2.Client(base_url=url, timeout=30) as client:
        for file in sorted(BOARDS.glob("*.json")):
            board = json.loads(file.read_text(encoding="utf-8"))
            faults += [f"{board['title']}: {fault}" for fault in query_faults(client, board)]
            take(browser, f"{url}/d/{board['uid']}?kiosk&from=now-15m&to=now", board, options.into)
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


def take(browser: Browser, address: str, board: dict[str, Any], into: Path) -> None:
    """One board as board-<uid>.png, once no panel loads any more."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    page = browser.new_page(viewport={"width": WIDTH, "height": rows * ROW_PIXELS + MARGIN})
    page.goto(address, wait_until="networkidle", timeout=WAIT_MILLISECONDS)
    page.wait_for_function(
        "() => !document.querySelector('[aria-label=\"Panel loading bar\"]')", timeout=WAIT_MILLISECONDS
    )
    page.screenshot(path=into / f"board-{board['uid']}.png")
    page.close()


def query_faults(client: httpx2.Client, board: dict[str, Any]) -> list[str]:
    """The queries that Grafana's own query API answers with an error, or that are empty although nothing excuses it.

    A panel that is empty while all is well says so in its description: "Quiet …". Panels with a variable are opened in
    the browser only.
    """
    found = []
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            if "$" in (target.get("expr") or target.get("rawSql", "")).replace("$__", ""):
                continue
            query = {**target, "intervalMs": 15_000, "maxDataPoints": 100}
            answer = client.post("/api/ds/query", json={"queries": [query], "from": "now-15m", "to": "now"})
            result = answer.json().get("results", {}).get(target["refId"], {})
            if answer.status_code != httpx2.codes.OK or result.get("error"):
                found.append(f"{panel['title']}: {result.get('error') or answer.status_code}")
            elif not _has_rows(result) and "Quiet " not in panel.get("description", ""):
                found.append(f"{panel['title']}: empty")
    return found


def _has_rows(result: dict[str, Any]) -> bool:
    return any(column for frame in result.get("frames", []) for column in frame.get("data", {}).get("values", []))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
