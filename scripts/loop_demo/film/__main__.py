"""`python -m scripts.loop_demo.film`: record a run of the loop and draw it as docs/images/loop.svg; some minutes."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.film.drawing import film
from scripts.loop_demo.film.recording import Recorder
from scripts.loop_demo.film.scenes import scenes
from scripts.run.errors import LifecycleError

ROOT = Path(__file__).resolve().parents[3]
TITLE = "One run of the loop, on one machine"
PICTURE = ROOT / "docs" / "images" / "loop.svg"


def main() -> int:
    home = ROOT / "var" / "film"
    try:
        run = Recorder(ROOT, home).record()
    except (DemoError, LifecycleError) as error:
        sys.stderr.write(f"{error}\n  The run is in {home}.\n")
        return 1
    (home / "figures.json").write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    PICTURE.write_text(film(scenes(run), TITLE), encoding="utf-8")
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}  from {home.relative_to(ROOT)}/figures.json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
