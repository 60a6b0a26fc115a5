"""A scoring gives way to what else runs on the machine."""

import subprocess
import sys

GIVE_WAY = """
import os, subprocess, sys
from trainer.scoring.priority import give_way
give_way()
give_way()
print(os.getpriority(os.PRIO_PROCESS, 0))
subprocess.run([sys.executable, "-c", "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"], check=True)
"""


def test_the_process_and_those_that_it_starts_have_the_lowest_priority() -> None:
    found = subprocess.run([sys.executable, "-u", "-c", GIVE_WAY], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["19", "19"]
