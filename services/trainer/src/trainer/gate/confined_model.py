"""Answers rows.npy with model.onnx of this folder, into answers.npy. Runs in a child with limits."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from trainer.conversion.onnx_session import opened
from trainer.workspace.confined import REFUSED, limit

CHUNK = 1000
"""Rows answered at once: what a model needs for each adds up."""


def main(arguments: list[str]) -> int:
    memory, file, cpu_seconds, output = arguments
    limit(int(memory), int(file), int(cpu_seconds))
    try:
        np.save("answers.npy", _answers(Path("model.onnx").read_bytes(), np.load("rows.npy"), output))
    except MemoryError:
        return _refuse(f"it needs more than {int(memory) >> 20} MiB")
    except Exception as error:
        return _refuse(reason(error, int(memory)))
    return 0


def reason(error: Exception, memory: int) -> str:
    """Why a model did not answer; `memory` is the limit in bytes."""
    # ONNX Runtime raises whatever its C++ raises, with file and line before the reason.
    lines = str(error).strip().splitlines()
    if any("bad_alloc" in line or "bad allocation" in line or "Failed to allocate" in line for line in lines):
        return f"it needs more than {memory >> 20} MiB"
    return f"ONNX Runtime refuses it: {lines[0] if lines else type(error).__name__}"


def _answers(model: bytes, rows: Any, output: str) -> Any:
    running = opened(model)
    parts = [running.run([output], {"features": rows[at : at + CHUNK]})[0] for at in range(0, len(rows), CHUNK)]
    return np.concatenate(parts)


def _refuse(reason: str) -> int:
    sys.stdout.write(f"\n{reason}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
