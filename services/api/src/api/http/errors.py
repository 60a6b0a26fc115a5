"""Refusals of what is not one HTTP/1.1 request; the connection is closed."""

from api.errors import ApiError


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
