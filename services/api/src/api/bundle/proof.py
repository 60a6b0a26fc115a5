"""``python -m api.bundle.proof BUNDLES BUNDLE MEMORY PARENT``: try one bundle under limits.

The verdict is written to stdout.

Started by :mod:`api.bundle.prover`. The limits are set before anything of the bundle is read.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_CPU_SECONDS = 20
_LARGEST_OUTPUT = 64 * 1024
_DESCRIPTORS = 64
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    bundles, bundle, memory, parent = arguments
    if not end_with(int(parent)):
        return 1
    limit()
    # Imported under the limit of processor time, and after the signal was asked for.
    from api.bundle.prover import Verdict
    from api.bundle.reader import prove_bundle
    from api.errors import BundleRefusedError

    verdict = Verdict(reason=None, message=None)
    try:
        prove_bundle(Path(bundles), bundle, memory=int(memory))
    except BundleRefusedError as error:
        verdict = Verdict(reason=error.reason, message=str(error))
    sys.stdout.write(verdict.model_dump_json())
    return 0


def end_with(parent: int) -> bool:
    """Have the kernel kill this process when the worker that started it ends; False if it has ended already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


def limit() -> None:
    """Bound processor time, files and output; the memory limit counts from where the bundle is read."""
    for kind, most in (
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _LARGEST_OUTPUT),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
