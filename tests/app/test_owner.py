"""The owner's client says plainly when nobody answers, and repeats the platform's own sentence when it refuses."""

import socket
import threading
from pathlib import Path

import pytest

from bartizan.access.issue.mint import Issued
from bartizan.admin.principals import Registered
from bartizan.admin.tokens import Token
from bartizan.app.admin.asking import OwnerRefused
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.clock import Nanoseconds

WORD = "s3cret-0123456789"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    # deeper than the 107 octets that a unix socket's address holds
    made = Folder(tmp_path / ("x" * 60) / ("y" * 60))
    made.root.parent.mkdir()
    made.make()
    return made


def answering(folder: Folder, status: str, body: bytes) -> threading.Thread:
    """Answer one request on the owner's socket."""
    listener = socket.socket(socket.AF_UNIX)
    short = folder.run.parent.parent.parent / "s"
    listener.bind(str(short))
    short.rename(folder.owner_socket)
    listener.listen()

    def answer() -> None:
        with listener, listener.accept()[0] as peer:
            peer.recv(65536)
            head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            peer.sendall(head.encode() + body)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_without_a_platform_it_says_how_to_start_one(folder: Folder, tmp_path: Path) -> None:
    for absent in (folder, Folder(tmp_path / "none")):
        with pytest.raises(PlatformSilent, match="start it with `bartizan up`"):
            Owner(absent).people()


def test_a_token_is_what_the_platform_answered(folder: Folder) -> None:
    thread = answering(
        folder, "200 OK", b'{"access_token":"x.y.z","expires_in":60,"token_type":"Bearer","id":"t-1"}'
    )
    assert Owner(folder).token("user.owner", "bartizan:gateway", 60).expires_in == 60
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        ("404 Not Found", b'{"detail":"no such principal"}', "no such principal"),
        ("500 Oops", b"<html>", "the platform answered 500"),
        ("200 OK", b'{"generation":"\x80"}', "the platform answered 200"),
        ("500 Oops", b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "the platform answered 500"),
        ("200 OK", b"[]", "the platform answered 200"),
        ("200 OK", b'{"generation":"x"}', "the platform answered 200"),
    ],
)
def test_a_refusal_and_nonsense_are_said_in_words(
    folder: Folder, status: str, body: bytes, said: str
) -> None:
    thread = answering(folder, status, body)
    with pytest.raises(OwnerRefused, match=said):
        Owner(folder).revoke("workload.app")
    thread.join()


def test_what_is_given_out_is_not_printed() -> None:
    given = (Token(WORD, 1, "t"), Registered("i", "c", WORD), Issued(WORD, "t", 1, Nanoseconds(1)))
    for one in given:
        assert WORD not in f"{one} {one!r}"
