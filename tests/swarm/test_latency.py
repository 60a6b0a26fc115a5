"""What the edge adds to one request, in turn with the api itself."""

import json
from collections.abc import Callable

from tests.swarm.cluster import Cluster

TURNS = 3000
ASK = """
import http.client, json, sys, time
row = json.dumps({"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2})
taken = {"edge": [], "api": []}
open_ones = {name: http.client.HTTPConnection(name, 8000, timeout=10) for name in taken}
for turn in range(int(sys.argv[1])):
    for name, connection in open_ones.items():
        begun = time.perf_counter()
        connection.request("POST", "/predict", row, {"content-type": "application/json", "host": "api"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200
        taken[name].append(time.perf_counter() - begun)
ordered = {name: sorted(times) for name, times in taken.items()}
print(json.dumps({name: [times[len(times) // 2], times[int(len(times) * 0.99)]] for name, times in ordered.items()}))
"""


def test_the_edge_adds_little(cluster: Cluster, note: Callable[[str], None]) -> None:
    node = cluster.node_of("api")
    before = cluster.cpu_seconds("edge")
    printed = cluster.docker("exec", cluster.container("api", node), "python", "-c", ASK, str(TURNS), node=node)
    used = cluster.cpu_seconds("edge") - before
    (edge, edge99), (api, api99) = (json.loads(printed)[name] for name in ("edge", "api"))
    note(
        f"edge p50 {edge * 1e3:.2f} ms, p99 {edge99 * 1e3:.2f} ms; api p50 {api * 1e3:.2f} ms, p99 {api99 * 1e3:.2f} ms"
        f"; CPU of the edges {used / TURNS * 1e6:.0f} µs a request"
    )
    assert edge > api
    assert used > 0
