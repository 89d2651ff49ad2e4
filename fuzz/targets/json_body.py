"""JSON bodies of every shape that the API has: what goes on says what came, no member more and none less.

The first octet chooses the shape.
"""

import json
import math

from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.protocols import anthropic, judge, openai, responses
from fuzz.target import Target

_READERS = [
    row.reader for row in (*openai.ASKED, responses.ROWS[0], *anthropic.ANTHROPIC.rows[:2], *judge.JUDGE.rows)
]


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    shape, body = data[0] % len(_READERS), data[1:]
    try:
        judged = _READERS[shape].read(body)
    except Refusal as fault:
        assert fault.reason in FAULTS
        assert 400 <= fault.status < 500
        return f"{shape} {fault.reason} {fault.param}"
    sent, forwarded = _read(body), _read(judged.octets)
    assert _alike(sent, forwarded), (sent, forwarded)
    assert isinstance(sent, dict)
    assert judged.model == (sent.get("model") or "")
    assert judged.stream == (sent.get("stream") is True)
    assert not set(judged.octets) & set(b"\r\n\0")
    return f"{shape} {' '.join(sorted(sent))}"


def _read(octets: bytes) -> object:
    return json.loads(octets, object_pairs_hook=_once, parse_constant=_refused)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    assert len(members) == len(pairs)
    return members


def _refused(word: str) -> object:
    raise AssertionError(word)


def _alike(sent: object, forwarded: object) -> bool:
    """Return whether two documents say the same; a number may be written another way, a truth not as a number."""
    if isinstance(sent, dict) and isinstance(forwarded, dict):
        return sent.keys() == forwarded.keys() and all(_alike(sent[key], forwarded[key]) for key in sent)
    if isinstance(sent, list) and isinstance(forwarded, list):
        return len(sent) == len(forwarded) and all(map(_alike, sent, forwarded))
    if isinstance(sent, bool) or isinstance(forwarded, bool):
        return sent is forwarded
    if isinstance(sent, int | float) and isinstance(forwarded, int | float):
        return sent == forwarded or math.isclose(sent, forwarded, rel_tol=1e-15)
    return sent == forwarded


_MESSAGES = b'"messages":[{"role":"user","content":"x"}]'
TARGET = Target(
    modules=(
        "bartizan.gateway.body",
        "bartizan.gateway.structure",
        "bartizan.gateway.protocols.judge",
        "bartizan.gateway.protocols.openai",
        "bartizan.gateway.protocols.offered",
        "bartizan.gateway.protocols.responses",
        "bartizan.gateway.protocols.responses_items",
        "bartizan.gateway.protocols.shape",
    ),
    run=run,
    seeds=(
        b'\0{"model":"m",%b,"stream":true,"temperature":0.5,"max_tokens":5,"n":1,"stop":["a"],"user":"u"}' % _MESSAGES,
        (
            b'\0{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"\\u0061"}]},'
            b'{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",'
            b'"function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}],'
            b'"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","a":[1,-2.5e3,null,true]}}}],'
            b'"tool_choice":"auto","response_format":{"type":"json_object"},"logit_bias":{"1":-100},"metadata":{"a":"b"}}'
        ),
        b'\1{"model":"m","prompt":["a","b"],"max_tokens":16,"stream_options":{"include_usage":true}}',
        b'\1{"model":"m","prompt":[1,2,3],"echo":false,"logprobs":5,"best_of":2,"suffix":"\\ud83d\\ude00"}',
        b'\2{"model":"m","input":[[1,2],[3]],"dimensions":8,"encoding_format":"float"}',
        b'\2{"model":"m","input":"x","user":"\\u003a"}',
        (
            b'\3{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"x"}]},{"id":"x"},'
            b'{"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":""}]},{"type":"function_call",'
            b'"call_id":"c","name":"f","arguments":"{}"},{"type":"message","role":"assistant","content":"x"}],'
            b'"tools":[{"type":"web_search"},{"type":"function","name":"f","parameters":{}}],"stream":true}'
        ),
        (
            b'\4{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"x"}]},'
            b'{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]}],"system":"x",'
            b'"tools":[{"name":"f","input_schema":{}},{"type":"custom","name":"g","input_schema":{}},'
            b'{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"auto"}}'
        ),
        b'\5{"model":"m","messages":[{"role":"user","content":"x"}],"thinking":{"type":"disabled"}}',
        b'\6{"text":"x","channel":"tool","task":"t","profile":"strict"}',
        b'\6{"texts":[{"text":"x"},{"text":"\\ud83d\\ude00","channel":"system"}],"profile":"observe"}',
        b'\6{"text":"\\ud800"}',
        b'\0{"model":"a","mod\\u0065l":"b",%b}' % _MESSAGES,
    ),
    words=(
        b'"', b"\\", b"\\u003a", b"\\ud800", b"\xf0\x9f\x98\x80", b"{}", b"[]", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true",
        b"1e999", b"-0", b"1E400", b"18446744073709551616", b"0.1", b'"model":', b'"messages":', b'"role":', b'"content":', b'"user"',
        b'"type":', b'"text"', b'"image_url"', b'"input_audio"', b'"file"', b'"refusal"', b'"developer"', b'"assistant"', b'"tool"',
        b'"function"', b'"name":', b'"prediction":', b'"seed":', b'"stop":', b'"top_p":', b'"input":', b'"prompt":', b'"modalities":',
        b'"audio":', b'"json_schema"', b'"reasoning_effort":', b'"service_tier":', b'"store":', b'"web_search_options":',
        b'"text":', b'"texts":', b'"channel":', b'"profile":', b'"task":', b'"document"', b'"response"', b'"strict"', b'"input_text"', b'"item_reference"', b'"tools":', b'"tool_use"', b'"custom"', b'"system":', b'"max_tokens":',
    ),
    longest=1024,
)  # fmt: skip
