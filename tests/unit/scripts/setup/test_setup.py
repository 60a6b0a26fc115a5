"""The set-up counts what it has done, says how it ended, and repairs what a stopped one left."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.setup.__main__ import set_up
from scripts.setup.environment import Environment
from scripts.setup.errors import SetupError, cause_of
from scripts.setup.lock import installed, locked
from scripts.setup.pip import Pip
from scripts.setup.progress import Line, Progress

ROOT = Path(__file__).resolve().parents[4]
OUTPUT = """
WARNING: The directory '/nonexistent/.cache/pip' or its parent directory is not owned or is not writable
Looking in indexes: https://index.example/simple
Collecting attrs==26.1 (from -r requirements.lock.txt (line 1))
  Downloading attrs-26.1-py3-none-any.whl.metadata (9.1 kB)
Requirement already satisfied: click==8.5 in ./.venv (from -r requirements.lock.txt (line 9)) (8.5)
Collecting numpy==2.4.6 (from -r requirements.lock.txt (line 20))
  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.8 MB)
Downloading attrs-26.1-py3-none-any.whl (500 kB)
"""
CAUSES = {
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": "the disk is full",
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError('<HTTPSConnection>: Failed to "
    "establish a new connection: [Errno -3] Temporary failure in name resolution')'\n"
    "ERROR: Could not find a version that satisfies the requirement attrs==26.1 (from versions: none)\n"
    "ERROR: No matching distribution found for attrs==26.1": "the package index does not answer",
    "ERROR: No matching distribution found for numpy==2.4.6": "the package index has no numpy==2.4.6 for this Python",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.": "is not the one",
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]": "does not trust",
    "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'": "can't be written",
    "ERROR: something nobody has seen": "mend what it says above",
}


def read(progress: Progress, output: str) -> Progress:
    for line in output.splitlines():
        progress.read(line)
    return progress


def fake_python(folder: Path, script: str) -> Path:
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_packages_are_counted_as_pip_looks_them_up_fetches_and_unpacks_them() -> None:
    progress = read(Progress(total=5), OUTPUT)
    assert (len(progress.looked_up), len(progress.fetched)) == (3, 3)
    assert str(progress) == "3 of 5 packages fetched (17 MB)"
    progress.read("Installing collected packages: numpy, attrs")
    progress.unpacked = 2
    assert str(progress) == "2 of 5 packages unpacked"


def test_an_index_that_does_not_answer_is_shown_while_pip_tries_again() -> None:
    progress = read(Progress(total=5), "WARNING: Retrying (Retry(total=3, connect=None)) after connection broken")
    assert "does not answer" in str(progress)


def test_where_there_is_no_terminal_a_line_is_printed_for_each_tenth() -> None:
    out, progress = io.StringIO(), Progress(total=200)
    line = Line(out, 80)
    for number in range(200):
        progress.read(f"Collecting one{number}==1 (from x)")
        progress.read(f"  Downloading one{number}-1-py3-none-any.whl (1.0 MB)")
        line.show(progress)
    line.end()
    assert 10 <= len(out.getvalue().splitlines()) <= 11
    assert "\r" not in out.getvalue()


def test_on_a_terminal_one_line_of_at_most_its_width_is_written_over() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out, progress = Terminal(), read(Progress(total=5), OUTPUT)
    line = Line(out, 30)
    line.show(progress)
    line.show(progress)
    line.end()
    assert out.getvalue().count("\n") == 1
    assert {len(text) for text in out.getvalue().strip("\n").split("\r")[1:]} == {29}


@pytest.mark.parametrize(("output", "sentence"), CAUSES.items())
def test_a_failure_ends_with_a_sentence_on_what_to_do(output: str, sentence: str) -> None:
    cause = cause_of(output, needed_gb=2.3, python="3.11")
    assert sentence in cause
    assert re.search(r"\b(check|free|set|use|delete|mend)\b", cause)


def test_pips_own_errors_are_shown_before_the_sentence_and_its_warnings_are_not(tmp_path: Path) -> None:
    found = "echo 'WARNING: noise'; echo 'ERROR: [Errno 28] No space left on device'; exit 1"
    pip = Pip(fake_python(tmp_path, found), tmp_path, tmp_path / "var/setup.log", 2.3)
    with pytest.raises(SetupError) as caught:
        pip.install("attrs", watch=lambda _: None)
    first, last = str(caught.value).splitlines()
    assert first == "  ERROR: [Errno 28] No space left on device"
    assert last.startswith("setup failed: the disk is full: free 2.3 GB")
    assert "WARNING: noise" in (tmp_path / "var/setup.log").read_text(encoding="utf-8")


def test_errors_of_a_pip_that_went_well_are_given_back(tmp_path: Path) -> None:
    pip = Pip(fake_python(tmp_path, "echo 'ERROR: a conflict' >&2"), tmp_path, tmp_path / "log", 2.3)
    assert pip.install("attrs", watch=lambda _: None) == ["ERROR: a conflict"]


def test_the_lock_is_read_for_this_python_and_this_machine(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "# made\nAttrs==26.1 \\\n    --hash=sha256:0\nnumpy==1 ; python_full_version < '3' \\\n    --hash=sha256:1\n"
        "numpy==2 ; python_full_version >= '3' \\\n    --hash=sha256:2\npywin32==9 ; sys_platform == 'win32'\n",
        encoding="utf-8",
    )
    assert locked(lock, Path(sys.executable)) == {("attrs", "26.1"), ("numpy", "2")}


def test_what_is_half_unpacked_does_not_count_as_installed(tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.11/site-packages"
    for name, files in {"Some_Thing-1.0": ["METADATA", "RECORD"], "other-2": ["METADATA"]}.items():
        (packages / f"{name}.dist-info").mkdir(parents=True)
        for file in files:
            (packages / f"{name}.dist-info" / file).touch()
    assert installed(tmp_path) == {("some-thing", "1.0")}


@pytest.mark.parametrize("script", ["exit 1", "echo 2.7"], ids=["without pip", "of another Python"])
def test_an_environment_that_does_not_work_is_not_sound(tmp_path: Path, script: str) -> None:
    (tmp_path / "bin").mkdir()
    fake_python(tmp_path / "bin", script)
    assert not Environment(tmp_path).sound()


def test_an_environment_that_a_stopped_set_up_left_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake_python(tmp_path / "bin", f"echo {sys.version_info[0]}.{sys.version_info[1]}")
    environment = Environment(tmp_path)
    assert environment.sound()
    environment.begin_writing()
    assert not environment.sound()
    environment.end_writing()
    assert environment.sound()


def test_an_environment_of_a_checkout_that_was_moved_is_made_again(tmp_path: Path) -> None:
    """Also by make, which otherwise takes an environment for ready when it is newer than the lock."""
    old, new = tmp_path / "old place", tmp_path / "new place"
    for folder in (old / ".venv/bin", old / "scripts"):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", old)
    (old / "requirements.lock.txt").touch()
    fake_python(old / ".venv/bin", f"echo {sys.version_info[0]}.{sys.version_info[1]}")
    (old / ".venv/pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = python -m venv --clear {old}/.venv\n")
    (old / ".venv/.ready").touch()
    assert Environment(old / ".venv").sound()
    assert "scripts.setup" not in planned(old)
    old.rename(new)
    assert not Environment(new / ".venv").sound()
    assert "scripts.setup" in planned(new)
    assert "this checkout was moved" in planned(new)


def test_a_link_to_another_checkouts_environment_is_used_and_never_emptied(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first / ".venv/bin", first / "scripts", second / "scripts"):
        folder.mkdir(parents=True)
    for checkout in (first, second):
        shutil.copy(ROOT / "Makefile", checkout)
        (checkout / "requirements.lock.txt").touch()
    fake_python(first / ".venv/bin", f"echo {sys.version_info[0]}.{sys.version_info[1]}")
    (first / ".venv/pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = python -m venv --clear {first}/.venv\n")
    (first / ".venv/.ready").touch()
    (second / ".venv").symlink_to(first / ".venv")
    assert Environment(second / ".venv").sound()
    assert "scripts.setup" not in planned(second)
    Environment(second / ".venv").make()
    assert (first / ".venv/.ready").exists()
    assert not (second / ".venv").is_symlink()


@pytest.mark.parametrize("whole", [True, False])
def test_set_up_writes_nothing_into_an_environment_that_another_checkout_lends(tmp_path: Path, whole: bool) -> None:
    lender = tmp_path / "lender/.venv"
    for name, version in locked(ROOT / "requirements.lock.txt", Path(sys.executable)) if whole else ():
        record = lender / f"lib/python3.11/site-packages/{name}-{version}.dist-info/RECORD"
        record.parent.mkdir(parents=True)
        record.touch()
    (lender / "bin").mkdir(parents=True, exist_ok=True)
    fake_python(lender / "bin", f'case "$2" in *marker*) exec "{sys.executable}" "$@";; esac; echo 3.11')
    (tmp_path / ".venv").symlink_to(lender)
    before, out = sorted(tmp_path.rglob("*")), io.StringIO()
    if whole:
        set_up(Environment(tmp_path / ".venv"), out, exact=False)
        assert f"a link to {lender}, which has every package; nothing was changed" in out.getvalue()
    else:
        with pytest.raises(SetupError, match=r"lacks \d+ packages .* `make setup` in .*lender, or `rm \.venv"):
            set_up(Environment(tmp_path / ".venv"), out, exact=True)
    assert sorted(tmp_path.rglob("*")) == before


def planned(checkout: Path) -> str:
    """What `make setup` would run there."""
    command = ["make", "--dry-run", "setup"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout


def test_a_disk_that_is_too_small_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"are free in .*: make room"):
        Environment(tmp_path / ".venv").room_for(1e12)


def test_the_makefile_starts_every_tool_through_the_environments_python() -> None:
    """Scripts of an environment name its Python in their first line; a moved folder or a space in it breaks that."""
    recipes = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\(BIN\)/([\w-]+)", recipes)) == {"python"}
