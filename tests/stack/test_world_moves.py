"""`make loop-demo`, as a person types it: the world moves, and a better model is production without a hand."""

from collections.abc import Callable

import httpx2
import pytest

from tests.stack.conftest import StackFactory
from tests.stack.platform import ROOT, run
from tests.stack.test_verbs import environment_of

# Every wait of the demo grows on a slow machine; this is the last bound.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(2400)]
PICTURE = ROOT / "var" / "loop-demo.png"
PACED = "/opt/pipeline/params.yaml"


def test_the_loop_closes_by_itself(new_stack: StackFactory, note: Callable[[str], None]) -> None:
    stack = new_stack("loop")
    PICTURE.unlink(missing_ok=True)
    said = run("make", "loop-demo", environment=environment_of(stack), seconds=2300).stdout
    told = [line for line in said.splitlines() if " ✓ " in line]
    assert len(told) == 10, said
    assert "none failed" in said
    assert PICTURE.read_bytes()[:4] == b"\x89PNG"
    assert str(httpx2.get(f"{stack.url('api')}/model", timeout=10).json()["version"]) != "1"
    mounts = {mount["Destination"] for mount in stack.container("retrainer")["Mounts"]}
    assert PACED not in mounts, "the retrainer is back at its usual pace"
    note(f"make loop-demo: the loop closed {told[-1].split()[0]} minutes after the first request")
    stack.down()
