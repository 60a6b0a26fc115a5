"""Single values from a server's /metrics."""

import httpx2

from bench.server import Server


def total(server: Server, series: str) -> float:
    """The value of `series`, or the sum of all series whose text begins with it; 0 where there is none."""
    text = httpx2.get(f"{server.url}/metrics", timeout=30).text
    lines = (line for line in text.splitlines() if line.startswith(series))
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
