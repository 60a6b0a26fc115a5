"""Reads and proves a model in a child with limits and without passwords, and leaves the bundle in its folder."""

import json
import sys
import warnings
from pathlib import Path

from trainer.adoption.origin import Origin
from trainer.errors import ContractError, TrainerError
from trainer.workspace.confined import REFUSED, limit
from trainer.workspace.files import json_bytes, write
from trainer.workspace.layout import Layout

TASK, OUTCOME, REFUSAL, TABLE = "task.json", "outcome.json", "refusal.txt", "table.csv"


def main(arguments: list[str]) -> int:
    """`arguments`: the limits; the rest is in task.json."""
    memory, file, cpu_seconds = map(int, arguments)
    from trainer.adoption.making import ProofTable, make
    from trainer.contract.contract import read_contract
    from trainer.params import read_params

    here = Path.cwd()
    task = json.loads((here / TASK).read_bytes())
    root = Path(task["root"])
    # Where a person's own estimators are: a pickle names their modules.
    sys.path.append(str(root / "models"))
    limit(memory, file, cpu_seconds)
    # Warnings of libraries are for the author of the model; those that matter here become a note.
    warnings.simplefilter("ignore")
    try:
        layout = Layout(root)
        try:
            committed = read_contract(layout.contract)
        except ContractError:
            committed = None
        table = ProofTable((here / TABLE).read_bytes(), task["source"], task["query"], task["own"])
        origin = Origin(Path(task["model"]), task["format"], tuple(task["signature"]))
        made = make(Layout(here), origin, table, committed, task["target"], read_params(layout.params))
    except TrainerError as error:
        write(here / REFUSAL, str(error).encode(errors="replace"))
        return REFUSED
    except MemoryError:
        write(here / REFUSAL, f"it needs more than {memory >> 20} MiB".encode())
        return REFUSED
    write(here / OUTCOME, json_bytes({"page": made.page, "notes": made.notes, "parity": made.parity}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
