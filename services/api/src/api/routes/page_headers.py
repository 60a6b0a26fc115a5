"""The headers every page for people is sent with: nothing from elsewhere, no script in the page, never in a frame."""

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def page_headers(**loosened: str) -> dict[str, str]:
    """The headers of a page. ``loosened`` replaces directives; their names have underscores instead of hyphens."""
    policy = _POLICY | {name.replace("_", "-"): value for name, value in loosened.items()}
    return {**_ALWAYS, "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items())}
