"""Who may name the addresses of clients: an address that is one machine's, or whoever shows the secret too."""

from pathlib import Path

import pytest

from bartizan.app.settings import read
from bartizan.app.weakness import weaknesses
from bartizan.config import ConfigurationInvalid

SHOWN = 'secret = "env:EDGE"\n'


def written(folder: Path, *trusted: str, secret: str = "") -> Path:
    file = folder / "bartizan.toml"
    file.write_text(f"[edge]\n{secret}trusted = {list(trusted)}\n".replace("'", '"'))
    return file


@pytest.mark.parametrize("text", ["10.0.0.5", "203.0.113.7", "2001:db8::1", "10.0.0.5/32"])
def test_one_machines_address_is_enough_and_status_says_what_that_means(tmp_path: Path, text: str) -> None:
    found = read(written(tmp_path, text), tmp_path).sections
    assert found.edge.trusted == (text,)
    assert any("can name any client's address" in said for said in weaknesses(found))
    found = read(written(tmp_path, text, secret=SHOWN), tmp_path).sections
    assert not any("can name any client's address" in said for said in weaknesses(found))


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "127.0.0.0/8", "10.0.0.0/28", "0.0.0.0/0", "::/0"])
def test_what_is_not_one_machines_alone_needs_the_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationInvalid) as fault:
        read(written(tmp_path, "10.0.0.5", text), tmp_path)
    assert "edge.trusted[1]: is not one machine's alone" in str(fault.value)
    assert read(written(tmp_path, text, secret=SHOWN), tmp_path).sections.edge.trusted == (text,)


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.5:443", "10.0.0.1/28", "*", "10.0.0.5, 10.0.0.6"])
def test_what_is_no_address_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationInvalid) as fault:
        read(written(tmp_path, text, secret=SHOWN), tmp_path)
    assert "edge.trusted[0]: must be an address or a network" in str(fault.value)


def test_a_zone_is_no_part_of_an_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="without a zone"):
        read(written(tmp_path, "fe80::1%eth0", secret=SHOWN), tmp_path)
