"""An envelope has one reading; what is signed is its payload and its type together."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifact.dsse import IN_TOTO, MOST_OCTETS, Envelope, Signature, encoded, pae, parsed
from bartizan.artifact.errors import Malformed

SIGNATURES = st.builds(Signature, st.text(st.characters(codec="utf-8"), max_size=8), st.binary(max_size=8))
ENVELOPES = st.builds(
    Envelope,
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.binary(max_size=40),
    st.lists(SIGNATURES, max_size=3).map(tuple),
)


def test_the_example_of_the_format_is_encoded_alike() -> None:
    """Source: DSSE protocol.md, test vectors."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.text(max_size=9), st.binary(max_size=9), st.text(max_size=9), st.binary(max_size=9))
def test_no_two_are_encoded_alike(one: str, payload: bytes, other: str, second: bytes) -> None:
    alike = (one, payload) == (other, second)
    assert (pae(one, payload) == pae(other, second)) == alike


@given(ENVELOPES)
def test_an_envelope_survives_its_octets(envelope: Envelope) -> None:
    octets = encoded(envelope)
    assert parsed(octets) == envelope
    plain = json.loads(octets)  # and a plain reader reads the same
    assert base64.b64decode(plain["payload"]) == envelope.payload


@given(ENVELOPES, st.data())
def test_octets_are_one_envelope_or_none(envelope: Envelope, data: st.DataObject) -> None:
    octets = bytearray(encoded(envelope))
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parsed(bytes(octets))
    except Malformed:
        return
    assert encoded(found) == octets


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"null\n",
        b'{"payload":"","payloadType":"","signatures":[]}',
        b'{"payload":"","payload":"YQ==","payloadType":"","signatures":[]}\n',
        b'{"payload":"","payloadType":"","payloadType":"a","signatures":[]}\n',
        b'{"payloadType":"","payload":"","signatures":[]}\n',
        b'{"payload":"YR==","payloadType":"","signatures":[]}\n',
        b'{"payload":"YQ","payloadType":"","signatures":[]}\n',
        b'{"payload":"_-8=","payloadType":"","signatures":[]}\n',
        b'{"payload":"","payloadType":"","signatures":[{"sig":""}]}\n',
        b'{"payload":"","payloadType":"","signatures":[{"cert":"","keyid":"","sig":""}]}\n',
        b'{"payload":"","payloadType":"","signatures":['
        + b",".join([b'{"keyid":"","sig":""}'] * 9)
        + b"]}\n",
        b'{"payload":"' + b"A" * MOST_OCTETS + b'","payloadType":"","signatures":[]}\n',
        b"[" * 100_000,
    ],
)
def test_what_is_no_envelope_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(octets)


def test_the_type_of_a_statement_is_in_toto_s() -> None:
    assert IN_TOTO == "application/vnd.in-toto+json"
