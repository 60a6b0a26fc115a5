"""`make screenshots`: the playground as docs/images shows it, in light, in dark and on a phone."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from tests.support.apis import running_api
from tests.support.browsers import find_chromium, running_chromium
from tests.support.bundles import write_policy

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs/images"
LINKS = '{"Grafana": "http://127.0.0.1:3000", "MLflow": "http://127.0.0.1:5001", "Prometheus": "http://127.0.0.1:9090"}'
# name: width and height of the window, how many pixels each of its pixels is, colours, how far the page is scrolled
SHOTS: dict[str, tuple[int, int, float, Literal["light", "dark"], int]] = {
    "playground.png": (1180, 800, 1.5, "light", 0),
    "playground-dark.png": (1180, 800, 1.5, "dark", 0),
    "playground-phone.png": (390, 780, 1.5, "light", 330),
}


@contextlib.contextmanager
def trained() -> Iterator[Path]:
    """A serving folder with the bundle that `data/contract.yaml` and `params.yaml` make."""
    subprocess.run([sys.executable, "-m", "trainer", "repro"], cwd=ROOT, check=True)
    bundle = next(folder for folder in (ROOT / "artifacts/bundles").iterdir() if folder.is_dir())
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(bundle, Path(folder) / "serving/bundles" / bundle.name)
        write_policy(Path(folder) / "serving", 1, bundle.name)
        yield Path(folder)


def take(browser: Browser, url: str) -> None:
    for name, (width, height, scale, scheme, scroll) in SHOTS.items():
        with browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale, color_scheme=scheme,
            reduced_motion="reduce",
        ) as context:  # fmt: skip
            page = context.new_page()
            page.goto(url)
            page.locator("#bars li").first.wait_for()
            page.evaluate("y => window.scrollTo(0, y)", scroll)
            page.screenshot(path=IMAGES / name)


def main() -> int:
    program = find_chromium()
    if program is None:
        sys.stderr.write("no Chromium on this machine (Debian: apt-get install chromium)\n")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with trained() as folder, running_api(folder, LINKS=LINKS) as api, running_chromium(program) as browser:
        take(browser, api.url)
    for name in SHOTS:
        sys.stdout.write(f"docs/images/{name}  {(IMAGES / name).stat().st_size // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
