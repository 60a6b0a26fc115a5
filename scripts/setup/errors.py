"""Why a set-up ended, in a sentence a person can act on."""

import re

_AGAIN = "then run the same command again; it continues with what was downloaded"
# The first pattern in pip's output is the cause: a full disk also breaks a download, and without a network pip also
# "finds no version".
_CAUSES = (
    (
        r"No space left on device|Disk quota exceeded",
        f"the disk is full: free {{needed_gb:.1f}} GB here and in the folder for temporary files (TMPDIR), {_AGAIN}",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "the package index offers a file that is not the one requirements.lock.txt names: use another index "
        "(PIP_INDEX_URL); nothing of that file was installed",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|CertificateError",
        f"this machine does not trust the package index's certificate: set PIP_CERT to your network's, {_AGAIN}",
    ),
    (
        r"name resolution|Name or service not known|nodename nor servname|new connection|[Tt]imed out|Max retries"
        r"|Network is unreachable|Connection (?:refused|reset|aborted)|ProxyError|IncompleteRead|50[234] Server Error",
        "the package index does not answer: check the network (behind a proxy set HTTPS_PROXY, for an index of your "
        f"own PIP_INDEX_URL), {_AGAIN}",
    ),
    (
        r"No matching distribution found for (?P<package>[^\s(]+)",
        "the package index has no {package} for this Python and this machine: use Python {python} from python.org, "
        "your distribution or pyenv, on 64-bit Linux or macOS",
    ),
    (
        r"[Pp]ermission denied",
        f"a file can't be written: the checkout and .venv must belong to you; delete .venv if root made it, {_AGAIN}",
    ),
)
_UNKNOWN = f"pip could not install the packages: mend what it says above, {_AGAIN}"


class SetupError(Exception):
    """The set-up can't be finished; the message says what to do."""


def cause_of(output: str, *, needed_gb: float, python: str) -> str:
    """The sentence for what pip printed before it failed."""
    for pattern, sentence in _CAUSES:
        if found := re.search(pattern, output):
            return sentence.format(needed_gb=needed_gb, python=python, **found.groupdict())
    return _UNKNOWN
