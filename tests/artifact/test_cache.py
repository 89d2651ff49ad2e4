"""Only who has the signing key can put a digest where it is taken from without reading."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifact.cache import COARSE, FINE, cache_key, encoded, load, settled
from bartizan.artifact.digest import Digests
from bartizan.artifact.walk import Facts
from bartizan.clock import MILLISECOND, SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from tests.artifact.trees import DIGESTS

KEY, OTHER = cache_key(Secret(b"one key")), cache_key(Secret(b"another key"))
WHOLE = st.integers(0, 2**62)
ROWS = st.dictionaries(
    st.builds(Facts, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE),
    st.builds(Digests, DIGESTS, st.tuples(DIGESTS)),
    max_size=4,
)
ROW = {Facts(1, 2, 3, 4, 5): Digests("1" * 64, ("2" * 64,))}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache") / "digests"


@given(rows=ROWS)
def test_it_survives_its_octets(file: Path, rows: dict[Facts, Digests]) -> None:
    file.write_bytes(encoded(rows, KEY))
    assert load(file, KEY) == rows
    assert load(file, OTHER) == {}


@given(data=st.data())
def test_one_that_was_touched_is_none(file: Path, data: st.DataObject) -> None:
    octets = bytearray(encoded(ROW, KEY))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(octets)
    assert load(file, KEY) == {}


def test_without_one_nothing_is_known(tmp_path: Path) -> None:
    assert load(tmp_path / "none", KEY) == {}
    (tmp_path / "short").write_bytes(b"short")
    assert load(tmp_path / "short", KEY) == {}


@pytest.mark.parametrize(
    ("changed", "tick"), [(7 * SECOND + 1, FINE), (7 * SECOND, COARSE), (7 * SECOND + MILLISECOND, COARSE)]
)
def test_what_changed_within_a_tick_is_not_kept(changed: int, tick: int) -> None:
    rows = [(Facts(1, 1, 1, 1, changed), Digests())]
    assert dict(settled(rows, Nanoseconds(changed + tick))) == dict(rows)
    assert settled(rows, Nanoseconds(changed + tick - 1)) == {}
