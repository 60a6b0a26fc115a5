"""The processes of one run collect the same names, whenever each of them does it."""

import gzip

from tests.conftest import pytest_make_parametrize_id


def test_packed_bytes_name_no_case() -> None:
    early, late = gzip.compress(b"rows", mtime=1), gzip.compress(b"rows", mtime=2)
    assert early != late
    assert {pytest_make_parametrize_id(content, "content") for content in (early, late)} == {"content"}


def test_what_a_reader_can_read_still_names_its_case() -> None:
    for value in (b"%PDF-1.7", "rows", 3):
        assert pytest_make_parametrize_id(value, "content") is None
