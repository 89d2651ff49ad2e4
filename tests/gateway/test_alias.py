"""A model's other name at a target takes the place of the client's, and nothing else changes."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.alias import redeployed, renamed

ENCODE = msgspec.json.Encoder().encode
TEXTS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("model") | TEXTS, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(TEXTS, VALUES, max_size=6)


@given(BODIES, BODIES, TEXTS, TEXTS)
def test_nothing_but_the_bodys_own_model_changes(
    before: dict[str, Any], after: dict[str, Any], asked: str, real: str
) -> None:
    body = {**before, "model": asked, **{name: value for name, value in after.items() if name != "model"}}
    if "model" in before:
        body["model"] = asked
    assert renamed(ENCODE(body), real) == ENCODE({**body, "model": real})


@given(BODIES.filter(lambda body: "model" not in body), TEXTS)
def test_a_body_without_a_model_stays_as_it_is(body: dict[str, Any], real: str) -> None:
    assert renamed(ENCODE(body), real) == ENCODE(body)


def test_numbers_and_escapes_keep_their_octets() -> None:
    body = rb'{"a":1e2,"model":"m","b":"\u003c\/","c":[{"model":"m"}],"d":1.0}'
    assert renamed(body, "x") == body.replace(b'"model":"m","b"', b'"model":"x","b"')


def test_a_deployment_is_replaced_where_a_path_has_one() -> None:
    way = b"/deployments/gpt/chat/completions?api-version=2026-01-01"
    assert redeployed(way, "gpt-eu") == way.replace(b"/gpt/", b"/gpt-eu/")
    assert redeployed(b"/v1/chat/completions", "x") == b"/v1/chat/completions"
    assert redeployed(b"/models/deployments/gpt", "x") == b"/models/deployments/gpt"
