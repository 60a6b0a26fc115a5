"""Refusals of who asks: by host, origin, API key, permission or rate."""

import math

from api.errors import ApiError


class HostRefusedError(ApiError):
    """The Host header names this service in a way it does not know; ALLOWED_HOSTS lists the names it answers to."""

    status = 403
    slug = "host-refused"


class OriginRefusedError(ApiError):
    """The request comes from a page of another origin; ALLOWED_ORIGINS lists the origins that may ask."""

    status = 403
    slug = "origin-refused"


class UnauthorizedError(ApiError):
    """This address wants an API key, as Authorization: Bearer <key> or as X-API-Key."""

    status = 401
    slug = "unauthorized"

    def __init__(self, detail: str | None = None, *, known: bool = True) -> None:
        # RFC 6750: a client that sent no key gets no error code
        self.challenge = 'Bearer realm="mlops-iris"' + ("" if known else ', error="invalid_token"')
        super().__init__(detail)


class ForbiddenError(ApiError):
    """This API key does not have the permission for this endpoint."""

    status = 403
    slug = "forbidden"

    def __init__(self, scope: str | None = None) -> None:
        self.challenge = 'Bearer realm="mlops-iris", error="insufficient_scope"' + (
            f', scope="{scope}"' if scope else ""
        )
        super().__init__(f"this API key does not have the scope {scope}" if scope else None)


class RateLimitedError(ApiError):
    """Rate limit exceeded for this API key."""

    status = 429
    slug = "rate-limited"

    def __init__(self, rate: float | None = None, *, seconds: float = 1.0) -> None:
        self.retry_after = math.ceil(seconds)
        super().__init__(f"this API key may send {rate:g} requests per second" if rate else None)
