"""Every way the service refuses. The class says the status and the title, the instance says what to do about it."""

import math
from collections.abc import Sequence
from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    field: str
    message: str


class ApiError(Exception):
    """Something inside the service failed."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    shed_reason: ClassVar[str | None] = None
    retry_after: int | None = None

    def __init__(self, detail: str | None = None, *, errors: Sequence[FieldError] = ()) -> None:
        self.detail = detail or (type(self).__doc__ or "")
        self.errors = list(errors)
        super().__init__(self.detail)


class InferenceError(ApiError):
    """The model gave an answer that is not a probability."""

    slug = "inference-failed"


class InvalidInputError(ApiError):
    """The request does not fit the served model."""

    status = 422
    slug = "invalid-input"


class UnexplainedError(ApiError):
    """This model has no exact reasons; leave explain=true out."""

    status = 422
    slug = "no-reasons"


class NotOfferedError(ApiError):
    """The served model has no interval or no set for its answers."""

    status = 422
    slug = "not-offered"


class BadRequestError(ApiError):
    """The request could not be read."""

    status = 400
    slug = "bad-request"


class MalformedRequestError(ApiError):
    """The request is not HTTP/1.1 as RFC 9112 writes it, or could be read in two ways; the connection is closed."""

    status = 400
    slug = "malformed-request"


class TargetTooLongError(ApiError):
    """The request line is longer than this service reads; the connection is closed."""

    status = 414
    slug = "target-too-long"


class HeadTooLargeError(ApiError):
    """The request has more or longer headers than this service reads; the connection is closed."""

    status = 431
    slug = "head-too-large"


class UpgradeRefusedError(ApiError):
    """This service speaks HTTP/1.1 and nothing else: send the request without Upgrade and without WebSocket headers."""

    status = 400
    slug = "upgrade-refused"


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


class NotFoundError(ApiError):
    """There is no endpoint at this path; /docs lists all endpoints."""

    status = 404
    slug = "not-found"


class VersionNotServedError(ApiError):
    """The version that was asked for is not served; GET /model lists those that are."""

    status = 404
    slug = "version-not-served"


class MethodNotAllowedError(ApiError):
    """This address does not take this method."""

    status = 405
    slug = "method-not-allowed"

    def __init__(self, allow: str) -> None:
        self.allow = allow
        super().__init__(f"this address takes {allow}" if allow else None)


class TooLargeError(ApiError):
    """The request is larger than this service accepts."""

    status = 413
    slug = "too-large"


class UnsupportedMediaTypeError(ApiError):
    """This address does not read bodies of this Content-Type."""

    status = 415
    slug = "unsupported-media-type"


class UnsupportedEncodingError(UnsupportedMediaTypeError):
    """A body's Content-Encoding is gzip or identity; this service reads no other, and no two at once."""

    accepted: ClassVar[str] = "gzip"


class ModelNotReadyError(ApiError):
    """No model is loaded yet; the service follows policy.json and will answer as soon as it names a good bundle."""

    status = 503
    slug = "model-not-ready"
    shed_reason = "no_model"
    retry_after = 2


class JournalUnavailableError(ApiError):
    """The prediction could not be recorded in the audit journal, so it was not returned. Retry in a few seconds."""

    status = 503
    slug = "journal-unavailable"
    shed_reason = "journal"
    retry_after = 2


class OverloadedError(ApiError):
    """This worker is overloaded. Retry after the time in Retry-After."""

    status = 503
    slug = "overloaded"
    shed_reason = "overload"
    retry_after = 1


class CrowdedError(OverloadedError):
    """Too many open connections. Retry after the time in Retry-After."""

    shed_reason = "connections"


class DeadlineExceededError(ApiError):
    """The deadline of X-Request-Timeout-Ms has passed, so the request was not answered."""

    status = 504
    slug = "deadline-exceeded"
    shed_reason = "deadline"


class RunTimeoutError(ApiError):
    """The model took longer for this input than a run may take (RUN_TIMEOUT_MS), so there is no answer."""

    status = 504
    slug = "run-timeout"
    shed_reason = "overrun"


class BundleRefusedError(Exception):
    """A bundle broke a reading rule of docs/formats.

    ``reason`` is one of a small fixed set, because it becomes a metric's label.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class KeysUnreadableError(Exception):
    """The file of API keys is not one; the keys that were known stay known."""


class PolicyUnreadableError(Exception):
    """policy.json is there but is not a policy; what is serving goes on serving."""
