"""Proofs of possession: one proof has one reading, that of a plain reader too, and is taken once.

Every signature under the honest header counts as good here, so that what lies behind it is reached. An input that begins
with 0 is a proof as it stands; any other is header, payload and signature, a NUL between them, still to be encoded. `%`
stands for the nonce.
"""

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import APART, ProofKey, Proofs, Wanted
from bartizan.identity.proof_refusal import ProofRefused
from fuzz.jws import compact, encoded, plainly
from fuzz.target import Target

_NOW, _URL, _TOKEN = Nanoseconds(1_700_000_000 * SECOND), "https://gateway/v1/chat", "t"
_POINT = '"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfVVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"'
_HEADER = f'{{"typ":"dpop+jwt","alg":"ES256","jwk":{{{_POINT}}}}}'.encode()
_PAYLOAD = (
    b'{"jti":"j","htm":"POST","htu":"https://gateway/v1/chat","iat":1700000000,"nonce":"%",'
    b'"ath":"47mKTaMaEn1L3m5DAz9muidMqw636xxw7EFAK_YnPdg"}'
)
_NONCE = Proofs(Secret(bytes(32))).nonce(_NOW)


def run(data: bytes) -> str:
    octets = data[1:].replace(b"%", _NONCE.encode())
    proof = octets.decode("latin-1") if data[:1] == b"0" else compact(octets)
    proofs = Proofs(Secret(bytes(32)))
    proofs._keys[encoded(_HEADER).encode()] = ProofKey("k", lambda _signed, _signature: True)
    wanted = Wanted("POST", (_URL,), _TOKEN)
    try:
        proofs.verify(proof, wanted, _NOW)
    except ProofRefused as fault:
        assert type(fault).reason != "proof-refused"
        assert len(proofs) == 0
        return type(fault).reason
    header, said = plainly(proof)
    assert (header["typ"], header["alg"][:2], "d" in header["jwk"]) == ("dpop+jwt", "ES", False)
    assert (said["htm"], said["nonce"]) == ("POST", _NONCE)
    assert said["htu"].lower().startswith("https://gateway")
    assert abs(said["iat"] - _NOW // SECOND) <= APART // SECOND + 1
    try:
        proofs.verify(proof, wanted, _NOW)
    except ProofRefused as fault:
        assert type(fault).reason == "proof-replayed"
        return "taken once"
    raise AssertionError("a proof was taken twice")


_GOOD = _HEADER + b"\0" + _PAYLOAD + b"\0s"
TARGET = Target(
    modules=("bartizan.identity.dpop", "bartizan.identity.compact", "bartizan.identity.proof_refusal"),
    run=run,
    seeds=(
        b"1" + _GOOD,
        b"0" + compact(_GOOD.replace(b"%", _NONCE.encode())).encode(),
        b"1" + _GOOD.replace(b"gateway/v1", b"GATEWAY:443/v1"),
        b"1" + _GOOD.replace(b"chat", b"chat?a=b#c"),
        b"1" + _GOOD.replace(b'"alg"', b'"jku":"x","alg"'),
        b"1" + _GOOD.replace(b'"kty"', b'"use":"sig","kty"'),
        b"1" + _GOOD.replace(b'"kty"', b'"d":"AA","kty"'),
        b"1" + _GOOD.replace(b"1700000000", b"1700000000.5"),
        b"1" + _GOOD.replace(b"1700000000", b"1e999"),
        b"1" + _GOOD.replace(b"%", b""),
        b"0..",
    ),
    words=(
        b".", b"=", b"\0", b"%", b'"', b"\\u0061", b"\\ud800", b"{", b"}", b",", b":", b"NaN", b"1e9", b"null", b"true", b"[]", b"-0",
        b'"typ"', b'"alg"', b'"jwk"', b'"kty"', b'"crv"', b'"x"', b'"y"', b'"d"', b'"jti"', b'"htm"', b'"htu"', b'"iat"', b'"ath"',
        b'"nonce"', b"none", b"ES384", b"P-384", b"dpop+jwt", b"http://", b"https://", b"user@", b":80", b"?", b"#", b"\xff",
    ),
)  # fmt: skip
