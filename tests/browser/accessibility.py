"""axe-core in a page: every rule it has, and both of its verdicts."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_AXE = files("axe_playwright_python").joinpath("axe.min.js")
_RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
  return { violations: found.violations, incomplete: found.incomplete };
}"""


def complaints(page: Page) -> list[str]:
    """A line for each element that axe-core calls wrong (violations) or leaves to a person (incomplete)."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, list[dict[str, Any]]] = page.evaluate(_RUN)
    return [
        f"{verdict}, {rule['id']}: {node['target']}: {node['failureSummary']}"
        for verdict, rules in found.items()
        for rule in rules
        for node in rule["nodes"]
    ]
