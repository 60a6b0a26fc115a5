"""The terms of a request that its head decides, before any endpoint sees it."""

from collections.abc import Sequence
from typing import NamedTuple

from api.errors import ApiError
from api.http.body import Header


class Terms(NamedTuple):
    """``denial`` refuses the request; ``cors`` are headers of its answer, because of the page that it comes from."""

    request_id: str
    denial: ApiError | None = None
    cors: Sequence[Header] = ()
