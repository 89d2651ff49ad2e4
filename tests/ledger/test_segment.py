"""A segment gives back what was written, and nothing that was altered; a torn end is told from an altered one."""

import os
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.ledger.segment import (
    HEAD,
    MOST_BODIES,
    MOST_FRAME,
    Batch,
    Fault,
    judge_tail,
    read,
    seal,
    shares,
)

KEY = bytes(range(32))
BODIES = st.lists(
    st.binary(min_size=1, max_size=60).map(lambda body: body.replace(b"\n", b" ") + b"}"),
    min_size=1,
    max_size=8,
)


def written(bodies: list[bytes], key: bytes = KEY) -> tuple[bytes, list[int]]:
    """The octets of a segment, and the border after each record."""
    data, borders = b"", [0]
    for sequence, body in enumerate(bodies):
        record, key = seal(key, sequence, body)
        data += record
        borders.append(len(data))
    return data, borders


def found(data: bytes) -> tuple[Batch, Fault | None]:
    """What a reader finds once the writer is dead: whole records, then a torn end or an altered one."""
    batch = read(data, KEY, 0)
    fault = batch.fault or judge_tail(data[batch.octets :][:MOST_FRAME], batch.key, batch.sequence)
    return batch, fault


@given(BODIES, st.integers(0, 8))
def test_what_was_written_is_read_in_one_go_or_in_two(bodies: list[bytes], half: int) -> None:
    data, borders = written(bodies)
    batch = read(data, KEY, 0)
    assert (batch.bodies, batch.octets, batch.sequence, batch.fault) == (bodies, len(data), len(bodies), None)
    half = min(half, len(bodies))
    first = read(data[: borders[half]], KEY, 0)
    rest = read(data[first.octets :], first.key, first.sequence)
    assert first.bodies + rest.bodies == bodies
    assert rest.key == batch.key


def test_a_torn_end_is_cut_to_the_last_whole_record_at_every_octet() -> None:
    bodies = [b'{"a":1}', b'{"b":"}}}}"}', b'{"c":3}']
    data, borders = written(bodies)
    for end in range(len(data) + 1):
        batch, fault = found(data[:end])
        whole = sum(border <= end for border in borders[1:])
        assert (batch.bodies, batch.octets, fault) == (bodies[:whole], borders[whole], None)


def test_a_flipped_bit_is_found_at_every_octet() -> None:
    bodies = [b'{"a":1}', b'{"b":"}}}}"}', b'{"c":3}']
    data, borders = written(bodies)
    for at in range(len(data)):
        for bit in range(8):
            spoilt = bytearray(data)
            spoilt[at] ^= 1 << bit
            batch, fault = found(bytes(spoilt))
            assert fault is not None, (at, bit)
            assert batch.octets == max(border for border in borders if border <= at)


@given(BODIES, st.data())
def test_swapped_removed_or_doubled_records_are_found(bodies: list[bytes], data: st.DataObject) -> None:
    octets, borders = written([*bodies, b"last}"])
    records = [octets[a:b] for a, b in pairwise(borders)]
    at = data.draw(st.integers(0, len(records) - 2))
    swapped = [*records[:at], records[at + 1], records[at], *records[at + 2 :]]
    for altered in (swapped, records[:at] + records[at + 1 :], [*records[: at + 1], *records[at:]]):
        batch, fault = found(b"".join(altered))
        assert fault is Fault.SEQUENCE
        assert batch.bodies == [record[HEAD.size : -32] for record in altered[: batch.sequence]]


@given(BODIES, BODIES)
def test_the_records_of_one_frame_are_read_one_by_one(first: list[bytes], second: list[bytes]) -> None:
    frame, key = seal(KEY, 0, b"\n".join(first))
    following, last = seal(key, len(first), b"\n".join(second))
    batch = read(frame + following, KEY, 0)
    assert batch.bodies == first + second
    assert (batch.sequence, batch.key, batch.fault) == (len(first) + len(second), last, None)
    for end in range(len(frame), len(frame + following)):
        assert read((frame + following)[:end], KEY, 0).bodies == first


@given(st.lists(st.integers(1, MOST_BODIES // 3), min_size=1, max_size=12))
@example([10922, 10922, 10922])
def test_many_records_take_as_many_frames_as_they_need(sizes: list[int]) -> None:
    bodies = [bytes(size) for size in sizes]
    parts = list(shares(bodies))
    assert [body for part in parts for body in part] == bodies
    assert all(part and len(b"\n".join(part)) <= MOST_BODIES for part in parts)
    assert len(parts) == 1 or len(b"\n".join(bodies)) > MOST_BODIES


@given(BODIES)
def test_records_of_another_segment_are_not_taken(bodies: list[bytes]) -> None:
    data, _ = written(bodies, os.urandom(32))
    batch, fault = found(data)
    assert (batch.bodies, fault) == ([], Fault.TAG)


@given(st.binary(max_size=400))
def test_whatever_is_no_segment_yields_nothing(data: bytes) -> None:
    assert read(data, KEY, 0).bodies == []


def test_a_length_beyond_every_record_is_an_alteration() -> None:
    head = HEAD.pack(MOST_BODIES + 1, 0, 0)
    assert read(head, KEY, 0).fault is Fault.LENGTH
    assert read(HEAD.pack(0, 0, 0), KEY, 0).fault is Fault.LENGTH
    assert judge_tail(HEAD.pack(MOST_BODIES, 0, 0) + bytes(MOST_FRAME), KEY, 0) is Fault.LENGTH


@given(BODIES)
def test_the_key_before_a_record_is_not_found_in_the_key_after_it(bodies: list[bytes]) -> None:
    keys, key = [KEY], KEY
    for sequence, body in enumerate(bodies):
        _, key = seal(key, sequence, body)
        keys.append(key)
    assert len(set(keys)) == len(keys)
