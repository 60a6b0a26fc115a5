"""gunicorn's master, except that a reload keeps the old workers until the new ones can take their place."""

import random
import signal
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from gunicorn.arbiter import Arbiter

from api.server.sockets import refuse_new_connections
from api.serving.worker_readiness import Readiness

RELOAD_SECONDS = 30.0
_HANDSHAKE_SECONDS = 0.02
"""Time for the handshakes that have started. A client's last packet needs half a round trip, and a proxy's is short."""


class KeptWorker(NamedTuple):
    """A worker that is to stay: ``age`` grows with each worker that is started."""

    age: int
    level: Readiness


def surplus(kept: Sequence[KeptWorker], wanted: int, *, overdue: bool) -> list[KeptWorker]:
    """The workers to stop when there are more than wanted.

    The oldest ones go when the newest hold models as good as theirs. Until then all stay; when that is overdue, those
    with the least go, at any age.
    """
    by_age = sorted(kept)
    old, new = by_age[: max(0, len(by_age) - wanted)], by_age[max(0, len(by_age) - wanted) :]
    if not old or not new or min(worker.level for worker in new) >= max(worker.level for worker in old):
        return old
    if not overdue:
        return []
    return sorted(kept, key=lambda worker: (worker.level, worker.age))[: len(old)]


class PatientArbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's master with a reload that waits until new workers serve before it ends the old ones.

    A reload that got no new worker to serve within ``RELOAD_SECONDS`` is given up, and the old ones stay.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._reload_wanted = False
        self._deadline = 0.0

    def stop(self, graceful: bool = True) -> None:
        """Refuse new connections, then end all workers. They accept what waits, and close the listening socket empty.

        A socket that systemd or another master goes on listening on stays as it is.
        """
        if self.reexec_pid == self.master_pid == 0 and not self.systemd:
            for listener in self.LISTENERS:
                refuse_new_connections(listener.sock)
            time.sleep(_HANDSHAKE_SECONDS)
        super().stop(graceful)

    def reload(self) -> None:
        """SIGHUP. It starts when the one before is over, so that there are never more than two generations."""
        self._reload_wanted = True

    def manage_workers(self) -> None:
        if self._reload_wanted and len(self.WORKERS) <= self.num_workers:
            self._reload_wanted = False
            self._deadline = time.monotonic() + RELOAD_SECONDS
            for _ in range(self.num_workers):
                self.spawn_worker()
        staying = {worker.age: worker for worker in self.WORKERS.values() if not worker.retired}
        readiness = self.app.readiness
        kept = [KeptWorker(age, readiness.of(worker.slot)) for age, worker in staying.items()]
        overdue = time.monotonic() >= self._deadline
        newest = sorted(staying)[-self.num_workers :]
        for worst in surplus(kept, self.num_workers, overdue=overdue):
            if worst.age in newest:
                self.log.error("Reload given up: a new worker has no model after %d s", RELOAD_SECONDS)
            worker = staying.pop(worst.age)
            worker.retired = True
            self.kill_worker(worker.pid, signal.SIGTERM)
        for _ in range(self.num_workers - len(staying)):
            self.spawn_worker()
            time.sleep(0.1 * random.random())  # noqa: S311 (gunicorn's own pause between two starts, no secret)
