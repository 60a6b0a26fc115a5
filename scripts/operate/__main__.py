"""`python -m scripts.operate VERB …`: the trainer's verb against this checkout's platform, here or in containers.

Which one that is, `scripts/operate/targets.py` decides; what is acted on is printed first.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from glob import glob
from pathlib import Path

from scripts.operate.targets import ContainerTarget, LocalTarget, NoTargetError, registry_target
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
CONTAINERS = ("docker", "compose", "run", "--rm", "--no-deps")
# Prometheus is in reach of the retrainer alone.
WATCHING = ("rollout",)
GIVEN = "/given"
"""Where a container finds the files that a verb names."""


def command(verb: list[str], target: LocalTarget | ContainerTarget) -> list[str]:
    """The trainer's verb as a program of this machine, or in a container of its own."""
    if isinstance(target, ContainerTarget):
        mounts, words = MOUNTED.get(verb[0], _unmounted)(verb)
        return [*CONTAINERS, *mounts, "retrainer" if verb[0] in WATCHING else "trainer", *words]
    if verb[0] == "retrain" and target.own and target.courier is None:
        # Nothing answers for this checkout; whatever is at the courier's usual address belongs to another one.
        verb = [*verb, "--without-feedback"]
    return [sys.executable, "-m", "trainer", *verb]


def mounted(verb: list[str]) -> tuple[list[str], list[str]]:
    """Options that mount the model's file and the table's files, to be read only, and the words with their places."""
    mounts, words = [], []
    for word in verb:
        option, _, value = word.rpartition("=") if word.startswith("--csv=") else ("", "", word)
        given = option or word == verb[-1]
        files = [Path(name).resolve() for name in sorted(glob(value))] if given else []  # noqa: PTH207 - may be absolute
        folder = f"{GIVEN}/table" if option else f"{GIVEN}/model"
        for file in files:
            mounts += ["--volume", f"{file}:{folder}/{file.name}:ro"]
        place = f"{folder}/{Path(value).name}" if files else value
        words.append(f"{option}={place}" if option else place)
    return mounts, words


def scored_mounts(verb: list[str]) -> tuple[list[str], list[str]]:
    """The table to be read, and the folder of the output to be written by the person who runs the verb."""
    *options, source, target = verb
    table, output = Path(source).resolve(), Path(target).resolve()
    table_there = f"{GIVEN}/table/{table.name}"
    mounts = ["--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{table}:{table_there}:ro"]
    mounts += ["--volume", f"{output.parent}:{GIVEN}/output"]
    return mounts, [*(word for word in options if word != "--"), table_there, f"{GIVEN}/output/{output.name}"]


def _unmounted(verb: list[str]) -> tuple[list[str], list[str]]:
    return [], verb


MOUNTED = {"adopt": mounted, "score": scored_mounts}
"""The verbs that name files of this machine."""


def main(arguments: list[str], environment: Mapping[str, str], root: Path = ROOT) -> int:
    if arguments[0] == "feedback" and any(word.startswith("--from") for word in arguments):
        # A file asks no platform.
        return _run([sys.executable, "-m", "trainer", *arguments], environment, root)
    try:
        target = registry_target(arguments[0], environment, root)
    except NoTargetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"· {target}\n")
    settings = target.settings if isinstance(target, LocalTarget) else {}
    return _run(command(arguments, target), {**environment, **settings}, root)


def _run(words: list[str], environment: Mapping[str, str], root: Path) -> int:
    return subprocess.run(words, cwd=root, env=environment, check=False).returncode


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:], os.environ))
