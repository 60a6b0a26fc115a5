"""The few things that are asked of git, in one folder."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.project.errors import ProjectError

SECONDS = 300.0
UPSTREAM = "upstream"
"""The remote that updates come from; `origin` stays free for the project's own server."""
WHOLE = ("data/contract.yaml", "dvc.lock", "README.md")
"""Files that stay the project's own where both sides changed them."""
BY_LINE = ("params.yaml",)
"""Files that take the upstream's lines, but for those that the project changed, too."""
DRIVERS = {"whole": "true", "by-line": "git merge-file --quiet --ours %A %O %B"}
NOBODY = ("-c", "user.name=owner", "-c", "user.email=owner@localhost")


@contextmanager
def merging_settings() -> Iterator[tuple[str, ...]]:
    """Options of git for a merge that treats the project's own files as WHOLE and BY_LINE say."""
    lines = [f"/{file} merge=whole\n" for file in WHOLE] + [f"/{file} merge=by-line\n" for file in BY_LINE]
    with tempfile.NamedTemporaryFile("w", suffix=".gitattributes") as attributes:
        attributes.writelines(lines)
        attributes.flush()
        drivers = [word for name, run in DRIVERS.items() for word in ("-c", f"merge.{name}.driver={run}")]
        yield (*drivers, "-c", f"core.attributesFile={attributes.name}")


@dataclass(frozen=True)
class Git:
    """A repository at `folder`."""

    folder: Path

    def run(self, *words: str, statuses: tuple[int, ...] = (0,)) -> str:
        """The output of git. Raises ProjectError with git's own words where its status is another."""
        return self._done(*words, statuses=statuses).stdout.decode(errors="replace")

    def answers(self, *words: str) -> bool:
        """Whether git ends with status 0."""
        return self._done(*words, statuses=tuple(range(256))).returncode == 0

    def file(self, ref: str, path: str) -> str | None:
        """A file's text in a commit or tree; None where it is not there."""
        return self.run("show", f"{ref}:{path}") if self.answers("cat-file", "-e", f"{ref}:{path}") else None

    def unpack(self, ref: str, path: str, into: Path) -> None:
        """Write the folder `path` of a commit or tree below `into`."""
        archive = self._done("archive", "--format=tar", ref, path).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(into, filter="data")

    def commit(self, message: str) -> None:
        """Commit everything; without an identity of a person on this machine, as owner@localhost."""
        self.run("add", "--all")
        self.run(*self.identity(), "commit", "--quiet", "--message", message)

    def identity(self) -> tuple[str, ...]:
        return () if self.answers("var", "GIT_AUTHOR_IDENT") and self.answers("config", "user.email") else NOBODY

    def _done(self, *words: str, statuses: tuple[int, ...] = (0,)) -> "subprocess.CompletedProcess[bytes]":
        command = ["git", "-C", str(self.folder), *words]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)
        except FileNotFoundError:
            raise ProjectError("git is not on the path; install it") from None
        except subprocess.TimeoutExpired:
            raise ProjectError(f"git {words[0]} did not end within {SECONDS:.0f} s") from None
        if done.returncode not in statuses:
            output = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise ProjectError(f"git {words[0]} in {self.folder} failed: {output}")
        return done
