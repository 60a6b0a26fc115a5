"""The limits of a process for a part of its work."""

import signal
import subprocess
import sys

import pytest

from trainer.workspace.confined import MIB, free_memory, tighter

SPINNING = """
from trainer.workspace.confined import MIB, tighter
with tighter(512 * MIB, 1):
    pass
print("it goes on", flush=True)
with tighter(512 * MIB, 1):
    while True:
        pass
"""


def test_memory_is_limited_within_and_not_after() -> None:
    with tighter(64 * MIB, 100), pytest.raises(MemoryError):
        bytearray(256 * MIB)
    assert len(bytearray(256 * MIB)) == 256 * MIB


def test_a_part_that_takes_too_much_cpu_time_ends_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", SPINNING], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (-signal.SIGXCPU, "it goes on\n")


def test_the_free_memory_is_less_than_the_machine_has() -> None:
    assert 0 < free_memory() < 2**50
