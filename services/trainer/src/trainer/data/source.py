"""The data set as its source gives it: CSV bytes from scikit-learn, files, the web, or a database."""

import time
from collections.abc import Callable
from glob import glob
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    getproxies,
)

from trainer.contract.contract import Contract
from trainer.data.query import answer
from trainer.data.unpacking import unpacked
from trainer.errors import ContractError, SourceChangedError, SourceError, SourceTooLargeError
from trainer.workspace.files import sha256

MAX_BYTES = 64 * 1024 * 1024
"""The largest download."""
MAX_FILE_BYTES = 5 * 1024**3
"""The largest file or query answer, as CSV."""
TIMEOUT_SECONDS = 30.0


def fetch(contract: Contract, root: Path, *, timeout: float = TIMEOUT_SECONDS, max_bytes: int | None = None) -> bytes:
    """CSV with a header line.

    `root` is what a relative path starts from; `timeout` is in seconds and holds for a whole download or query.
    Raises ContractError for a source of an unknown kind, SourceError when it can't be had, SourceTooLargeError above
    `max_bytes`, SourceChangedError when it isn't what the contract pins.
    """
    source = contract.source
    if source.startswith("sklearn:"):
        return _from_sklearn(source.partition(":")[2], contract)
    content = fetch_source(source, root, contract.query, timeout=timeout, max_bytes=max_bytes)
    if contract.sha256 and sha256(content) != contract.sha256:
        raise SourceChangedError(
            f"{source} has sha256 {sha256(content)}, the contract pins {contract.sha256}; "
            "look at what changed, then put the new sha256 into data/contract.yaml"
        )
    return content


def fetch_source(
    source: str, root: Path, query: str | None = None, *, timeout: float = TIMEOUT_SECONDS, max_bytes: int | None = None
) -> bytes:
    """CSV from a path (also several by *, gzip, Parquet), an http(s) URL, or a database's answer to `query`.

    Without `max_bytes` a file may have MAX_FILE_BYTES and what comes over a network MAX_BYTES. Raises as `fetch`.
    """
    scheme, separator, rest = source.partition(":")
    if scheme in {"sqlite", "postgresql", "postgres"} and rest.startswith("//"):
        if not query:
            raise ContractError(f"source {source!r}: a database needs query: SELECT …")
        return answer(source, query, root, timeout=timeout, max_bytes=max_bytes or MAX_FILE_BYTES)
    if scheme in {"http", "https"}:
        content = _download(source, timeout, max_bytes or MAX_BYTES)
    elif separator and rest.startswith("//"):
        raise ContractError(
            f"source {source!r}: {scheme}:// is not supported; name a path, an http(s) URL, sqlite:/// or postgresql://"
        )
    else:
        return _from_files(source, root, max_bytes or MAX_FILE_BYTES)
    return unpacked(content, source, max_bytes or MAX_FILE_BYTES)


def _from_sklearn(name: str, contract: Contract) -> bytes:
    from sklearn import datasets

    loaders: dict[str, Callable[..., Any]] = {
        "iris": datasets.load_iris,
        "wine": datasets.load_wine,
        "breast_cancer": datasets.load_breast_cancer,
        "diabetes": datasets.load_diabetes,
    }
    if name not in loaders:
        raise ContractError(f"source 'sklearn:{name}' is unknown; known are {', '.join(sorted(loaders))}")
    # Their own columns and classes have spaces and slashes; the contract's names stand in, in the same order.
    loaded = loaders[name](as_frame=True)
    names, classes = contract.features, contract.target.classes
    known = getattr(loaded, "target_names", [])
    if len(names) != loaded.data.shape[1] or len(classes) != len(known):
        raise ContractError(
            f"sklearn:{name} has {loaded.data.shape[1]} columns and {len(known)} classes, "
            f"the contract names {len(names)} and {len(classes)}"
        )
    frame = loaded.data.set_axis(list(names), axis=1)
    frame[contract.target.name] = [classes[index] for index in loaded.target] if classes else loaded.target
    return bytes(frame.to_csv(index=False, lineterminator="\n").encode())


def _from_files(source: str, root: Path, max_bytes: int) -> bytes:
    """One file, or all that a pattern with * names, in the order of their names and under one header."""
    if (root / source).exists() or not any(sign in source for sign in "*?["):
        return unpacked(_from_file(root / source, max_bytes), source, max_bytes)
    paths = sorted(Path(found) for found in glob(str(root / source)))  # noqa: PTH207 - an absolute path may be a pattern, too
    if not paths:
        raise SourceError(f"{source}: no file has such a name")
    whole, header = bytearray(), b""
    for path in paths:
        part = unpacked(_from_file(path, max_bytes), str(path), max_bytes)
        first, _, rows = part.partition(b"\n")
        if whole and first.strip() != header:
            raise SourceError(f"{path} has another header than {paths[0]}; files of one table have the same columns")
        if not whole:
            header, rows = first.strip(), part
        whole += rows if rows.endswith(b"\n") or not rows else rows + b"\n"
        if len(whole) > max_bytes:
            raise SourceTooLargeError(f"{source}: the files hold more than {max_bytes} bytes together")
    return bytes(whole)


def _from_file(path: Path, max_bytes: int) -> bytes:
    try:
        if path.stat().st_size > max_bytes:
            raise SourceTooLargeError(f"{path} holds more than {max_bytes} bytes")
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error


def _download(url: str, timeout: float, max_bytes: int) -> bytes:
    opener = _web_only()
    deadline, content = time.monotonic() + timeout, bytearray()
    try:
        with opener.open(Request(url, headers={"Accept": "text/csv"}), timeout=timeout) as response:  # noqa: S310
            while chunk := response.read1(65536):
                content += chunk
                if len(content) > max_bytes:
                    raise SourceTooLargeError(f"{url} holds more than {max_bytes} bytes")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"still not complete after {timeout:g} s")
            promised = response.headers.get("Content-Length")
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise SourceError(f"{url} cannot be downloaded: {reason or type(error).__name__}") from error
    if promised is not None and len(content) != int(promised):
        raise SourceError(f"{url} cannot be downloaded: {len(content)} of {promised} bytes came")
    return bytes(content)


def _web_only() -> OpenerDirector:
    """http and https, also through a proxy; unlike `build_opener`, no redirect leads to ftp:// or a file."""
    opener = OpenerDirector()
    opener.add_handler(ProxyHandler({kind: at for kind, at in getproxies().items() if kind in {"http", "https"}}))
    for handler in (HTTPHandler, HTTPSHandler, HTTPRedirectHandler, HTTPErrorProcessor, HTTPDefaultErrorHandler):
        opener.add_handler(handler())
    return opener
