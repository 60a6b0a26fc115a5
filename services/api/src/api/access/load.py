"""Detects a busy worker, which then skips optional work."""

from api.access.admission import Admission


class Load:
    """Looks at admission control, and at the worker's CPU time of the last moments."""

    def __init__(self, admission: Admission, *, most_cpu: float) -> None:
        """``most_cpu`` is the share of one core above which the load is high."""
        self._admission = admission
        self._most_cpu = most_cpu
        self._cpu = 0.0

    def measure(self, cpu_seconds: float, seconds: float) -> None:
        """Take what the process used of the time since the last call."""
        self._cpu = cpu_seconds / seconds if seconds > 0 else 0.0

    def is_high(self) -> bool:
        return self._cpu > self._most_cpu or self._admission.crowded
