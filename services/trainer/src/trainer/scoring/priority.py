"""A scoring gives way: an api on the same machine gets the cores first."""

import os

NICENESS = 19


def give_way() -> None:
    """Lower the priority of this process and of those that it will start; a lower one stays as it is."""
    os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
