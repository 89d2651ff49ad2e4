import gc
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from OpenSSL._util import lib

from bartizan.clock import SystemClock
from bartizan.crypto import tls
from bartizan.crypto.tls import (
    CertificateUnusable,
    NoHybridGroup,
    client_context,
    group_word,
    self_test,
    server_context,
)
from bartizan.crypto.tls_faults import FAULTS, NameUnusable, TlsFault
from bartizan.crypto.tls_groups import GROUPS, HYBRID
from bartizan.crypto.tls_session import TlsSession
from bartizan.crypto.x509 import certificate_pem, leaf_request, make_authority, sign_leaf
from bartizan.ledger.forms import NAME
from bartizan.ledger.vocabulary import GROUP
from tests.crypto.scene import NAMES, client, connected, meet, papers, server

PEM = "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n"


def agreed(groups: str | None, pq: tls.Pq) -> str:
    ends = TlsSession(client(groups), "localhost"), TlsSession(server(pq))
    meet(*ends)
    words = {group_word(end.connection) for end in ends}
    assert len(words) == 1
    return words.pop()


def test_this_build_agrees_on_a_hybrid_group_with_itself() -> None:
    assert self_test() == "x25519mlkem768"


@pytest.mark.parametrize("pq", ["preferred", "required"])
@pytest.mark.parametrize(
    "groups",
    [
        None,
        "X25519MLKEM768",
        "X25519:X25519MLKEM768",
        "*secp256r1:*X25519:X25519MLKEM768",
        "X25519MLKEM768:X25519",
    ],
)
def test_whoever_knows_the_hybrid_group_gets_it_whatever_it_lists_first(
    groups: str | None, pq: tls.Pq
) -> None:
    assert agreed(groups, pq) == "x25519mlkem768"


@pytest.mark.parametrize("groups", ["X25519", "secp256r1"])
def test_a_classical_client_is_served_under_preferred(groups: str) -> None:
    assert agreed(groups, "preferred") == groups.lower()


@pytest.mark.parametrize("groups", ["X25519", "secp256r1", "secp384r1", "X25519:secp256r1:secp384r1"])
def test_a_classical_client_is_refused_under_required(groups: str) -> None:
    with pytest.raises(TlsFault) as fault:
        agreed(groups, "required")
    assert fault.value.word == "no-shared-group"


@pytest.mark.parametrize("groups", ["SecP256r1MLKEM768", "SecP384r1MLKEM1024"])
def test_the_rarer_hybrid_groups_satisfy_required(groups: str) -> None:
    assert agreed(groups, "required") in HYBRID


@pytest.mark.parametrize("version", [SSL.TLS1_VERSION, SSL.TLS1_1_VERSION, SSL.TLS1_2_VERSION])
def test_older_versions_are_refused(version: int) -> None:
    old = SSL.Context(SSL.TLS_CLIENT_METHOD)
    old.set_min_proto_version(version)
    old.set_max_proto_version(version)
    old.set_cipher_list(b"ALL:@SECLEVEL=0")
    with pytest.raises(TlsFault) as fault:
        meet(TlsSession(old, "localhost"), TlsSession(server()))
    assert fault.value.word == "no-shared-version"


@pytest.mark.parametrize(
    ("offered", "chosen"), [([b"http/1.1"], b"http/1.1"), ([b"h2", b"http/1.1"], b"http/1.1"), ([], b"")]
)
def test_http_1_1_is_agreed_on_where_it_is_offered(offered: list[bytes], chosen: bytes) -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if offered:
        context.set_alpn_protos(offered)
    ends = TlsSession(context, "localhost"), TlsSession(server())
    meet(*ends)
    assert ends[0].connection.get_alpn_proto_negotiated() == chosen


@pytest.mark.parametrize("offered", [[b"h2"], [b"h3", b"h2"], [b"http/1.10"], [b"x" * 255]])
def test_a_client_without_http_1_1_is_told_so(offered: list[bytes]) -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_alpn_protos(offered)
    ends = TlsSession(context, "localhost"), TlsSession(server())
    with pytest.raises(TlsFault) as fault:
        meet(*ends)
    assert fault.value.word == "no-shared-protocol"
    ends[0].feed(ends[1].drain())
    with pytest.raises(TlsFault, match="no application protocol"):
        ends[0].handshake()


def test_the_protocols_are_chosen_from_many_contexts_after_the_first_is_gone() -> None:
    contexts = [server() for _ in range(3)]
    del contexts[0]
    gc.collect()
    for context in contexts:
        ends = TlsSession(client(), "localhost"), TlsSession(context)
        meet(*ends)
        assert ends[1].connection.get_alpn_proto_negotiated() == b"http/1.1"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1"])
def test_a_server_is_accepted_under_its_names(name: str) -> None:
    meet(TlsSession(client(), name), TlsSession(server()))


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.2", "::2", "localhos", "local_host", "a.localhost"]
)
def test_a_server_is_refused_under_any_other_name(name: str) -> None:
    with pytest.raises(TlsFault, match="mismatch") as fault:
        meet(TlsSession(client(), name), TlsSession(server()))
    assert fault.value.word == "certificate-refused"


@pytest.mark.parametrize(
    "name", ["", ".", "a b", "a\0b", "localhost\0.evil.example", "é.example", "a..b", "*"]
)
def test_what_is_no_name_never_switches_verification_off(name: str) -> None:
    with pytest.raises(NameUnusable):
        TlsSession(client(), name)


def test_a_server_of_another_authority_is_refused() -> None:
    stranger = client_context(papers().chain)  # trusts the leaf's own certificate file, which signs nothing
    other = TlsSession(stranger, "localhost")
    with pytest.raises(TlsFault) as fault:
        meet(other, TlsSession(server()))
    assert fault.value.word == "certificate-refused"


def test_no_session_is_resumed() -> None:
    context = client()
    first = TlsSession(context, "localhost")
    one = server()
    other = TlsSession(one)
    meet(first, other)
    assert first.read() == b""  # takes in what the server sends after the handshake
    session = first.connection.get_session()
    assert session is not None
    again = TlsSession(context, "localhost")
    again.connection.set_session(session)
    back = TlsSession(one)
    meet(again, back)
    assert not again.resumed
    assert not back.resumed


def test_contexts_are_tls_1_3_without_early_data_or_resumption() -> None:
    for context in (server(), client()):
        native = context._context
        assert lib.SSL_CTX_get_session_cache_mode(native) == SSL.SESS_CACHE_OFF
        for option in (SSL.OP_NO_TICKET, SSL.OP_NO_COMPRESSION, SSL.OP_NO_RENEGOTIATION):
            assert lib.SSL_CTX_get_options(native) & option


def test_the_words_of_groups_and_faults_may_stand_in_the_record() -> None:
    assert GROUPS | {"none", "other"} == GROUP.words
    assert HYBRID < GROUPS
    assert all(NAME.fullmatch(word) for word in FAULTS)


def test_a_group_list_that_this_build_does_not_know_says_what_to_do() -> None:
    with pytest.raises(NoHybridGroup, match="reinstall"):
        client_context(papers().ca, groups="X25519MLKEM9000")


def test_the_self_test_fails_where_the_build_has_no_hybrid_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "REQUIRED", "X25519")
    monkeypatch.setattr(tls, "OFFERED", "X25519")
    with pytest.raises(NoHybridGroup):
        self_test()


@pytest.mark.parametrize(
    "chain", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"]
)
def test_an_unreadable_chain_is_named(chain: bytes) -> None:
    with pytest.raises(CertificateUnusable):
        server_context(chain, papers().key, pq="preferred")


@pytest.mark.parametrize("pem", [b"", b"nonsense", PEM.format("").encode(), PEM.format("AA==\n").encode()])
def test_unreadable_authorities_are_named(pem: bytes) -> None:
    for bundle in (pem, pem + papers().ca) if b"BEGIN" in pem else (pem,):
        with pytest.raises(CertificateUnusable):
            client_context(bundle)


def test_a_bundle_of_public_authorities_is_read_with_its_oddities() -> None:
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if not bundle.exists():
        pytest.skip("needs the system's bundle of public authorities (ca-certificates)")
    trusting = client_context(bundle.read_bytes() + b"# a comment\n" + papers().ca)
    meet(TlsSession(trusting, "localhost"), TlsSession(server()))
    with pytest.raises(TlsFault):
        meet(TlsSession(client_context(bundle.read_bytes()), "localhost"), TlsSession(server()))


def test_a_key_that_is_not_the_certificates_is_refused_without_a_word_of_it() -> None:
    other, _ = leaf_request(("localhost",))
    for key in (b"", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", other):
        with pytest.raises(CertificateUnusable) as fault:
            server_context(papers().chain, key, pq="preferred")
        assert "c2VjcmV0" not in repr(fault.value)
        assert fault.value.__cause__ is None


@given(st.lists(st.binary(max_size=40_000), max_size=6), st.integers(1, 5_000))
def test_what_is_written_comes_out_whole_however_the_records_are_cut(parts: list[bytes], step: int) -> None:
    sender, receiver = connected()
    for part in parts:
        if part:
            sender.write(part)
    sender.finish()
    records, received = sender.drain(), bytearray()
    for start in range(0, len(records), step):
        receiver.feed(records[start : start + step])
        while data := receiver.read():
            assert len(data) <= 65_536
            received += data
    assert bytes(received) == b"".join(parts)
    assert receiver.ended


@given(position=st.integers(5, 299), bit=st.integers(0, 7))
def test_a_changed_record_is_refused_after_what_came_before_it(position: int, bit: int) -> None:
    sender, receiver = connected()
    sender.write(b"first")
    good = sender.drain()
    sender.write(b"second" * 60)
    bad = bytearray(sender.drain())
    bad[position] ^= 1 << bit
    receiver.feed(good + bytes(bad))
    assert receiver.read() == b"first"
    for _ in range(2):
        with pytest.raises(TlsFault) as fault:
            receiver.read()
        assert fault.value.word == "garbage"


def test_the_ends_of_one_thread_do_not_see_each_others_faults() -> None:
    sender, receiver = connected()
    broken = TlsSession(server())
    broken.feed(b"nonsense that is no handshake")
    with pytest.raises(TlsFault):
        broken.handshake()
    sender.write(b"hello")
    receiver.feed(sender.drain())
    assert receiver.read() == b"hello"


CONFINED = """
import socket
from bartizan.isolation.worker import confine
from tests.crypto.scene import TlsSession, client, meet, server

trusting, listener = client(), socket.socket()
meet(TlsSession(trusting, "localhost"), TlsSession(server()))
listener.bind(("127.0.0.1", 0))
listener.listen()
confine(listener.fileno())
ends = TlsSession(trusting, "localhost"), TlsSession(server())
meet(*ends)
print(ends[1].connection.get_alpn_proto_negotiated().decode())
"""


def test_a_confined_process_can_still_take_a_new_certificate_into_use() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{CONFINED}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("http/1.1\n", 0), done.stderr


@pytest.mark.parametrize(
    ("asked", "names"),
    [("localhost", {"localhost"}), (None, {"localhost", "127.0.0.1", "::1"})],
    ids=["by a name", "by an address"],
)
def test_who_asks_by_a_name_gets_a_chain_without_addresses(asked: str | None, names: set[str]) -> None:
    """BoringSSL refuses addresses below an authority that is limited in them, so Envoy can only ask by a name."""
    now = SystemClock().now()
    authority, key = make_authority("server", NAMES, now)
    leaf_key, request = leaf_request(NAMES)
    chain = sign_leaf(authority, key, request, NAMES, now)
    named = sign_leaf(authority, key, request, NAMES, now, addresses=False)
    server = TlsSession(server_context(chain, leaf_key, pq="required", named_pem=named))
    trusting = client_context(certificate_pem(authority))
    visitor = TlsSession(trusting, asked or "127.0.0.1")
    meet(visitor, server)
    shown = visitor.connection.get_peer_certificate(as_cryptography=True)
    assert shown is not None
    found = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in found} == names
    assert group_word(server.connection) == "x25519mlkem768"
