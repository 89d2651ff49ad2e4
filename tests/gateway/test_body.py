"""What is forwarded says what was sent, once; what could be read in two ways is refused."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.body import FormBody, has_repeated_member
from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.judged import Reader
from bartizan.gateway.protocols.openai import ROWS

CHAT, COMPLETION, EMBEDDING, *_ = (row.reader for row in ROWS)
TEXT = st.text(st.sampled_from('ab:"\\{}[],é\x00\n \u2028😀'), max_size=6)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def schema_request(schema: dict[str, Any], *, ascii_only: bool) -> bytes:
    function = {"name": "f", "parameters": schema}
    request = {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
        "tools": [{"type": "function", "function": function}],
    }
    return json.dumps(request, ensure_ascii=ascii_only).encode()


@given(st.dictionaries(TEXT, JSON, max_size=4), st.booleans())
def test_what_is_forwarded_means_what_was_sent(schema: dict[str, Any], ascii_only: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    body = schema_request(schema, ascii_only=ascii_only)
    assert json.loads(CHAT.read(body).octets) == json.loads(body)


def refused(reader: Reader, body: bytes) -> str:
    try:
        reader.read(body)
    except Refusal as fault:
        return fault.reason
    return ""


class Twice(Exception):
    pass


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Twice
    return dict(pairs)


def spelled(draw: st.DrawFn, name: str) -> str:
    """Return a JSON string for a name, each character plain or escaped."""
    return (
        '"' + "".join(f"\\u{ord(c):04x}" if draw(st.booleans()) else json.dumps(c)[1:-1] for c in name) + '"'
    )


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> str:
    """Return JSON text of an object whose members may repeat, at any depth."""
    members = []
    for _ in range(draw(st.integers(0, 4))):
        value = (
            draw(objects(depth - 1))
            if depth and draw(st.booleans())
            else spelled(draw, draw(st.sampled_from(["a", "b:", ":"])))
        )
        members.append(f"{spelled(draw, draw(st.sampled_from(['a', 'b', ':', 'a:'])))}:{value}")
    return "{" + ",".join(members) + "}"


@given(objects())
def test_a_repeated_member_is_found_exactly_where_json_has_one(text: str) -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"x"}],"moderation":' + text.encode() + b"}"
    try:
        json.loads(body, object_pairs_hook=once)
        repeats = False
    except Twice:
        repeats = True
    assert refused(CHAT, body) == ("json-member-repeated" if repeats else "")


def test_a_member_is_not_missed_where_nothing_repeats() -> None:
    assert not has_repeated_member(b'{"a":"x:y:z"}', b'{"a":"x:y:z"}')
    assert has_repeated_member(b'{"a":1,"a":2}', b'{"a":2}')


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused_by_name(body: bytes) -> None:
    for reader in (CHAT, COMPLETION, EMBEDDING, FormBody()):
        assert FAULTS[refused(reader, body) or "body-too-large"].status in (400, 413)


FULL = {
    "model": "gpt-x",
    "messages": [
        {"role": "system", "content": "be kind"},
        {"role": "developer", "content": [{"type": "text", "text": "x"}], "name": "d"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "see", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"file_id": "f-1"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "x"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
        {"role": "function", "name": "f", "content": None},
    ],
    "temperature": 0.5,
    "top_p": 1,
    "n": 2,
    "stop": ["a", "b"],
    "max_completion_tokens": 100,
    "logprobs": True,
    "top_logprobs": 5,
    "logit_bias": {"50256": -100},
    "presence_penalty": -2,
    "frequency_penalty": 2.0,
    "seed": 7,
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [
        {
            "type": "function",
            "function": {"name": "f", "parameters": {"type": "object", "properties": {}}, "strict": True},
        },
        {"type": "custom", "custom": {"name": "g", "format": {"type": "text"}}},
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
    },
    "reasoning_effort": "low",
    "metadata": {"k": "v"},
    "service_tier": "auto",
    "store": False,
    "user": "u",
    "modalities": ["text"],
    "prediction": {"type": "content", "content": "x"},
    "top_k": 40,
    "min_p": 0.1,
}


def test_every_field_of_a_full_request_passes_unchanged() -> None:
    judged = CHAT.read(json.dumps(FULL).encode())
    assert json.loads(judged.octets) == FULL
    assert (judged.model, judged.stream, judged.most_tokens) == ("gpt-x", True, 100)


def test_an_absent_field_stays_absent_and_a_null_stays_null() -> None:
    assert CHAT.read(b'{"model":"m","messages":[{"role":"user","content":"x"}],"user":null}').octets == (
        b'{"model":"m","user":null,"messages":[{"role":"user","content":"x"}]}'
    )


@pytest.mark.parametrize("choice", ["none", "auto", "required", None])
def test_each_choice_of_tools_passes(choice: str | None) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "x"}], "tool_choice": choice}
    assert json.loads(CHAT.read(json.dumps(request).encode()).octets) == request


@pytest.mark.parametrize("prompt", ["text", ["a", "b"], [1, 2, 3], [[1], [2, 3]]])
def test_each_form_of_a_prompt_passes(prompt: object) -> None:
    body = json.dumps({"model": "m", "prompt": prompt, "max_tokens": 5}).encode()
    assert json.loads(COMPLETION.read(body).octets)["prompt"] == prompt
    body = json.dumps({"model": "m", "input": prompt, "encoding_format": "base64"}).encode()
    assert json.loads(EMBEDDING.read(body).octets)["input"] == prompt


@pytest.mark.parametrize("prompt", [[], [1, "a"], ["a", [1]], [[1], 2]])
def test_a_prompt_of_mixed_kinds_is_refused(prompt: object) -> None:
    with pytest.raises(Refusal) as fault:
        COMPLETION.read(json.dumps({"model": "m", "prompt": prompt}).encode())
    assert (fault.value.reason, fault.value.param) == ("field-invalid", "prompt")


@pytest.mark.parametrize(
    ("change", "reason", "param"),
    [
        ({"surprise": 1}, "field-unknown", "surprise"),
        ({"x" * 500: 1}, "field-unknown", "x" * 128),
        ({"stream_options": {"surprise": 1}}, "field-unknown", "stream_options.surprise"),
        ({"messages": [{"role": "user"}]}, "field-missing", "messages[0].content"),
        ({"n": "many"}, "field-invalid", "n"),
        ({"response_format": {"type": "xml"}}, "field-invalid", "response_format.type"),
    ],
)
def test_a_refusal_points_at_the_field(change: dict[str, Any], reason: str, param: str) -> None:
    with pytest.raises(Refusal) as fault:
        CHAT.read(
            json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}], **change}).encode()
        )
    assert (fault.value.reason, fault.value.param) == (reason, param)


def test_a_refusal_repeats_no_value() -> None:
    for change in (
        {"n": "planted"},
        {"messages": [{"role": "planted", "content": "x"}]},
        {"tool_choice": "planted"},
    ):
        with pytest.raises(Refusal) as fault:
            CHAT.read(
                json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}], **change}).encode()
            )
        assert "planted" not in fault.value.what


@given(
    st.dictionaries(
        st.sampled_from(["scope", "client_id", "client_secret", "resource"]), st.text(max_size=8), min_size=1
    )
)
def test_a_form_means_the_same_after_its_re_encoding(pairs: dict[str, str]) -> None:
    try:
        octets = FormBody().read(urlencode(pairs).encode()).octets
    except Refusal:
        assert not all(value.isprintable() for value in pairs.values())
        return
    assert dict(parse_qsl(octets.decode(), keep_blank_values=True)) == pairs
