"""When the platform is up: every worker of the api has the model, not only the one that was asked."""

import pytest

from scripts.run.platform import is_served_by_all

METRICS = """\
# TYPE workers gauge
workers {workers}
# TYPE model_info gauge
model_info{{variant="production",version="1"}} 0.0
model_info{{variant="production",version="2"}} {having}
model_info{{variant="canary",version="2"}} 2.0
"""


@pytest.mark.parametrize(("workers", "having", "expected"), [(2, 2, True), (2, 1, False), (2, 0, False), (0, 0, False)])
def test_it_is_served_when_every_worker_says_so(workers: int, having: int, expected: bool) -> None:
    assert is_served_by_all(METRICS.format(workers=workers, having=having), "2") is expected


def test_metrics_without_models_are_those_of_an_api_that_has_none() -> None:
    assert not is_served_by_all("# TYPE workers gauge\nworkers 2\n", "2")
