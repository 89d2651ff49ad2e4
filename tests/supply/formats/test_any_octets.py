"""Whatever octets come: no reader crashes, a file that is cut is never inert, and work is bounded."""

import importlib
import pkgutil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.supply import formats
from bartizan.supply.format import Damaged, Format, Read
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from bartizan.supply.subject import MOST_REASONS, Standing
from tests.supply.formats.looking import is_inert, known_to_none, seen
from tests.supply.formats.samples import ENDING, EXACT, SAMPLES

FORMATS = {
    found.name: importlib.import_module(f"{formats.__name__}.{found.name}").FORMAT
    for found in pkgutil.iter_modules(formats.__path__)
}


def held(shape: Format, octets: bytes) -> None:
    """Hold what is said of octets against the promises of every format."""
    if not shape.knows(Octets(octets)):
        return
    try:
        read = shape.read(Octets(octets), Budget(operations=200_000, expanded=1 << 22), known_to_none)
    except Damaged as fault:  # `look` makes reasons of these three
        read = Read((fault.reason,))
    except (TooShort, Exhausted):
        return
    assert len(read.reasons) <= MOST_REASONS
    assert (read.standing is Standing.INERT) == (
        not [r for r in read.reasons if r.standing is not Standing.INERT]
    )
    for reason in read.reasons:
        assert reason.what.isprintable()
        assert len(reason.what) < 400


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_inert(name: str) -> None:
    shape, octets = SAMPLES[name]
    assert seen(shape, octets).standing is Standing.INERT


@pytest.mark.parametrize("name", EXACT)
@given(data=st.data())
def test_a_file_that_is_cut_is_never_inert(name: str, data: st.DataObject) -> None:
    shape, octets = SAMPLES[name]
    cut = octets[: data.draw(st.integers(0, len(octets) - 1))]
    assert not is_inert(shape, cut)
    held(shape, cut)


@pytest.mark.parametrize("name", ENDING)
@given(more=st.binary(min_size=1, max_size=40))
def test_a_file_that_goes_on_after_its_end_is_never_inert(name: str, more: bytes) -> None:
    shape, octets = SAMPLES[name]
    assert not is_inert(shape, octets + more)


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
def test_whatever_is_flipped_or_spliced_no_reader_crashes(name: str, data: st.DataObject) -> None:
    shape, octets = SAMPLES[name]
    changed = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=8))
        changed = changed or bytearray(b"\0")
    held(shape, bytes(changed))


@pytest.mark.parametrize("name", FORMATS)
@given(octets=st.binary(max_size=64))
@example(octets=b"PK\x03\x04")
@example(octets=b"PK\x05\x06" + bytes(18))
@example(octets=b"\x1f\x8b\x08")
def test_no_octets_crash_the_one_that_is_asked(name: str, octets: bytes) -> None:
    held(FORMATS[name], octets)
