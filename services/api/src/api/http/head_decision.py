"""The decision about a request by its head alone, before any endpoint sees it."""

from collections.abc import Sequence
from typing import NamedTuple

from api.errors import ApiError
from api.http.body import Header


class HeadDecision(NamedTuple):
    """``denial`` refuses the request; ``cors`` are headers of its answer, because of the page that it comes from."""

    request_id: str
    denial: ApiError | None = None
    cors: Sequence[Header] = ()
