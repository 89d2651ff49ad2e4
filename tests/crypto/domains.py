"""Trust domains as SPIRE makes them: authorities, those below them, and workloads' certificates, honest or not."""

import datetime as dt
import json
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc import jwk, jws

from bartizan.clock import SECOND, Nanoseconds

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
START_S = 1_800_000_000
NOW = Nanoseconds(START_S * SECOND)
DOMAIN = "corp.example"
PATH = "/ns/prod/sa/shop"
URI = f"spiffe://{DOMAIN}{PATH}"
PURPOSES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


class Authority:
    """Signs; by itself where it is made without another."""

    def __init__(
        self,
        domain: str = DOMAIN,
        above: "Authority | None" = None,
        *,
        uri: str | None = "",
        start: int = START_S,
        seconds: int = 86_400,
        path_length: int | None = None,
        signs: bool = True,
    ) -> None:
        self.domain, self.start, self.key = domain, start, ec.generate_private_key(ec.SECP256R1())
        number = x509.random_serial_number()
        self.name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SPIFFE"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, str(number)[:20]),
            ]
        )
        issuer = above or self
        builder = (
            self._dated(start, seconds, number)
            .subject_name(self.name)
            .issuer_name(issuer.name)
            .public_key(self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .add_extension(usage(signs=signs), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
            )
        )
        if uri is not None:
            named = x509.UniformResourceIdentifier(uri or f"spiffe://{domain}")
            builder = builder.add_extension(x509.SubjectAlternativeName([named]), critical=False)
        self.certificate = builder.sign(issuer.key, SHA256())
        self.der = self.certificate.public_bytes(Encoding.DER)

    @staticmethod
    def _dated(start: int, seconds: int, number: int | None = None) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .serial_number(number or x509.random_serial_number())
            .not_valid_before(dt.datetime.fromtimestamp(start - 10, dt.UTC))
            .not_valid_after(dt.datetime.fromtimestamp(start + seconds, dt.UTC))
        )

    def leaf(
        self,
        uris: Sequence[str] = (URI,),
        *,
        key: Private | None = None,
        ca: bool = False,
        used: x509.KeyUsage | None = None,
        purposes: Sequence[x509.ObjectIdentifier] = PURPOSES,
        seconds: int = 3600,
        dns: Sequence[str] = (),
    ) -> tuple[bytes, Private]:
        """Return a certificate (DER) and its key."""
        private = key or ec.generate_private_key(ec.SECP256R1())
        public = private.public_key()
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(each) for each in uris]
        names += [x509.DNSName(each) for each in dns]
        builder = (
            self._dated(self.start, seconds)
            .subject_name(
                x509.Name(
                    [
                        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
                        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SPIRE"),
                    ]
                )
            )
            .issuer_name(self.name)
            .public_key(public)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(used or usage(signs=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER), private


TOKENS = jwk.ECKey.generate_key("P-256", {"kid": "one"})
"""With which the domain signs JWT-SVIDs."""


def public(key: jwk.ECKey | jwk.RSAKey, kid: str = "one") -> dict[str, str]:
    """Return a key as a SPIFFE bundle has it."""
    shown = {name: str(value) for name, value in key.as_dict(private=False).items()}
    return shown | {"kid": kid, "use": "jwt-svid"}


def jwt_svid(claims: dict[str, object], key: jwk.ECKey = TOKENS, **header: object) -> str:
    """Return a token that says this."""
    head = {"alg": "ES256", "kid": "one", "typ": "JWT"} | header
    return jws.serialize_compact(head, json.dumps(claims).encode(), key, ["ES256"])
