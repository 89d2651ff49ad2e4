"""A witness's folder comes into being as a whole, once, and is used whole or not at all."""

import stat
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509

from bartizan.app.folder import FolderRefused
from bartizan.app.witness import AUTHORITY, KEYS, WitnessNameInvalid, install, installed, leaf
from bartizan.clock import DAY, SECOND, SetClock
from bartizan.crypto.keyring import KeyExposed
from bartizan.ledger.cosignature import parse_witness
from bartizan.ledger.witness_store import FILE, WitnessUnusable
from tests.ledger.histories import LEDGER, NOW, History

CLOCK, NAME, HOSTS = SetClock(NOW), "w.example.com/one", ("w.example.com", "10.1.2.3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install(tmp_path / "w", NAME, HOSTS, CLOCK)
    return tmp_path / "w"


def test_what_was_made_cosigns_under_the_keys_that_were_handed_out(folder: Path) -> None:
    known = parse_witness((folder / KEYS).read_bytes())
    found = installed(folder)
    with closing(found.store):
        found.store.trust(LEDGER.verifiers)
        assert found.cosigner.witness.encode() == known.encode()
        assert found.store.add(History(5).request(0, 5), found.cosigner, CLOCK).lines
        assert found.store.hosts == HOSTS


def test_nobody_else_can_read_any_of_it(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_its_server_is_certified_for_its_hosts_and_no_others_each_week_anew(folder: Path) -> None:
    found = installed(folder)
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    with closing(found.store):
        for days in (0, 30, 300):
            chain, _ = leaf(found, SetClock(NOW + days * DAY))
            certificate = x509.load_pem_x509_certificate(chain)
            certificate.verify_directly_issued_by(authority)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert [str(one.value) for one in names] == list(HOSTS)
            ends = certificate.not_valid_after_utc.timestamp()
            assert ends == pytest.approx((NOW + (days + 7) * DAY) / SECOND, abs=600)


@pytest.mark.parametrize(
    "name",
    ["", "w", "W.example.com", "w.example.com/", "https://w.example.com", "w.x/a+b", "w.x/" + "a" * 200],
)
def test_a_name_that_notes_cannot_carry_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(WitnessNameInvalid):
        install(tmp_path / "w", name, HOSTS, CLOCK)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_anything_in_it_is_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(FolderRefused):
        install(folder, NAME, HOSTS, CLOCK)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    install(tmp_path / "w", NAME, HOSTS, CLOCK)
    installed(tmp_path / "w").store.close()


@pytest.mark.parametrize(
    "part",
    [
        KEYS,
        FILE,
        "keys/witness-ed25519.pem",
        "keys/witness-mldsa44.pem",
        "keys/server-authority.pem",
        AUTHORITY,
    ],
)
def test_nothing_that_is_lost_is_made_anew(folder: Path, part: str) -> None:
    (folder / part).unlink()
    with pytest.raises(WitnessUnusable), closing((found := installed(folder)).store):
        leaf(found, CLOCK)
    assert not (folder / part).exists()


def test_a_key_that_others_can_read_is_not_used(folder: Path) -> None:
    (folder / "keys" / "witness-ed25519.pem").chmod(0o644)
    with pytest.raises(KeyExposed):
        installed(folder)


def test_keys_of_another_witness_do_not_go_with_what_this_one_remembers(folder: Path, tmp_path: Path) -> None:
    install(tmp_path / "other", NAME, HOSTS, CLOCK)
    for part in (KEYS, "keys/witness-ed25519.pem", "keys/witness-mldsa44.pem"):
        (folder / part).write_bytes((tmp_path / "other" / part).read_bytes())
    with pytest.raises(WitnessUnusable):
        installed(folder)
