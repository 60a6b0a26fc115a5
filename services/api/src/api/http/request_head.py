"""The wishes in the headers of a request for a hot route, read in one pass over them."""

import re
from collections.abc import Sequence

import uuid_utils

from api.errors import BadRequestError
from api.http.body import Header

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_TRIAL = {b"false": False, b"true": True}
_TIMEOUT = re.compile(rb"[1-9][0-9]{0,5}")


def asked_for(headers: Sequence[Header]) -> tuple[str, bytes | None, bytes, str, bool, bytes, bytes]:
    """The request's id, of the client's choice if it can't break a log, how many milliseconds it allows, its routing
    key, the version it wants to be answered by, whether it has an X-Trial, and its Host and Origin.
    """
    request_id, allowed, routing_key, version, trial, host, origin = None, None, b"", "", False, b"", b""
    for name, value in headers:
        if name[:1] != b"x":
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
        elif name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = str(value, "ascii")
        elif name == b"x-request-timeout-ms":
            allowed = value
        elif name == b"x-routing-key":
            routing_key = value
        elif name == b"x-model-version":
            version = str(value, "latin-1")
        elif name == b"x-trial":
            trial = True
    return request_id or str(uuid_utils.uuid7()), allowed, routing_key, version, trial, host, origin


def is_trial(value: bytes) -> bool:
    """Whether this value of X-Trial marks a trial; raises BadRequestError."""
    found = _TRIAL.get(value.lower())
    if found is None:
        raise BadRequestError("X-Trial is true or false")
    return found


def milliseconds(value: bytes) -> int:
    """The value of X-Request-Timeout-Ms; raises BadRequestError."""
    if _TIMEOUT.fullmatch(value) is None:
        raise BadRequestError("X-Request-Timeout-Ms is a whole number of milliseconds, from 1 to 999999")
    return int(value)
