"""Two benchmarks at once would measure each other."""

from pathlib import Path

import pytest

from bench.__main__ import alone
from bench.errors import BenchError


def test_a_second_benchmark_is_refused_until_the_first_one_is_over(tmp_path: Path) -> None:
    with alone(tmp_path / "bench"), pytest.raises(BenchError, match="already running"), alone(tmp_path / "bench"):
        pass

    with alone(tmp_path / "bench"):
        assert (tmp_path / "bench" / "lock").exists()
