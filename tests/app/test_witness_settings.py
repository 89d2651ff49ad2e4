"""`[[witness]]` and `[ledger] witnesses`: what may be said, and what it comes to."""

from pathlib import Path

import pytest

from bartizan.app.feeding import feeding
from bartizan.app.platform import plan
from bartizan.app.settings import read
from bartizan.app.weakness import weaknesses
from bartizan.clock import SystemClock
from bartizan.crypto.x509 import certificate_pem, make_authority
from tests.app.written import wrong
from tests.ledger.histories import History, cosigner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / f"{name}.pub").write_bytes(cosigner(f"{name}.example.com/w").witness.encode())
    (tmp_path / "ledger.pub").write_bytes(History(1).keys.verifiers.encode())
    authority, _ = make_authority("server", ("one.example.com",), SystemClock().now())
    (tmp_path / "ca.pem").write_bytes(certificate_pem(authority))
    return tmp_path


def table(
    name: str = "one", url: str = "https://one.example.com", keys: str = "one.pub", more: str = ""
) -> str:
    return f'[[witness]]\nname = "{name}"\nurl = "{url}"\nkeys = "{keys}"\n{more}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table(name="No"), "a name"),
        (table(url="http://one.example.com"), 'allow_private = ["one.example.com:80"]'),
        (table(url="https://10.0.0.1:8444"), 'allow_private = ["10.0.0.1:8444"]'),
        (table(url="https://u:secret@one.example.com"), "no user name or password"),
        (table(keys="none.pub"), "leads to no file that can be read"),
        (table(keys="ledger.pub"), "holds no keys of a witness"),
        (table(keys="ca.pem"), "holds no keys of a witness"),
        (table(more='authorities = "one.pub"'), "cannot be used"),
        (table(more='authoritys = "ca.pem"'), "did you mean `authorities`"),
        (table() + table(keys="two.pub"), "is the name of witness[0] already"),
        (table() + table(name="two"), "are those of witness[0] already"),
        (table() + "[ledger]\nwitnesses = 2", "is more than there are: 1"),
        ("[ledger]\nwitnesses = 1", "is more than there are: 0"),
        (table() + "[ledger]\nwitnesses = 0", "a whole number from 1 to 7"),
        ('[[witness]]\nname = "one"', "lacks the key `url`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(folder: Path, text: str, said: str) -> None:
    assert said in wrong(folder, text)


def test_an_eighth_witness_is_one_too_many(folder: Path) -> None:
    for at in range(8):
        (folder / f"w{at}.pub").write_bytes(cosigner(f"w{at}.example.com/w").witness.encode())
    text = "".join(
        table(f"w{at}", f"https://w{at}.example.com", f"w{at}.pub", 'authorities = "ca.pem"')
        for at in range(8)
    )
    assert "a checkpoint has room for 7" in wrong(folder, text)


def test_without_witnesses_nobody_feeds(folder: Path) -> None:
    found = plan(read(None, folder), folder / "state")
    assert (found.witnesses, found.quorum) == ((), 0)


def test_every_witness_must_cosign_unless_fewer_are_asked_for(folder: Path) -> None:
    text = table(more='authorities = "ca.pem"') + table(
        "two", "http://two.example.com:81/prefix", "two.pub", 'allow_private = ["two.example.com:81"]'
    )
    for more, quorum in (("", 2), ("[ledger]\nwitnesses = 1\n", 1)):
        (folder / "bartizan.toml").write_text(text + more)
        configuration = read(None, folder)
        found = feeding(plan(configuration, folder / "state"))
        assert found.quorum == quorum
        assert found.ledger == str(folder / "state" / "ledger")
        one, two = found.witnesses
        assert (one.host, one.port, one.tls, one.path) == ("one.example.com", 443, True, "")
        assert (two.host, two.port, two.tls, two.path) == ("two.example.com", 81, False, "/prefix")
        assert one.authorities.startswith("-----BEGIN CERTIFICATE-----")
        weak = [line for line in weaknesses(configuration.sections) if line.startswith("witness")]
        assert weak == [
            "witness two: not encrypted, so that who is between can hide that it refuses",
        ]


def test_a_witness_on_the_same_machine_is_a_weak_one(folder: Path) -> None:
    (folder / "bartizan.toml").write_text(
        table(url="https://127.0.0.1:8444", more='allow_private = ["127.0.0.1:8444"]\nauthorities = "ca.pem"')
    )
    assert any("it runs on this machine" in line for line in weaknesses(read(None, folder).sections))
