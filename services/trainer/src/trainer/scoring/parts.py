"""The hidden folder beside the output that holds finished parts, so that a killed call goes on where it was."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from trainer.errors import ScoringError
from trainer.scoring.source import hashed
from trainer.workspace.files import json_bytes

JOB, LOCK, SETTLED, RUN, SENT = "job.json", "lock", "settled.json", "scoring.json", "sent.json"


class ScoringRun(NamedTuple):
    """When a scoring started, and its token. Ids of rows are made from both, so each call makes the same."""

    at: str
    """RFC 3339, UTC, in microseconds."""
    token: str
    """32 hexadecimal digits, drawn at random."""

    @property
    def milliseconds(self) -> int:
        """Since 1970."""
        return int(datetime.fromisoformat(self.at).timestamp() * 1000)

    @property
    def request_id(self) -> str:
        """The name of the scoring in the audit."""
        return f"score-{self.token}"


@dataclass
class Parts:
    """Parts of one job: the same input, bundle, columns and tools. Only one process has them."""

    folder: Path
    ending: str
    reused: int = 0
    """Rows of parts that an earlier call made."""
    audited: bool = False
    """Each part has the records of its rows beside it."""
    rows: list[int] = field(default_factory=list)
    """The rows of each part so far."""

    def file(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.{self.ending}"

    def records(self, number: int) -> Path:
        """The records of a part's rows, a line each."""
        return self.folder / f"part-{number:06d}.records"

    def has(self, number: int, rows: int) -> bool:
        """Whether the part is there whole; one that is damaged is made again."""
        note = self._note(number)
        try:
            noted = json.loads(note.read_bytes())
            whole = bool(noted == self._noted(number, rows))
        except (OSError, ValueError):
            return False
        if whole:
            self.reused += rows
            self.rows.append(rows)
        return whole

    def add(self, number: int, rows: int, write: Callable[[Path], None], records: bytes = b"") -> None:
        """Make a part. Its note comes last, so a part without one is not whole. Raises OSError."""
        file = self.file(number)
        if self.audited:
            self.records(number).write_bytes(records)
            synced(self.records(number))
        incoming = self.folder / f".incoming.{self.ending}"
        write(incoming)
        synced(incoming)
        incoming.replace(file)
        self._replace(self._note(number), self._noted(number, rows))
        self.rows.append(rows)

    def settle(self, settlement: dict[str, Any]) -> None:
        """Keep what the output will be until it is recorded. Raises OSError."""
        self._replace(self.folder / SETTLED, settlement)

    @cached_property
    def run(self) -> ScoringRun:
        """The same for every call of this job. Raises OSError."""
        file = self.folder / RUN
        try:
            return ScoringRun(**json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError):
            now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            found = ScoringRun(now, secrets.token_hex(16))
            self._replace(file, found._asdict())
            return found

    @property
    def sent(self) -> int:
        """Parts whose records the courier has taken."""
        try:
            return int(json.loads((self.folder / SENT).read_bytes())["parts"])
        except (OSError, ValueError, TypeError, LookupError):
            return 0

    def note_sent(self, parts: int) -> None:
        """Keep how many parts the courier has. Raises OSError."""
        self._replace(self.folder / SENT, {"parts": parts})

    @property
    def files(self) -> list[Path]:
        return [self.file(number) for number in range(len(self.rows))]

    def _noted(self, number: int, rows: int) -> dict[str, Any]:
        noted = {"rows": rows, "sha256": hashed(self.file(number))}
        return noted | ({"records": hashed(self.records(number))} if self.audited else {})

    def _replace(self, file: Path, content: dict[str, Any]) -> None:
        draft = self.folder / ".incoming.json"
        draft.write_bytes(json_bytes(content))
        synced(draft)
        draft.replace(file)

    def _note(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.json"


@contextmanager
def held(output: Path, ending: str, job: dict[str, Any], say: Callable[[str], None]) -> Iterator[Parts]:
    """The parts of this job; those of another one are removed, with a message to `say`.

    Raises ScoringError while another process writes the same output, OSError where the folder can't be made.
    """
    folder = _folder(output)
    folder.mkdir(exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ScoringError(f"another `make score` writes {output}; wait for it to end") from None
        if _job(folder) != job:
            _clear(folder, say)
            (folder / JOB).write_bytes(json_bytes(job))
        yield Parts(folder, ending, audited=bool(job.get("records")))


def settled(output: Path) -> dict[str, Any] | None:
    """The report of a call that wrote the output and did not throw its parts away."""
    try:
        settlement = json.loads((_folder(output) / SETTLED).read_bytes())
    except (OSError, ValueError):
        return None
    return settlement if isinstance(settlement, dict) else None


def discard(output: Path) -> None:
    """Throw the parts of an output away."""
    shutil.rmtree(_folder(output), ignore_errors=True)


def _folder(output: Path) -> Path:
    return output.with_name(f".{output.name}.parts")


def synced(path: Path) -> None:
    """Sync a file to the disk, so that a power loss does not undo it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _job(folder: Path) -> Any:
    try:
        return json.loads((folder / JOB).read_bytes())
    except (OSError, ValueError):
        return None


def _clear(folder: Path, say: Callable[[str], None]) -> None:
    left = [one for one in folder.iterdir() if one.name != LOCK]
    if (folder / JOB) in left:
        say("parts of an earlier call are thrown away: its input, bundle, columns or tools were others")
    for one in left:
        one.unlink()
