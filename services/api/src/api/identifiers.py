"""Prediction ids: UUIDs of version 7, in the order they were made."""

import uuid_utils


def new_id() -> str:
    return str(uuid_utils.uuid7())


def new_ids(count: int) -> list[str]:
    uuid7 = uuid_utils.uuid7
    return [str(uuid7()) for _ in range(count)]
