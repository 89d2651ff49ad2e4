"""`[devices]`: what may be said, and what it comes to."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bartizan.app.platform import plan
from bartizan.app.settings import read
from bartizan.identity.device import Authority
from tests.app.written import wrong

KEY = Ed25519PrivateKey.generate().public_key()
FORM = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
SERVICE = '[[service]]\nname = "one"\nupstream = "https://one.example.com/v1"\nbinding = "device"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mdm.pem").write_bytes(KEY.public_bytes(*FORM))
    (tmp_path / "ec.pem").write_bytes(generate_private_key(SECP256R1()).public_key().public_bytes(*FORM))
    return tmp_path


def table(name: str = "mdm", key: str = "mdm.pem", more: str = "") -> str:
    return f'[[devices.authority]]\nname = "{name}"\nkey = "{key}"\n{more}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[devices]\nposture_hours = 0\n", "posture_hours"),
        ("[devices]\nposture_hours = 721\n", "posture_hours"),
        ('[devices]\nhealthy = ["happy"]\n', 'healthy[0]: must be "disk_encrypted" or "firewall"'),
        (table(name="device"), "cannot be device"),
        (table(name="owner"), "cannot be owner"),
        (table(key="none.pem"), "leads to no file that can be read"),
        (table(key="ec.pem"), "another kind than Ed25519"),
        (table(key="bartizan.toml"), "no public key in PEM"),
        (table() + table(), "is the name of authority[0] already"),
        (table() + table(name="other"), "is that of authority[0] already"),
        (table(more='admit = "yes"'), "did you mean `admits`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(folder: Path, text: str, said: str) -> None:
    assert said in wrong(folder, text)


def test_what_is_said_comes_to_control_and_nothing_said_asks_for_nothing(folder: Path) -> None:
    written = f'[devices]\nposture_hours = 2\nhealthy = ["firewall"]\n{table(more="admits = true")}{SERVICE}'
    (folder / "bartizan.toml").write_text(written)
    found = plan(read(None, folder), folder / "state")
    assert (found.posture_hours, found.healthy) == (2, ("firewall",))
    assert found.authorities == (Authority("mdm", KEY.public_bytes_raw(), True),)
    assert [(each.bound, each.device) for each in found.services] == [(True, True)]
    (folder / "bartizan.toml").write_text(SERVICE.replace("device", "required"))
    found = plan(read(None, folder), folder / "state")
    assert (found.posture_hours, found.healthy, found.authorities) == (24, (), ())
    assert [(each.bound, each.device) for each in found.services] == [(True, False)]
