"""Old rows are pruned a few at a time."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from courier.store.protocol import QuarantineRow, Store
from tests.integration.courier_store.rows import ALERT, FEEDBACK, GOOD, MOVE, ask, row_id


def test_pruning_takes_what_landed_before_a_while_at_a_time_and_spares_the_rest(store: Store) -> None:
    new = str(UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | 8 << 60))
    # What came with a wrong clock is as old as its landing.
    late = GOOD._replace(id="00000000-0000-7000-8000-000000000001", at="1970-01-01T00:00:00+00:00")
    now = datetime.now(UTC)
    with store.transaction():
        store.add_predictions([GOOD._replace(id=new, at=now.isoformat(timespec="microseconds")), late])
        store.add_feedback([FEEDBACK._replace(id=row_id(n)) for n in range(5)])
        store.add_quarantine([QuarantineRow("0-01", 17, -1, "damaged", b"")])
        store.add_alerts([ALERT])
        store.add_moves([MOVE])
    assert store.prune(now - timedelta(hours=1), 100).rows == 0
    assert store.prune(datetime(1, 1, 1, tzinfo=UTC), 100) == ([], 0)
    assert store.counts() == (2, 5, 1)

    # A month from now all of it is old, and the month that is running is none that is over.
    later = now + timedelta(days=32)
    rows: list[int] = []
    while not rows or rows[-1]:
        rows.append(store.prune(later, 2).rows)

    assert rows[0] < sum(rows)
    assert store.counts() == (0, 0, 0)
    assert ask(store, "SELECT count(*) FROM alerts") == [(0,)]
    assert ask(store, "SELECT count(*) FROM model_moves") == [(1,)]
