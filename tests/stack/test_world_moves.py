"""`make loop-demo`, as a person types it: the world moves, and a better model is production without a hand."""

from collections.abc import Callable

import httpx2
import pytest

from tests.stack.conftest import StackFactory
from tests.stack.platform import ROOT, Stack, run
from tests.stack.test_verbs import environment_of

# Every wait of the demo grows on a slow machine, up to four times; this is the last bound.
pytestmark = pytest.mark.timeout(7800)
PICTURE = ROOT / "var" / "loop-demo.png"
PACED = "/opt/pipeline/params.yaml"


def test_the_loop_closes_by_itself_and_once_more_on_the_same_volumes(
    new_stack: StackFactory, note: Callable[[str], None]
) -> None:
    stack = new_stack("loop")
    for time, first in (("first", "1"), ("second", "3")):
        found = close_loop(stack)
        message = [line for line in found.splitlines() if " ✓ " in line]
        assert len(message) == 10, found
        assert f"version {first} answers the world it was trained on" in message[0]
        assert "none failed" in found
        assert PICTURE.read_bytes()[:4] == b"\x89PNG"
        served = httpx2.get(f"{stack.url('api')}/model", timeout=10).json()["version"]
        assert int(served) == int(first) + 1
        mounts = {mount["Destination"] for mount in stack.container("retrainer")["Mounts"]}
        assert PACED not in mounts, "the retrainer is back at its usual pace"
        note(
            f"make loop-demo, the {time} time: the loop closed {message[-1].split()[0]} minutes after the first request"
        )
    stack.down()


def close_loop(stack: Stack) -> str:
    """What `make loop-demo` printed. Raises CommandError when the loop did not close."""
    PICTURE.unlink(missing_ok=True)
    return run("make", "loop-demo", environment=environment_of(stack), seconds=3800).stdout
