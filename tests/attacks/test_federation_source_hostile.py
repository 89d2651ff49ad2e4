"""Whoever serves a bundle, or takes the place of who does, cannot fill, stop or mislead the process that reads it."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from h2.connection import H2Connection

from bartizan.app import workload_api
from bartizan.app.bundle_source import Unread, read_file
from bartizan.app.federation_plan import Federated
from bartizan.app.workload_api import MOST_MESSAGE, Wanted, follow
from bartizan.app.workload_wire import FETCH_BUNDLES, FETCH_KEYS, WireMalformed, read_bundles
from bartizan.identity.trust_bundle import Bundle, made, written
from tests.app.bundle_server import Say, answer, begin, entry, field, framed, saying, served
from tests.crypto.domains import DOMAIN, TOKENS, Authority, public

ROOT = Authority()
KEYS = json.dumps({"keys": [public(TOKENS)]}).encode()
HONEST = entry(2, DOMAIN, ROOT.der), entry(1, DOMAIN, KEYS)


class Ended(Exception):
    """The reader has told enough."""


def read(path: Path, most: int = 1, owner: int | None = None) -> list[Bundle]:
    """Return the bundles that are told until there are so many."""
    told: list[Bundle] = []

    def found(bundle: Bundle) -> None:
        told.append(bundle)
        if len(told) >= most:
            raise Ended

    with pytest.raises(Ended):
        follow(Wanted(str(path), owner, DOMAIN), found, lambda: None)
    return told


def refused(path: Path, say: Say, owner: int | None = None) -> str:
    with served(path, say), pytest.raises(Unread) as caught:
        follow(Wanted(str(path), owner, DOMAIN), lambda _: None, lambda: None)
    return caught.value.word


def test_an_honest_one_is_read(tmp_path: Path) -> None:
    more = entry(2, "spiffe://other.example", b"whatever") + field(9, b"later") + b"\x08\x01"
    with served(tmp_path / "s", saying(HONEST[0] + more, HONEST[1])):
        assert read(tmp_path / "s") == [made([ROOT.der], [public(TOKENS)], DOMAIN)]
    with served(tmp_path / "t", saying(entry(2, f"spiffe://{DOMAIN}", ROOT.der), b"")):
        assert read(tmp_path / "t") == [made([ROOT.der], [], DOMAIN)]


@pytest.mark.parametrize(
    ("x509", "jwt", "word"),
    [
        (entry(2, "evil.example", ROOT.der), entry(1, "evil.example", KEYS), "no-keys"),
        (entry(2, DOMAIN, Authority("evil.example").der), HONEST[1], "authority-refused"),
        (entry(2, DOMAIN, ROOT.leaf()[0]), HONEST[1], "authority-refused"),
        (entry(2, DOMAIN, ROOT.der) * 2, HONEST[1], "malformed"),
        (entry(2, DOMAIN, ROOT.der) + entry(2, f"spiffe://{DOMAIN}", ROOT.der), HONEST[1], "malformed"),
        (entry(2, DOMAIN, ROOT.der[:-1]), HONEST[1], "malformed"),
        (entry(2, DOMAIN, ROOT.der + b"\x00"), HONEST[1], "malformed"),
        (entry(2, DOMAIN, b"\x30\x80"), HONEST[1], "malformed"),
        (entry(2, DOMAIN, ROOT.der * 65), HONEST[1], "too-large"),
        (entry(2, "C\u043erp.example", ROOT.der), HONEST[1], "malformed"),
        (entry(2, f"spiffe://{DOMAIN}/path", ROOT.der), HONEST[1], "malformed"),
        (b"".join(entry(2, f"d{at}.example", b"") for at in range(300)), HONEST[1], "malformed"),
        (HONEST[0], entry(1, DOMAIN, b"[]"), "malformed"),
        (HONEST[0], entry(1, DOMAIN, json.dumps({"keys": [TOKENS.as_dict(private=True)]}).encode()), "malformed"),
        (HONEST[0], entry(1, DOMAIN, b"[" * 300_000), "too-large"),
        (b"\x12\xff\xff\xff\xff\x0f", HONEST[1], "malformed"),
        (b"\x00", HONEST[1], "malformed"),
        (b"\x0b", HONEST[1], "malformed"),
        (b"\xff" * 11, HONEST[1], "malformed"),
    ],
)  # fmt: skip
def test_what_is_no_bundle_of_this_domain_is_refused(
    tmp_path: Path, x509: bytes, jwt: bytes, word: str
) -> None:
    assert refused(tmp_path / "s", saying(x509, jwt)) == word


def test_a_message_that_would_be_huge_is_not_waited_for(tmp_path: Path) -> None:
    def say(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        begin(h2, calls[FETCH_BUNDLES])
        answer(end, h2, calls[FETCH_BUNDLES], framed(b"x", length=MOST_MESSAGE + 1))

    assert refused(tmp_path / "s", say) == "too-large"


def test_a_compressed_message_is_not_inflated(tmp_path: Path) -> None:
    def say(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        begin(h2, calls[FETCH_BUNDLES])
        answer(end, h2, calls[FETCH_BUNDLES], framed(HONEST[0], compressed=1))

    assert refused(tmp_path / "s", say) == "malformed"


def test_a_stream_without_end_holds_nothing_up_and_fills_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload_api, "ANSWER_S", 1.0)

    def dribbles(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        begin(h2, calls[FETCH_BUNDLES])
        answer(end, h2, calls[FETCH_BUNDLES], framed(b"", length=MOST_MESSAGE))
        while True:
            answer(end, h2, calls[FETCH_BUNDLES], b"x")
            threading.Event().wait(0.05)

    assert refused(tmp_path / "s", dribbles) == "unanswered"

    def says_nothing(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        begin(h2, calls[FETCH_BUNDLES])
        end.sendall(h2.data_to_send())

    assert refused(tmp_path / "t", says_nothing) == "unanswered"


def test_a_flood_of_changes_is_told_slowly_and_what_is_told_is_whole(tmp_path: Path) -> None:
    other = Authority()

    def floods(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        saying(*HONEST)(end, h2, calls)
        for number in range(100_000):
            der = (ROOT.der, other.der)[number % 2]
            answer(end, h2, calls[FETCH_BUNDLES], framed(entry(2, DOMAIN, der)))

    bundles = [made([each.der], [public(TOKENS)], DOMAIN) for each in (ROOT, other)]
    with served(tmp_path / "s", floods) as server:
        told = read(tmp_path / "s", 3)
        assert all(each in bundles for each in told)
        assert server.taken == 1


def test_who_does_not_answer_a_ping_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_api, "ANSWER_S", 1.0)
    monkeypatch.setattr(workload_api, "QUIET_S", 0.3)

    def deaf(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        saying(*HONEST)(end, h2, calls)
        while end.recv(65_536):
            pass

    assert refused(tmp_path / "s", deaf) == "unanswered"


def test_while_a_ping_is_answered_the_bundle_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_api, "QUIET_S", 0.2)
    alive: list[int] = []

    def heard() -> None:
        alive.append(1)
        if len(alive) == 3:
            raise Ended

    with served(tmp_path / "s", saying(*HONEST)), pytest.raises(Ended):
        follow(Wanted(str(tmp_path / "s"), None, DOMAIN), lambda _: None, heard)


@pytest.mark.parametrize(
    ("status", "word"), [("7", "not-a-workload"), ("14", "unavailable"), ("0", "refused"), ("x", "refused")]
)
def test_a_call_that_ends_says_why(tmp_path: Path, status: str, word: str) -> None:
    def say(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        h2.send_headers(
            calls[FETCH_BUNDLES],
            [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", status)],
            end_stream=True,
        )
        end.sendall(h2.data_to_send())

    assert refused(tmp_path / "s", say) == word


def test_a_server_without_tokens_is_read_for_its_certificates(tmp_path: Path) -> None:
    def say(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        begin(h2, calls[FETCH_BUNDLES])
        answer(end, h2, calls[FETCH_BUNDLES], framed(HONEST[0]))
        fields = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "12")]
        h2.send_headers(calls[FETCH_KEYS], fields, end_stream=True)
        end.sendall(h2.data_to_send())

    with served(tmp_path / "s", say):
        assert read(tmp_path / "s") == [made([ROOT.der], [], DOMAIN)]


def test_what_is_not_http_2_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_api, "ANSWER_S", 1.0)
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            end, _ = listener.accept()
            with end:
                end.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 10)
                while end.recv(65_536):
                    pass

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        with pytest.raises(Unread, match=r"malformed|unanswered"):  # it may be the beginning of a long frame
            follow(Wanted(str(path), None, DOMAIN), lambda _: None, lambda: None)
        serving.join(60)


def test_a_socket_that_another_user_put_there_is_nobodys_word(tmp_path: Path) -> None:
    assert refused(tmp_path / "s", saying(*HONEST), owner=os.geteuid() + 1) == "socket-of-another"
    if os.geteuid() == 0:
        tmp_path.chmod(0o777)
        for parent in tmp_path.parents:
            if parent.stat().st_mode & 0o001 == 0:
                parent.chmod(parent.stat().st_mode | 0o011)
        script = (
            "import os, socket, sys; os.setgid(65534); os.setuid(65534); s = socket.socket(socket.AF_UNIX);"
            "s.bind(sys.argv[1]); s.listen(); print('there', flush=True); c = s.accept()[0]; c.recv(99); c.recv(99)"
        )
        words = (sys.executable, "-S", "-c", script, str(tmp_path / "squatted"))
        with subprocess.Popen(words, stdout=subprocess.PIPE) as squatter:
            assert squatter.stdout is not None
            assert squatter.stdout.readline() == b"there\n"
            with pytest.raises(Unread, match="socket-of-another"):
                follow(Wanted(str(tmp_path / "squatted"), None, DOMAIN), lambda _: None, lambda: None)
            squatter.kill()


def test_a_place_where_nobody_serves_is_no_source(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(Unread, match="unreachable"):
            follow(Wanted(str(path), None, DOMAIN), lambda _: None, lambda: None)


def test_a_file_that_others_can_write_is_nobodys_word(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_bytes(written(made([ROOT.der], [], DOMAIN)))
    file.chmod(0o644)
    domain = Federated("corp", DOMAIN, file=str(file))
    assert read_file(domain).authorities == (ROOT.der,)
    file.chmod(0o664)
    with pytest.raises(Unread, match="file-of-others"):
        read_file(domain)
    file.chmod(0o644)
    file.write_bytes(b" " * 300_000)
    with pytest.raises(Unread, match="unreadable"):
        read_file(domain)
    file.unlink()
    os.mkfifo(file, 0o600)
    with pytest.raises(Unread, match="unreadable"):
        read_file(domain)


def test_a_domain_is_not_said_twice_in_one_response() -> None:
    with pytest.raises(WireMalformed):
        read_bundles(entry(2, DOMAIN, b"a") + entry(2, DOMAIN, b"b"), 2)
