"""The documentation as a site: it builds without a warning, and asks no other server for anything."""

import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import PluginError

from scripts.docs.hooks import LINK, move_link
from tests.support.documents import ROOT

ASKED_FOR = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(https?://[^\"\s>]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. mkdocs.yml is strict: a link or an anchor that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


def test_the_home_leads_three_readers_and_the_readme_is_a_page(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="([^"]+)"', home) == ["try-it", "put-your-data-in", "run-it"]
    assert "Three things" in (site / "quick-start.html").read_text(encoding="utf-8")
    assert (site / "search" / "search_index.json").stat().st_size > 100_000


def test_pages_ask_no_other_server(site: Path) -> None:
    found = {file.name: ASKED_FOR.findall(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")}
    assert {name: urls for name, urls in found.items() if urls} == {}
    scripts = "".join(file.read_text(encoding="utf-8") for file in site.glob("assets/javascripts/*.js"))
    assert re.findall(r"https?://(?:unpkg|cdn|cdnjs|fonts)[^\"']*", scripts) == []


@pytest.mark.parametrize(
    ("link", "source", "page", "moved"),
    [
        ("[a](docs/ci.md)", "README.md", "quick-start.md", "[a](ci.md)"),
        ("[a](../README.md#where)", "docs/ci.md", "ci.md", "[a](quick-start.md#where)"),
        ("[a](../ci.md)", "docs/how-to/scale.md", "how-to/scale.md", "[a](../ci.md)"),
        ("[`x.py`](../services/api/src/api/app.py)", "docs/ci.md", "ci.md", "`x.py`"),
        ("[a](https://example.org)", "docs/ci.md", "ci.md", "[a](https://example.org)"),
    ],
)
def test_links_are_moved_with_their_pages(link: str, source: str, page: str, moved: str) -> None:
    match = LINK.fullmatch(link)
    assert match is not None
    assert move_link(match, source=source, page=page, repository="") == moved


def test_a_link_to_code_leads_to_the_repository_where_one_is_named() -> None:
    match = LINK.fullmatch("[`app.py`](../services/api/src/api/app.py)")
    assert match is not None
    moved = move_link(match, source="docs/ci.md", page="ci.md", repository="https://example.org/us/it/")
    assert moved == "[`app.py`](https://example.org/us/it/blob/main/services/api/src/api/app.py)"


def test_a_link_to_nothing_stops_the_build() -> None:
    match = LINK.fullmatch("[a](nothing.md)")
    assert match is not None
    with pytest.raises(PluginError, match="not in the repository"):
        move_link(match, source="docs/ci.md", page="ci.md", repository="")
