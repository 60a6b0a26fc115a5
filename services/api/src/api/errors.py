"""Every way the service refuses. The class says the status and the title, the instance says what to do about it."""

from collections.abc import Sequence
from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    """One fault of a request: the field, by its place in the body, and what is wrong with it."""

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
