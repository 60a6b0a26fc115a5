"""Make a repository for a table: this one's history, the table, a contract drafted from it, and one commit.

With the history in it, `git merge` knows what a later version of the platform changed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from scripts.project.errors import ProjectError
from scripts.project.git import UPSTREAM, Git

LARGEST_IN_GIT = 20 * 2**20
"""Bytes. A larger table lies in the folder but not in git."""
TABLES = "data/tables"
README = """# {name}

The table `{source}` as a service: trained, served, recorded and watched by mlops-iris. This repository started from
that one.

```bash
make local     # train, publish, serve; stays up until Ctrl-C
make upgrade   # how a newer platform would change this project; APPLY=1 merges it
```

`data/contract.yaml` describes the table (look for TODO), `params.yaml` has the settings of training.
"""


def create(home: Path, folder: Path, csv: str, target: str) -> None:
    """Make the repository `folder` from the commit that the checkout `home` is at.

    `csv` is a file, which is copied into the repository, or another source for `make contract`. Raises ProjectError; a
    folder that was made is taken away again.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"{folder} is there already; name a folder that is new or empty: DIR=../mine")
    upstream = Git(home)
    if not (home / ".git").exists():
        raise ProjectError(f"{home} is not a git clone, and updates need git's history; clone the repository first")
    try:
        upstream.run("clone", "--quiet", "--no-hardlinks", "--no-tags", "--origin", UPSTREAM, str(home), str(folder))
        git = Git(folder)
        _leave_upstream(git, _origin(upstream, home))
        source = _bring_table(csv, folder)
        name = _draft(folder, source, target)
        (folder / "README.md").write_text(README.format(name=name, source=source), encoding="utf-8")
        git.commit(f"Start {name} from mlops-iris")
    except ProjectError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _origin(upstream: Git, home: Path) -> str:
    """Where updates come from: the upstream of a project, what a clone was cloned from, else the checkout."""
    for remote in (UPSTREAM, "origin"):
        if upstream.answers("remote", "get-url", remote):
            return upstream.run("remote", "get-url", remote).strip()
    return str(home)


def _leave_upstream(git: Git, address: str) -> None:
    """A branch `main` of the project's own, and a remote that is only read from."""
    git.run("checkout", "--quiet", "-B", "main", "--no-track", "HEAD")
    git.run("remote", "set-url", UPSTREAM, address)
    git.run("remote", "set-url", "--push", UPSTREAM, "read-only")


def _bring_table(csv: str, folder: Path) -> str:
    """The source as the contract names it: relative to the repository where it is a file.

    The tables of a project that this one is made from do not come along.
    """
    shutil.rmtree(folder / TABLES, ignore_errors=True)
    pattern = Path(csv).expanduser()
    files = [file for file in sorted(pattern.parent.glob(pattern.name)) if file.is_file()]
    if not files:
        return csv
    (folder / TABLES).mkdir(parents=True)
    large = []
    for file in files:
        shutil.copyfile(file, folder / TABLES / file.name)
        if file.stat().st_size > LARGEST_IN_GIT:
            large.append(f"/{file.name}\n")
    if large:
        (folder / TABLES / ".gitignore").write_text("".join(large), encoding="utf-8")
    return f"{TABLES}/{pattern.name}"


def _draft(folder: Path, source: str, target: str) -> str:
    """Draft the contract and put it in its place. Returns the table's name."""
    words = [sys.executable, "-m", "trainer", "contract", "--", source, target]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    drafts = list((folder / "data").glob("*.contract.yaml"))
    if done.returncode or len(drafts) != 1:
        raise ProjectError(f"no contract could be drafted from {source}: {done.stderr.strip()}")
    drafts[0].replace(folder / "data" / "contract.yaml")
    # The steps are over, and the last line says how to take a draft over, which is done here.
    lines = [line for line in done.stdout.rstrip("\n").split("\n")[:-1] if not line.startswith("· ")]
    sys.stdout.write("\n".join(lines).replace(drafts[0].name, "contract.yaml") + "\n")
    return drafts[0].name.removesuffix(".contract.yaml")
