"""The machine beside CPython's unpicklers, the one in C and the one in Python: it says inert only where both agree, and why."""

import io
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.pickles.contracts import allowed
from bartizan.supply.pickles.opcodes import OPCODES, STOP, Stream
from bartizan.supply.pickles.reading import read
from bartizan.supply.pickles.values import Blob
from tests.supply.pickles.built import described, reading

CHILD = Path(__file__).with_name("unpickled.py")
PYTHONS = {
    "builtins",
    "collections",
    "datetime",
    "decimal",
    "fractions",
    "pathlib",
    "uuid",
    "types",
    "argparse",
    "_codecs",
    "copyreg",
}
ALLOWED = sorted(f"{module}.{name}" for module, name in allowed() if module in PYTHONS)

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**2100), 2**2100), st.floats(allow_nan=False), st.text(max_size=20),
    st.binary(max_size=20), st.complex_numbers(allow_nan=False), st.binary(max_size=9).map(bytearray),
)  # fmt: skip
KEYS = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(st.tuples(inner), st.tuples(inner, inner), st.frozensets(inner, max_size=3)),
    max_leaves=4,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.lists(inner, max_size=5).map(tuple), st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4), inner.map(lambda value: [value, value]),
    ),
    max_leaves=12,
)  # fmt: skip
PROTOCOLS = st.integers(0, 5)


class Child:
    """Both unpicklers, in a process that can open and start nothing."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._in, self._out = _pipe(process.stdin), _pipe(process.stdout)

    def load(self, octets: bytes) -> list[dict[str, Any]]:
        self._in.write(len(octets).to_bytes(4, "big") + octets)
        self._in.flush()
        return [json.loads(self._out.readline()) for _ in range(2)]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    command = [sys.executable, "-I", str(CHILD), *ALLOWED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


@settings(max_examples=150)
@given(value=VALUES, protocol=PROTOCOLS)
def test_what_is_pickled_of_data_is_inert_and_of_the_same_structure(
    child: Child, value: object, protocol: int
) -> None:
    octets = pickle.dumps(value, protocol)
    found = reading(octets)
    assert found.reasons == ()
    assert found.end == len(octets)
    for answer in child.load(octets):
        assert answer["heard"] == []
        assert json.loads(json.dumps(described(found.root, octets))) == answer["value"]


SEEDS = [
    pickle.dumps(value, protocol)
    for protocol in range(6)
    for value in (
        [1, "a", b"b", {"k": (1.5, None)}],
        {1, 2},
        bytearray(b"xy"),
        [[], [[]], "é"],
        2**80,
        frozenset({3}),
    )
]
CODES = st.sampled_from(sorted(OPCODES)).map(lambda code: bytes((code,)))
WORDS = st.sampled_from(
    [
        b"\x80\x04", b"\x95\x05\0\0\0\0\0\0\0", b"cos\nsystem\n", b"cbuiltins\nset\n", b"\x8c\x08builtins\x8c\x04eval\x93", b"ccollections\nOrderedDict\n",
        b"(lp0\n", b"p1\n", b"g1\n", b"h\0", b"q\0", b"\x94", b")R", b"}(", b"](K\1K\2e", b"I01\n", b"I010\n", b"L7L\n", b"F1.5\n", b"F1e999\n",
        b"S'a'\n", b"S'\\x41'\n", b"V\\u0041\n", b"C\1a", b"U\1\xff", b"\x8a\1\x7f", b"\x8e\1\0\0\0\0\0\0\0z", b"j\xff\xff\xff\x7f", b"cbuiltins\nlist\n)\x81", b"\x82\1", b"\x98", b"\x85", b"2", b"0", b"1", b"(", b"t", b".",
    ]
)  # fmt: skip
PIECES = st.lists(st.one_of(CODES, WORDS, st.binary(max_size=3)), max_size=6).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return a stream that began as a pickle, with pieces cut out, put in or said twice."""
    octets = draw(st.one_of(st.sampled_from(SEEDS), PIECES.map(lambda body: b"\x80\x04" + body + b".")))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(octets)))
        stop = draw(st.integers(start, min(len(octets), start + 6)))
        octets = octets[:start] + draw(PIECES) + octets[stop:]
    return octets


def has_text_of_python_2(octets: bytes) -> bool:
    """Return whether a stream has text of which a loader must be told the alphabet."""
    stream, code = Stream(memoryview(octets)), -1
    while code != STOP:
        code, value = stream.next()
        if isinstance(value, Blob) and value.kind == "string":
            return True
    return False


@settings(max_examples=400)
@given(octets=mutated())
def test_no_stream_that_is_changed_is_inert_where_it_names_another_thing_or_fails(
    child: Child, octets: bytes
) -> None:
    found = reading(octets)
    answers = child.load(octets)
    if found.inert:
        for answer in answers:
            assert answer["heard"] == []
            assert set(answer["named"]) <= set(ALLOWED)
            if answer.get("error") == "UnicodeDecodeError":
                assert has_text_of_python_2(octets)
                continue
            assert json.loads(json.dumps(described(found.root, octets))) == answer["value"]


def test_a_stream_that_only_one_unpickler_loads_is_not_inert(child: Child) -> None:
    octal, overflow = b"I010\n.", b"F1e999\n."
    for octets in (octal, overflow):
        in_c, in_python = child.load(octets)
        assert ("value" in in_c) != ("value" in in_python)
        assert not reading(octets).inert


def test_what_the_child_refuses_it_hears_of(child: Child) -> None:
    for answer in child.load(pickle.dumps(io.StringIO)):
        assert answer["error"] == "UnpicklingError"
        assert answer["named"] == ["_io.StringIO"]


def test_work_is_bounded() -> None:
    octets = b"\x80\x04(" + b"]\x94" * 200_000 + b"l."
    with pytest.raises(Exhausted):
        read(memoryview(octets), Budget(operations=1_000_000))
