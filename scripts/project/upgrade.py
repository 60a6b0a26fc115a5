"""Compare a project with a newer version of the platform, and merge that version where asked to."""

from dataclasses import dataclass
from pathlib import Path

from scripts.project.differences import differences
from scripts.project.errors import ProjectError
from scripts.project.git import UPSTREAM, Git, merging_settings
from scripts.project.reading import settings_of

RUN = "dvc.lock"
"""The record of the last training, which each training writes."""
CONTRACT, PARAMS = "data/contract.yaml", "params.yaml"


@dataclass(frozen=True)
class Plan:
    """The result of merging `ref` into the project, without having touched a file of it."""

    ref: str
    commits: int
    """Commits that the project does not have; with 0 there is nothing to do."""
    contract: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    """Where the project's params differ from the platform's, and stay as they are."""
    conflicts: tuple[str, ...] = ()
    """Files that both sides changed in the same place."""
    refused: str = ""
    """Why the newer trainer does not accept the project's settings; empty when it does."""
    ahead: str = ""
    """Why the trainer that the project has does not accept them: they are written for the newer one already."""


def plan(folder: Path, ref: str | None) -> Plan:
    """Fetch from the upstream, and find what would change. Raises ProjectError."""
    git = Git(folder)
    if not git.answers("remote", "get-url", UPSTREAM):
        raise ProjectError(
            f"{folder} has no remote `{UPSTREAM}` to take updates from. "
            f"Add it: git remote add {UPSTREAM} <address of mlops-iris>"
        )
    git.run("fetch", "--quiet", "--no-tags", UPSTREAM, *([ref] if ref else []))
    commit = git.run("rev-parse", "FETCH_HEAD").strip() if ref else _newest(git)
    commits = int(git.run("rev-list", "--count", f"HEAD..{commit}"))
    if not commits:
        return Plan(commit, 0)
    merged, conflicts = _merged(git, commit)
    contract, params = _text(git, merged, CONTRACT), _text(git, merged, PARAMS)
    try:
        after = settings_of(git, commit, contract, params)
    except ProjectError as error:
        return Plan(commit, commits, conflicts=conflicts, refused=str(error))
    before, ahead = after, ""
    try:
        before = settings_of(git, "HEAD", _text(git, "HEAD", CONTRACT), _text(git, "HEAD", PARAMS))
    except ProjectError as error:
        ahead = str(error)
    theirs = settings_of(git, commit, contract, _text(git, commit, PARAMS))
    return Plan(
        commit, commits,
        contract=tuple(differences(before["contract"], after["contract"])),
        params=tuple(differences(before["params"], after["params"])),
        own=tuple(differences(theirs["params"], after["params"])),
        conflicts=conflicts,
        ahead=ahead,
    )  # fmt: skip


def apply(folder: Path, found: Plan) -> None:
    """Merge. Raises ProjectError where files of the project are not committed, or where a person has to decide."""
    git = Git(folder)
    changed = {line[3:] for line in git.run("status", "--porcelain", "--untracked-files=no").splitlines()}
    if changed == {RUN}:
        git.run(*git.identity(), "commit", "--quiet", "--message", "Record the last training", "--", RUN)
    elif changed:
        raise ProjectError(f"{folder} has changes that are not committed; commit them first, so that none is lost")
    words = ("merge", "--no-edit", "--quiet", "--message", f"Upgrade mlops-iris to {found.ref[:12]}", found.ref)
    with merging_settings() as options:
        git.run(*options, *git.identity(), *words, statuses=(0, 1))
    open_files = git.run("diff", "--name-only", "--diff-filter=U").split()
    if open_files:
        raise ProjectError(
            f"both sides changed {', '.join(open_files)}. Edit what is between the marks <<<<<<< and >>>>>>>, then: "
            "git add --all && git commit. To go back: git merge --abort"
        )


def _newest(git: Git) -> str:
    """The commit of the upstream's main branch."""
    for name in (f"{UPSTREAM}/main", f"{UPSTREAM}/HEAD", f"{UPSTREAM}/master"):
        if git.answers("rev-parse", "--verify", "--quiet", name):
            return git.run("rev-parse", name).strip()
    raise ProjectError(f"the remote `{UPSTREAM}` has no branch main; name one: make upgrade REF=…")


def _merged(git: Git, commit: str) -> tuple[str, tuple[str, ...]]:
    """The tree of a merge that is not made, and the files in conflict."""
    words = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "HEAD", commit)
    with merging_settings() as options:
        output = git.run(*options, *words, statuses=(0, 1))
    tree, *files = [line for line in output.splitlines() if line]
    return tree, tuple(files)


def _text(git: Git, ref: str, path: str) -> str:
    text = git.file(ref, path)
    if text is None:
        raise ProjectError(f"{path} is not in {ref[:12]}: this is not a project of mlops-iris")
    return text
