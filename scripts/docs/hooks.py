"""mkdocs's hooks: the repository's own pages are in the site; links to code lead to the repository or are text."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
# Pages that a repository has at its root, and where the site has them.
PAGES = {
    "README.md": "quick-start.md",
    "SUMMARY.md": "summary.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"(?P<mark>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
_PICTURE = re.compile(r'(?P<before><img src=")(?P<target>docs/[^"]+)')
"""A picture that has a width, which Markdown can't say; only the repository's own pages have such."""
_FENCE = re.compile(r"^(```.*?^```)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's own pages; each keeps one source."""
    for source, page in PAGES.items():
        if (ROOT / source).is_file():
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Let the theme's script ask no other server: what it would fetch there is for diagrams and folders, not for us."""
    for script in Path(config.site_dir).glob("assets/javascripts/bundle.*.js"):
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace("https://unpkg.com/", "data:text/javascript,//"), encoding="utf-8")


def on_page_markdown(markdown: str, *, page: Any, config: MkDocsConfig, **_: Any) -> str:
    """Point every link to where the site has its target. PluginError when the repository does not have it."""
    source = next((name for name, at in PAGES.items() if at == page.file.src_uri), f"docs/{page.file.src_uri}")

    def moved(link: re.Match[str]) -> str:
        return move_link(link, source=source, page=page.file.src_uri, repository=config.repo_url or "")

    def shown(picture: re.Match[str]) -> str:
        if not (ROOT / picture["target"]).is_file():
            raise PluginError(f"{source} shows {picture['target']}, which is not in the repository")
        return f"{picture['before']}{picture['target'].removeprefix('docs/')}"

    if source in PAGES:
        markdown = _PICTURE.sub(shown, markdown)
    parts = _FENCE.split(markdown)
    return "".join(part if part.startswith("```") else LINK.sub(moved, part) for part in parts)


def move_link(link: re.Match[str], *, source: str, page: str, repository: str) -> str:
    """One Markdown link of the file ``source`` as the site's page ``page`` has to say it."""
    target, _, anchor = link["target"].partition("#")
    if not target or re.match(r"[a-z]+:", target):
        return link[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if not (ROOT / path).exists():
        raise PluginError(f"{source} links to {link['target']}, which is not in the repository")
    anchor = f"#{anchor}" if anchor else ""
    within = PAGES.get(path, path.removeprefix("docs/"))
    if within != path and (ROOT / path).is_file():
        relative = posixpath.relpath(within, posixpath.dirname(page) or ".")
        return f"{link['mark']}[{link['text']}]({relative}{anchor})"
    if repository:
        return f"{link['mark']}[{link['text']}]({repository.rstrip('/')}/blob/main/{path}{anchor})"
    return link["text"]
