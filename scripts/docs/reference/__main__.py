"""`python -m scripts.docs.reference` writes docs/reference; a test holds the pages to the code."""

import sys
from pathlib import Path

from scripts.docs.reference import http, make, metrics, settings

ROOT = Path(__file__).resolve().parents[3]
PAGES = {"settings": settings.page, "metrics": metrics.page, "http": http.page, "make": make.page}


def main() -> int:
    for name, page in PAGES.items():
        file = ROOT / "docs/reference" / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page(ROOT), encoding="utf-8")
        sys.stdout.write(f"{file.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
