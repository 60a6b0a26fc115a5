"""The ASGI edge: a request and its reply, routing, API-key checks, and problem+json for every error."""
