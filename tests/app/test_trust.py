"""The authority among those that a machine trusts, by the machine's own programs, in folders of the test's own."""

import os
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bartizan.app.trust import (
    Authority,
    AuthorityUnfit,
    Browsers,
    Done,
    System,
    add,
    browsers_of,
    read_authority,
    remove,
)
from bartizan.clock import Nanoseconds
from bartizan.crypto.x509 import make_authority

NOW = Nanoseconds(int(datetime.now(UTC).timestamp()) * 10**9)
CONFINED = x509.NameConstraints([x509.DNSName("localhost"), x509.IPAddress(ip_network("127.0.0.1/32"))], None)
DNS_ALONE = x509.NameConstraints([x509.DNSName("localhost")], None)
ADDRESS_ALONE = x509.NameConstraints(
    [x509.IPAddress(ip_network("127.0.0.1/32"))], [x509.DNSName("example.com")]
)
WIDE = x509.NameConstraints([x509.DNSName(""), x509.IPAddress(ip_network("127.0.0.1/32"))], None)
EVERYWHERE = x509.NameConstraints([x509.DNSName("localhost"), x509.IPAddress(ip_network("0.0.0.0/0"))], None)


@pytest.fixture
def certutil() -> str:
    found = shutil.which("certutil")
    if found is None:
        pytest.skip("needs libnss3-tools: apt-get install libnss3-tools")
    return found


def authority(folder: Path, name: str = "ca") -> Authority:
    """Return a new authority of the platform's making."""
    made, _ = make_authority("server", ("localhost", "127.0.0.1"), NOW)
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    return read_authority(file)


def foreign(
    folder: Path, constraints: x509.NameConstraints | None, *, ca: bool = True, critical: bool = True
) -> Path:
    """Return the file of a certificate that somebody else made."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody's")])
    day = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(day)
        .not_valid_after(day + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if constraints is not None:
        builder = builder.add_extension(constraints, critical=critical)
    file = folder / "foreign.pem"
    file.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return file


def test_what_is_put_in_is_found_there_and_taken_out_again(tmp_path: Path, certutil: str) -> None:
    ours, places = authority(tmp_path), list(browsers_of(tmp_path))
    for act, expected in ((add, Done.ADDED), (add, Done.THERE)):
        assert [each.done for each in act(places, ours)] == [expected]
    listed = subprocess.run(
        (certutil, "-d", f"sql:{tmp_path}/.pki/nssdb", "-L"), capture_output=True, text=True, check=True
    )
    assert [line.split()[-1] for line in listed.stdout.splitlines() if ours.name in line] == ["C,,"]
    for expected in (Done.REMOVED, Done.ABSENT):
        assert [each.done for each in remove(places, ours.name)] == [expected]


def test_nobody_elses_authority_is_taken_out(tmp_path: Path, certutil: str) -> None:
    """Not even another platform's, which has the same subject."""
    one, other, (place,) = (
        authority(tmp_path, "one"),
        authority(tmp_path, "other"),
        list(browsers_of(tmp_path)),
    )
    for each in (one, other):
        add([place], each)
    file = foreign(tmp_path, None)
    subprocess.run(
        (certutil, "-d", f"sql:{place.folder}", "-A", "-t", "C,,", "-n", "Theirs", "-i", file), check=True
    )
    remove([place], one.name)
    assert place.names() == {other.name}
    remove([place])
    listed = subprocess.run(
        (certutil, "-d", f"sql:{place.folder}", "-L"), capture_output=True, text=True, check=True
    )
    assert "Theirs" in listed.stdout
    assert place.names() == frozenset()


def test_every_profile_of_firefox_is_a_place_of_its_own(tmp_path: Path, certutil: str) -> None:
    for name in ("a.default", "b.work"):
        profile = tmp_path / ".mozilla/firefox" / name
        profile.mkdir(parents=True)
        subprocess.run((certutil, "-d", f"sql:{profile}", "-N", "--empty-password"), check=True)
    (tmp_path / ".mozilla/firefox/c.unused").mkdir()
    ours, places = authority(tmp_path), list(browsers_of(tmp_path))
    assert [each.done for each in add(places, ours)] == [Done.ADDED] * 3
    assert all(ours.name in place.names() for place in places)


def test_a_store_that_cannot_be_read_keeps_nobody_from_the_others(tmp_path: Path, certutil: str) -> None:
    assert certutil
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "cert9.db").write_bytes(b"not a database")
    places = [Browsers("broken", broken), Browsers("sound", tmp_path / "sound")]
    first, second = add(places, authority(tmp_path))
    assert (first.done, second.done) == (Done.FAILED, Done.ADDED)
    assert "certutil" in first.why


def test_the_systems_programs_trust_it_as_long_as_it_is_in(tmp_path: Path) -> None:
    program = shutil.which("update-ca-certificates", path=f"{os.defpath}:/usr/sbin:/sbin")
    if program is None:
        pytest.skip("needs Debian's ca-certificates")
    for name in ("local", "etc", "hooks"):
        (tmp_path / name).mkdir()
    (tmp_path / "conf").write_text("")
    options = (
        ("--localcertsdir", "local"),
        ("--etccertsdir", "etc"),
        ("--hooksdir", "hooks"),
        ("--certsconf", "conf"),
    )
    words = [word for option, name in options for word in (option, str(tmp_path / name))]
    place, ours = System(tmp_path / "local", (program, *words), ("--fresh",)), authority(tmp_path)
    other = foreign(tmp_path, None).rename(tmp_path / "local" / "theirs.crt").read_text()
    bundle = tmp_path / "etc" / "ca-certificates.crt"
    for act, expected in ((add, Done.ADDED), (add, Done.THERE)):
        assert [each.done for each in act([place], ours)] == [expected]
    trusted = ssl.create_default_context(cafile=str(bundle))
    assert ssl.PEM_cert_to_DER_cert(ours.pem.decode()) in trusted.get_ca_certs(binary_form=True)
    for expected in (Done.REMOVED, Done.ABSENT):
        assert [each.done for each in remove([place], ours.name)] == [expected]
    assert bundle.read_text() == other


def test_nothing_is_put_in_but_what_was_looked_at(tmp_path: Path) -> None:
    wide = foreign(tmp_path, None).read_bytes()
    ours = authority(tmp_path)
    file = tmp_path / "ca.pem"
    file.write_bytes(file.read_bytes() + wide)  # beside it
    (place := tmp_path / "place").mkdir()
    system = System(place, ("true",))
    both = read_authority(file)
    file.write_bytes(wide)  # and in its place, once it was looked at
    assert [each.done for each in add([system], both)] == [Done.ADDED]
    assert [each.read_bytes() for each in place.iterdir()] == [ours.pem]


def test_where_nobody_may_write_it_is_said_what_to_do(tmp_path: Path) -> None:
    (result,) = add([System(tmp_path / "none", ("true",))], authority(tmp_path))
    assert result.done is Done.FAILED
    assert "as root" in result.why


@pytest.mark.parametrize("program", ["no-such-program", "false"])
def test_a_system_that_does_not_take_it_up_is_said_to_have_failed(tmp_path: Path, program: str) -> None:
    (result,) = add([System(tmp_path, (program,))], authority(tmp_path))
    assert result.done is Done.FAILED
    assert program in result.why


@pytest.mark.parametrize("constraints", [None, DNS_ALONE, ADDRESS_ALONE, WIDE, EVERYWHERE])
def test_an_authority_that_could_certify_any_name_is_not_put_anywhere(
    tmp_path: Path, constraints: x509.NameConstraints | None
) -> None:
    with pytest.raises(AuthorityUnfit):
        read_authority(foreign(tmp_path, constraints))


def test_what_is_no_authority_or_only_says_that_it_is_confined_is_not_put_anywhere(tmp_path: Path) -> None:
    assert read_authority(foreign(tmp_path, CONFINED)).names == ("localhost", "127.0.0.1/32")
    for file in (foreign(tmp_path, CONFINED, ca=False), foreign(tmp_path, CONFINED, critical=False)):
        with pytest.raises(AuthorityUnfit):
            read_authority(file)
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(AuthorityUnfit):
        read_authority(file)
