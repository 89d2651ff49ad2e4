"""Forms of the token endpoint: what goes on says the same pairs as what came, each once."""

from urllib.parse import parse_qsl

from bartizan.gateway.body import FormBody
from bartizan.gateway.faults import FAULTS, Refusal
from fuzz.forms import pairs
from fuzz.target import Target

_READER = FormBody()


def run(body: bytes) -> str:
    try:
        judged = _READER.read(body)
    except Refusal as fault:
        assert fault.reason in FAULTS
        assert 400 <= fault.status < 500
        return fault.reason
    said = pairs(body)
    forwarded = parse_qsl(judged.octets.decode(), keep_blank_values=True)
    assert [(name.encode(), value.encode()) for name, value in forwarded] == said
    assert len(dict(said)) == len(said)
    assert judged.octets.isascii()
    assert not set(judged.octets) & set(b"\r\n\0 ")
    assert dict(said).get(b"client_id", b"") == judged.client.encode()
    return "taken"


TARGET = Target(
    modules=("bartizan.gateway.body",),
    run=run,
    seeds=(
        b"grant_type=client_credentials&client_id=a&client_secret=b%2Bc&scope=x+y",
        b"grant_type=refresh_token&refresh_token=a~b-c_d.e&audience=https%3A%2F%2Fa%2F",
        b"code=&code_verifier=%C3%A9&redirect_uri=%0d",
        b"scope=a&scope=b",
        b"admin=1",
    ),
    words=(
        b"&", b"=", b"%", b"%00", b"%0a", b"%c3%a9", b"%ff", b"+", b";", b"grant_type", b"client_id", b"client_secret", b"scope",
        b"client_assertion", b"audience", b"resource", b"device_code", b"%5f",
    ),
    longest=512,
)  # fmt: skip
