"""Reading a segment: whatever happened to its bytes, exactly the undamaged records come back."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courier.journal.frames import DAMAGE_PIECE, MAX_PAYLOAD, Damage, Frame, TornFrame, read_frames
from tests.unit.courier.journals import frame

PAYLOADS = st.one_of(
    st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=30), st.none()), max_size=5),
    # Text that looks like a frame's header must not pass for one.
    st.just({"": "\x00\x00\x00\x02\x00\x00\x00\x00{}"}),
).map(lambda record: json.dumps(record).encode())


def read(path: Path, start: int = 0, *, closed: bool = True) -> list[Frame | Damage | TornFrame]:
    fd = os.open(path, os.O_RDONLY)
    try:
        return list(read_frames(fd, start, closed=closed))
    finally:
        os.close(fd)


def payloads(parts: list[Frame | Damage | TornFrame]) -> list[bytes]:
    return [part.payload for part in parts if isinstance(part, Frame)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), written=st.lists(PAYLOADS, max_size=12))
def test_exactly_the_whole_and_undamaged_records_come_back(
    tmp_path: Path, data: st.DataObject, written: list[bytes]
) -> None:
    frames = [frame(payload) for payload in written]
    content = bytearray(b"".join(frames))
    cut = data.draw(st.integers(0, len(content)), label="cut at")
    flips = data.draw(
        st.lists(st.tuples(st.integers(0, max(cut - 1, 0)), st.integers(0, 7)), max_size=4), label="flips"
    )
    del content[cut:]
    before = bytes(content)
    for position, bit in flips:
        if position < len(content):
            content[position] ^= 1 << bit
    path = tmp_path / "segment"
    path.write_bytes(content)

    expected, start = [], 0
    for payload, whole in zip(written, frames, strict=True):
        end = start + len(whole)
        if end <= cut and content[start:end] == before[start:end]:
            expected.append(payload)
        start = end
    parts = read(path)

    assert payloads(parts) == expected
    # Every byte is accounted for, once and in order.
    assert [part.start for part in parts] == [0, *(part.end for part in parts)][: len(parts)]
    assert (parts[-1].end if parts else 0) == len(content)
    for part in parts:
        if isinstance(part, Damage):
            assert part.content == bytes(content[part.start : part.end])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), written=st.lists(PAYLOADS, max_size=8))
def test_a_live_segment_gives_whole_records_and_waits_at_the_first_other_thing(
    tmp_path: Path, data: st.DataObject, written: list[bytes]
) -> None:
    frames = [frame(payload) for payload in written]
    content = b"".join(frames)
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path / "segment"
    path.write_bytes(content[:cut])

    first = read(path, closed=False)
    assert all(isinstance(part, Frame) for part in first)
    path.write_bytes(content)
    rest = read(path, first[-1].end if first else 0, closed=False)

    assert payloads(first) + payloads(rest) == written


def test_a_record_behind_damage_in_a_live_segment_waits_until_the_writer_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    path.write_bytes(frame(b'{"a":1}') + b"garbage" + frame(b'{"a":2}'))

    assert payloads(read(path, closed=False)) == [b'{"a":1}']
    assert payloads(read(path)) == [b'{"a":1}', b'{"a":2}']


def test_a_torn_end_is_distinguished_from_an_answered_record_with_a_damaged_length(tmp_path: Path) -> None:
    whole = frame(b'{"answered":true}')
    path = tmp_path / "segment"

    path.write_bytes(whole[:-1])
    assert [type(part) for part in read(path)] == [TornFrame]
    path.write_bytes(whole[:5])
    assert [type(part) for part in read(path)] == [TornFrame]
    path.write_bytes(b"\x01" + whole[1:])
    assert [type(part) for part in read(path)] == [Damage]


@pytest.mark.parametrize("size", [16 * 1024 * 1024 + 1, MAX_PAYLOAD])
def test_a_large_record_behind_damage_is_found(tmp_path: Path, size: int) -> None:
    large = b'{"a":"' + b"x" * (size - 8) + b'"}'
    path = tmp_path / "segment"
    path.write_bytes(b"\x00\x00" + frame(large))

    damage, found = read(path)

    assert isinstance(damage, Damage)
    assert isinstance(found, Frame)
    assert (damage.end, found.payload == large) == (2, True)


def test_long_damage_comes_in_pieces_and_zeros_are_passed_quickly(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    path.write_bytes(bytes(3 * DAMAGE_PIECE + 5) + frame(b"{}"))

    *damage, last = read(path)

    assert [part.end - part.start for part in damage] == [DAMAGE_PIECE] * 3 + [5]
    assert isinstance(last, Frame)


def test_a_record_that_lies_across_two_steps_of_the_search_is_found(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    for distance in range(1, 12):
        path.write_bytes(b"\xff" * (DAMAGE_PIECE - distance) + frame(b'{"a":1}'))
        assert payloads(read(path)) == [b'{"a":1}']


def test_a_length_of_zero_or_above_the_limit_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    for header in (b"\x00" * 8, b"\x04\x00\x00\x01" + b"\x00" * 4):
        path.write_bytes(header + frame(b"{}"))
        assert payloads(read(path)) == [b"{}"]
