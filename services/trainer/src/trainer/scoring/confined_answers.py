"""Answers rows from standard input with model.onnx of this folder, until it ends. Runs in a child with limits."""

import os
import resource
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np

from trainer.conversion.onnx_session import opened
from trainer.gate.confined_model import reason
from trainer.workspace.confined import REFUSED, limit

HEAD = 4
"""Bytes of the number of rows before them."""
DAYS = 7 * 24 * 3600


def main(arguments: list[str]) -> int:
    """`arguments`: memory and file limits, CPU seconds of one batch, columns of a row, names of the outputs.

    A batch comes as a little-endian number of rows and their float32, and goes back as the outputs one after the other.
    """
    memory, file, seconds, width, *outputs = arguments
    # The output of a library must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    limit(int(memory), int(file), DAYS)
    try:
        running = opened(Path("model.onnx").read_bytes())
        while rows := _rows(sys.stdin.buffer, int(width)):
            _allow(int(seconds))
            found = running.run(outputs, {"features": rows[0]})
            for part in found:
                answers.write(np.ascontiguousarray(part).tobytes())
    except MemoryError:
        why = f"it needs more than {int(memory) >> 20} MiB"
    except BrokenPipeError:
        return 0
    except Exception as error:
        why = reason(error, int(memory))
    else:
        return 0
    sys.stderr.write(f"\n{why}\n")
    return REFUSED


def _rows(stream: BinaryIO, width: int) -> list["np.ndarray[tuple[int, int], np.dtype[np.float32]]"]:
    """The next batch, or nothing at the end."""
    head = stream.read(HEAD)
    if len(head) < HEAD:
        return []
    count = int.from_bytes(head, "little")
    content = stream.read(count * width * 4)
    if len(content) < count * width * 4:
        return []
    return [np.frombuffer(content, dtype=np.float32).reshape(count, width)]


def _allow(seconds: int) -> None:
    """CPU time for one more batch: a child whose parent was killed in the middle of it ends, too."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, DAYS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
