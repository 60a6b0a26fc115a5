"""UUIDs of version 7: the first 48 bits are milliseconds since 1970, so that ids sort by the time they were made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import uuid_utils

_TIME_SHIFT = 80
_LAST = (1 << 48) - 1

PAST_ALL = "ffffffff-ffff-ffff-ffff-ffffffffffff"
"""No id of version 7 is that high."""


def new_id() -> str:
    """An id for this moment."""
    return str(uuid_utils.uuid7())


def first_id_at(moment: datetime) -> str:
    """The lowest UUID of this millisecond (RFC 9562, section 5.7): what is made then or later is not below it."""
    return str(_first_at(moment))


def before_first_id_at(moment: datetime) -> str:
    """The highest UUID below that one."""
    return str(UUID(int=max(_first_at(moment).int - 1, 0)))


def _first_at(moment: datetime) -> UUID:
    return UUID(int=min(max(int(moment.timestamp() * 1000), 0), _LAST) << _TIME_SHIFT)
