"""Ids: of predictions UUIDs of version 7, in the order of making; of feedback of version 8, made from what it says."""

import hashlib

import uuid_utils


def new_id() -> str:
    return str(uuid_utils.uuid7())


def new_ids(count: int) -> list[str]:
    uuid7 = uuid_utils.uuid7
    return [str(uuid7()) for _ in range(count)]


def content_id(content: bytes) -> str:
    """The same for the same content, a UUID of version 8 (RFC 9562: ours to fill)."""
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"
