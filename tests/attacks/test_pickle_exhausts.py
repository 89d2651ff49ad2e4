"""An adversary wears the scanner out, so that it stops, says nothing, or falls over: whatever happens, nothing is called inert."""

import resource
import struct
from collections.abc import Iterator

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.pickles.built import framed, named, text

MEMORY = 1 << 30


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Let no attack take more than this, so that one that succeeds fails the test and not the machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as held:  # noqa: PTH123 - what this process has already is no part of it
        pages = int(held.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def looked(stream: bytes, operations: int = 100_000) -> ModelFile:
    return looker(known())(Octets(stream, "m.pkl"), Budget(operations))


SELF = b"]\x94h\0a"
DOUBLED = b"]" + b"2\x86" * 100
LAUGHS = b"]\x94" + b"".join(b"](" + b"h" + bytes((level,)) * 1 + b"2" * 9 + b"e\x94" for level in range(20))


@pytest.mark.parametrize(
    ("stream", "word"),
    [
        (framed(SELF), "cyclic"),
        (framed(b"}\x94" + text("a") + b"h\0s"), "cyclic"),
        (framed(b"]\x94h\0\x85a"), "cyclic"),
        (framed(named("argparse", "Namespace") + b")\x81\x94}" + text("a") + b"h\0sb"), "cyclic"),
        (framed(DOUBLED), "expands"),
        (framed(b"]" * 600 + b"a" * 599), "too-deep"),
        (framed(b")" + b"\x85" * 3000), "too-deep"),
        (framed(b"]" + b"\x942\x86" * 10_000), "too-much-work"),
        (framed(b"(" * 200_000 + b"N"), "too-much-work"),
        (framed(b"}(" + b")" + b"2\x86" * 40 + b"K\1u"), "key-refused"),
        (framed(b"N" + b"r\xff\xff\xff\x7f"), "pickle-damaged"),
        (framed(b"\x8e" + struct.pack("<Q", 1 << 62)), "pickle-damaged"),
        (framed(b"\x8b\xff\xff\xff\x7f"), "pickle-damaged"),
        (b"L" + b"9" * 100_000 + b"L\n.", ""),
        (b"V" + b"a" * 100_000, ""),
    ],
)
def test_it_is_not_inert_and_says_why(stream: bytes, word: str) -> None:
    file = looked(stream)
    assert file.standing is Standing.UNKNOWN
    assert word in {each.word for each in file.reasons} or not word


def test_what_was_named_before_the_work_ran_out_is_not_called_clean() -> None:
    file = looked(framed(named("os", "system") + b"0" + b"N0" * 100_000 + b"N"))
    assert file.standing is Standing.MALICIOUS
    assert {each.word for each in file.reasons} == {"capability-named", "too-much-work"}


def test_a_pickle_that_would_unhook_the_scanner_is_malicious() -> None:
    for module, name in (
        ("picklescan.scanner", "scan_bytes"),
        ("bartizan.supply.look", "looker"),
        ("sys", "modules"),
    ):
        stream = framed(named(module, name) + b"}" + text("x") + b"Nsb")
        assert looked(stream).standing is Standing.MALICIOUS
