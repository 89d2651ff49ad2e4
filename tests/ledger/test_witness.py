"""A witness cosigns what continues the largest tree it has seen, and answers everything else as the protocol says."""

import base64
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.ledger.checkpoint import CheckpointMalformed
from bartizan.ledger.note import NoteMalformed
from bartizan.ledger.tree import EMPTY_ROOT
from bartizan.ledger.witness import (
    MOST_HASHES,
    MOST_REQUEST,
    Evidence,
    Reason,
    Refused,
    Seen,
    encode,
    judge,
    opened,
    parse,
)
from tests.ledger.histories import LEDGER, NOW, History, signers

SIZE = 70
HERE, THERE = History(SIZE), History(SIZE, fork=40)
KEYS = LEDGER.verifiers


def seen(history: History, size: int) -> Seen:
    return Seen(size, history.root(size)) if size else Seen()


def said(octets: bytes, last: Seen) -> Refused | None:
    """What a witness that has seen this makes of a request: None is a cosignature."""
    try:
        request = parse(octets)
    except (NoteMalformed, CheckpointMalformed):
        return Refused(Reason.MALFORMED)
    point = opened(request, KEYS)
    return point if isinstance(point, Refused) else judge(request, point, last)


@given(st.lists(st.integers(1, SIZE), min_size=2, unique=True).map(sorted))
@settings(max_examples=20)
def test_a_history_that_only_grows_is_cosigned_at_every_size(sizes: list[int]) -> None:
    last = Seen()
    for size in sizes:
        assert said(HERE.request(last.size, size), last) is None
        last = seen(HERE, size)


@given(st.integers(0, SIZE), st.integers(0, SIZE), st.integers(0, SIZE), st.sampled_from([HERE, THERE]))
@settings(max_examples=150, deadline=None)
def test_nothing_is_cosigned_that_does_not_continue_what_was_seen(
    last: int, old: int, size: int, history: History
) -> None:
    proof = history.proof(old, size) if old <= size else ()
    found = said(encode(old, proof, history.note(size)), seen(HERE, last))
    if found is None:
        assert old == last <= size
        assert history.root(size) == HERE.root(size) or last <= 40
        return
    assert not (old == last <= size and history is HERE)
    if old > size:
        assert found == Refused(Reason.MALFORMED)
    elif size == last and history.root(size) != HERE.root(size):
        assert found == Refused(Reason.CONFLICT, last, Evidence.SPLIT_VIEW)
    elif old != last:
        assert found == Refused(Reason.CONFLICT, last)
    else:
        assert found == Refused(Reason.UNPROVEN, evidence=Evidence.UNPROVEN)


def test_the_first_tree_of_a_ledger_needs_no_proof_and_takes_none() -> None:
    assert said(HERE.request(0, 5), Seen()) is None
    assert said(encode(0, HERE.proof(3, 5), HERE.note(5)), Seen()) == Refused(
        Reason.UNPROVEN, evidence=Evidence.UNPROVEN
    )


def test_the_same_tree_is_cosigned_again_without_a_proof() -> None:
    assert said(HERE.request(5, 5), seen(HERE, 5)) is None
    assert said(encode(5, (bytes(32),), HERE.note(5)), seen(HERE, 5)) is not None


def test_an_empty_tree_has_one_root() -> None:
    assert said(encode(0, (), LEDGER.sign(0, EMPTY_ROOT, NOW)), Seen()) is None
    assert said(encode(0, (), LEDGER.sign(0, bytes(32), NOW)), Seen()) == Refused(
        Reason.CONFLICT, 0, Evidence.SPLIT_VIEW
    )


def test_a_split_view_is_seen_whatever_size_the_log_believes_was_seen() -> None:
    for old in (0, 41, 50):
        octets = encode(old, (), THERE.note(50))
        assert said(octets, seen(HERE, 50)) == Refused(Reason.CONFLICT, 50, Evidence.SPLIT_VIEW)


@pytest.mark.parametrize("line", [4, 5])
def test_a_stripped_signature_is_untrusted(line: int) -> None:
    lines = HERE.note(5).splitlines(keepends=True)
    del lines[line]
    assert said(encode(0, (), b"".join(lines)), Seen()) == Refused(Reason.UNTRUSTED)


@pytest.mark.parametrize("line", [4, 5])
def test_a_signature_of_another_tree_is_untrusted(line: int) -> None:
    lines = HERE.note(5).splitlines(keepends=True)
    lines[line] = THERE.note(50).splitlines(keepends=True)[line]
    assert said(encode(0, (), b"".join(lines)), Seen()) == Refused(Reason.UNTRUSTED)


def test_other_keys_under_the_same_name_are_untrusted() -> None:
    forged = History(5, keys=signers(LEDGER.origin))
    assert said(forged.request(0, 5), Seen()) == Refused(Reason.UNTRUSTED)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    extra = b"\xe2\x80\x94 somebody.example/else AAAAAAAA\n"
    assert said(HERE.request(0, 5) + extra, Seen()) is None


def test_extension_lines_are_refused_since_one_of_the_keys_does_not_sign_them() -> None:
    octets = HERE.request(0, 5).replace(b"\n\n\xe2", b"\nmore\n\n\xe2")
    assert said(octets, Seen()) == Refused(Reason.MALFORMED)


GOOD = HERE.request(37, 50)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"old 0",
        b"old 0\n\n",
        GOOD[4:],
        GOOD.replace(b"old 37", b"old 037"),
        GOOD.replace(b"old 37", b"old -37"),
        GOOD.replace(b"old 37", b"old +37"),
        GOOD.replace(b"old 37", b"old  37"),
        GOOD.replace(b"old 37", b"old 37 "),
        GOOD.replace(b"old 37", b"old 37\r"),
        GOOD.replace(b"old 37", "old \u0663".encode()),
        GOOD.replace(b"old 37", b"old " + b"9" * 30),
        GOOD.replace(b"\n\n", b"\n", 1),
        GOOD.replace(b"\n", b"\n\n", 1),
        GOOD.replace(b"old 37\n", b"old 37\n" + base64.b64encode(bytes(31)) + b"\n"),
        GOOD.replace(b"old 37\n", b"old 37\nzz\n"),
        GOOD.replace(b"old 37\n", b"old 37\n" + (base64.b64encode(bytes(32)) + b"\n") * MOST_HASHES),
        GOOD[:-1],
        GOOD + b"\n",
        GOOD + b"x" * MOST_REQUEST,
        b"\0" * MOST_REQUEST,
    ],
)
def test_what_is_not_in_its_form_is_malformed(octets: bytes) -> None:
    assert said(octets, seen(HERE, 37)) == Refused(Reason.MALFORMED)


def test_as_many_hashes_are_read_as_the_protocol_allows() -> None:
    octets = encode(37, (bytes(32),) * MOST_HASHES, HERE.note(50))
    assert said(octets, seen(HERE, 37)) == Refused(Reason.UNPROVEN, evidence=Evidence.UNPROVEN)


@given(st.binary(max_size=300), st.integers(0, len(GOOD)))
def test_whatever_is_put_into_a_request_nothing_else_is_cosigned(octets: bytes, at: int) -> None:
    for changed in (octets, GOOD[:at] + octets, GOOD[:at] + octets + GOOD[at:]):
        if said(changed, seen(HERE, 37)) is None:
            assert parse(changed).note.startswith(HERE.note(50)[:60])


def test_a_request_is_read_as_it_was_written() -> None:
    request = parse(GOOD)
    assert (request.old, request.origin, request.note) == (37, LEDGER.origin, HERE.note(50)) or (
        request.note.partition(b"\n\n")[0] == HERE.note(50).partition(b"\n\n")[0]
    )
    assert request.encode() == GOOD


def test_the_time_of_a_checkpoint_changes_nothing() -> None:
    times = [NOW, Nanoseconds(NOW + SECOND), Nanoseconds(NOW - 1000 * SECOND)]
    for (first, last), size in zip(pairwise([0, 10, 20, 30]), times, strict=True):
        note = HERE.note(last, size)
        assert said(encode(first, HERE.proof(first, last), note), seen(HERE, first)) is None
