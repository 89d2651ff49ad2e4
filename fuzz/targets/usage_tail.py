"""The usage that an answer names: numbers within their bounds or none, and the same however the answer arrives."""

from bartizan.gateway.bounds import USAGE_OCTETS
from bartizan.gateway.tokens import UNSAID
from bartizan.gateway.usage import tail, usage
from fuzz.cuts import parts_of, uncut
from fuzz.target import Target

_MOST = 2**53 - 1


def run(data: bytes) -> str:
    octets, parts = parts_of(data)
    kept = b""
    for part in parts:
        kept = tail(kept, part)
    assert octets.endswith(kept)
    assert len(kept) <= 2 * USAGE_OCTETS
    said = usage(kept)
    assert said == usage(octets)
    assert 0 <= said.prompt_tokens <= _MOST
    assert 0 <= said.completion_tokens <= _MOST
    return "unsaid" if said == UNSAID else "said"


TARGET = Target(
    modules=("bartizan.gateway.usage",),
    run=run,
    seeds=(
        uncut(b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}'),
        uncut(b'data: {"usage":{"prompt_tokens":3,"completion_tokens_details":{"a":1},"completion_tokens":5}}\n\n'),
        uncut(b'{"usage":null}{"usage" : {"prompt_tokens":-1}}'),
    ),
    words=(b'"usage"', b'"prompt_tokens":', b'"completion_tokens":', b"{", b"}", b":", b"9007199254740992", b"null", b"\xff"),
    longest=512,
)  # fmt: skip
