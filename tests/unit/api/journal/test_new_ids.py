"""The ids of many predictions, which are made together."""

import time
from uuid import UUID

import orjson
import pytest

from api.journal.identifiers import new_ids


@pytest.mark.parametrize("count", [1, 63, 64, 1000, 10_000, 100_000])
def test_ids_are_uuids_of_version_7_in_their_order(count: int) -> None:
    before = time.time_ns() // 1_000_000
    ids = new_ids(count)
    after = time.time_ns() // 1_000_000
    assert orjson.dumps(ids.texts) == ids.json
    assert len(set(ids.texts)) == count
    assert ids.texts == sorted(ids.texts)
    for text in ids.texts:
        uuid = UUID(text)
        assert str(uuid) == text
        assert (uuid.version, uuid.variant) == (7, "specified in RFC 4122")
        assert before <= uuid.int >> 80 <= after


def test_two_batches_share_no_counter() -> None:
    """The counter behind the time starts anywhere, so that batches of one millisecond stay apart."""
    starts = {(UUID(new_ids(64).texts[0]).int >> 32) & (2**30 - 1) for _ in range(50)}
    assert len(starts) == 50
