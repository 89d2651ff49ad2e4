"""What a body is built of is counted before it is decoded, outside its strings, in linear time."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway import structure
from bartizan.gateway.bounds import CONTAINERS, MEMBERS, VALUES
from bartizan.gateway.structure import structure_fault

TEXT = st.text(st.sampled_from('ab:"\\{}[],é\n'), max_size=6)
JSON = st.recursive(
    st.none() | st.integers(0, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def depth(value: Any) -> int:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@pytest.mark.sources
@given(JSON, st.integers(1, 5))
def test_depth_is_measured_on_brackets_outside_strings(value: Any, levels: int) -> None:  # noqa: ANN401 - JSON
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structure, "DEPTH", levels)
        found = structure_fault(json.dumps(value).encode())
    assert found == ("json-too-deep" if depth(value) > levels else "")


@pytest.mark.parametrize(
    ("most", "part", "built"),
    [
        (CONTAINERS, b"[]", b"[%b]"),
        (MEMBERS, b'"a":0', b"{%b}"),
        (VALUES, b"0", b"[%b]"),
    ],
)
def test_each_bound_is_met_exactly(most: int, part: bytes, built: bytes) -> None:
    least = most - 2  # the outer brackets count, and commas are one fewer than values
    assert structure_fault(built % b",".join([part] * least)) == ""
    assert structure_fault(built % b",".join([part] * (most + 2))) == "json-too-many"


def test_text_is_not_structure() -> None:
    code = "{" * CONTAINERS + "[:,]" * VALUES + '"\\'
    assert structure_fault(json.dumps({"a": code}).encode()) == ""
    assert structure_fault(json.dumps([code, code]).encode()) == ""
