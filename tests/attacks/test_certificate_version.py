"""A certificate or a request of a version that there is not stops nobody who reads it: it is refused as any other."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bartizan.crypto.svid import SvidWrong, read_svid, sign_svid, svid_request
from bartizan.crypto.svid_chain import NotAnAuthority, require_authority, verify_chain
from bartizan.crypto.x509 import RequestRefused, make_authority, read_request
from tests.crypto.domains import DOMAIN, NOW, URI, Authority

VERSION = b"\xa0\x03\x02\x01\x02"


def of_version(der: bytes, number: int) -> bytes:
    """Return a certificate that says that it is of another version, its signature as it was."""
    assert der.count(VERSION) == 1
    return der.replace(VERSION, VERSION[:-1] + bytes([number]))


def test_a_workloads_certificate_of_another_version_is_malformed() -> None:
    authority, key = make_authority("client", (), NOW)
    own = sign_svid(authority, key, svid_request()[1], "spiffe://bartizan.local/workload/app", NOW)
    root = Authority()
    leaf, _ = root.leaf([URI])
    for number in (3, 46, 127):
        with pytest.raises(SvidWrong, match="svid-malformed"):
            read_svid(of_version(own, number), authority, NOW)
        with pytest.raises(SvidWrong, match="svid-malformed"):
            verify_chain([of_version(leaf, number)], [root.der], DOMAIN, NOW)
        with pytest.raises(NotAnAuthority):
            require_authority(of_version(root.der, number), DOMAIN)


def test_a_request_of_another_version_does_not_end_who_signs() -> None:
    der = x509.load_pem_x509_csr(svid_request()[1]).public_bytes(Encoding.DER)
    at = der.index(b"\x02\x01\x00")
    changed = der[: at + 2] + b"\x32" + der[at + 3 :]
    text = base64.encodebytes(changed).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(RequestRefused):
        read_request(pem.encode())
