"""`[[connector]]`: what may be said, by its line, and what becomes of it."""

import base64
from pathlib import Path

import msgspec
import pytest

from bartizan.app.connector_settings import MOST, place, wanted
from bartizan.app.platform import plan
from bartizan.app.settings import Settings, read
from bartizan.app.tracing import for_workers
from bartizan.app.weakness import weaknesses
from bartizan.config import ConfigurationFault, SecretMissing

FILE = '[[connector]]\nname = "siem"\nkind = "ocsf"\nurl = "file:out.jsonl"\n'


def settled(folder: Path, text: str) -> Settings:
    (folder / "bartizan.toml").write_text(text)
    return read(None, folder).sections


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationFault) as fault:
        settled(folder, text)
    return str(fault.value)


def one(url: str, *lines: str, kind: str = "ocsf") -> str:
    return "\n".join(("[[connector]]", 'name = "siem"', f'kind = "{kind}"', f'url = "{url}"', *lines, ""))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (one("file:out", kind="osf"), 3, "did you mean `ocsf`?"),
        (one("out.jsonl"), 4, "must begin with file:"),
        (one("ftp://a.example.com"), 4, "must begin with file:"),
        (one("file:"), 4, "must name a file"),
        (one("file:nowhere/out.jsonl"), 4, "leads to a folder that there is not"),
        (one("file://host/x"), 4, "must name a file"),
        (one("https://a.example.com", kind="cef"), 3, '"cef" cannot go over https:'),
        (one("file:x", kind="otlp"), 3, '"otlp" cannot go over file:'),
        (
            one("http://a.example.com"),
            4,
            'is not encrypted: allow it with allow_private = ["a.example.com:80"]',
        ),
        (one("syslog+tcp://a.example.com"), 4, 'allow_private = ["a.example.com:601"]'),
        (
            one("syslog+tls://10.0.0.7"),
            4,
            'is a private address: allow it with allow_private = ["10.0.0.7:6514"]',
        ),
        (one("syslog+tls://a.example.com/x"), 4, "must have no path"),
        (one("nats+tls://a.example.com"), 4, "must name the subject"),
        (one("nats+tls://a.example.com/a.b/c"), 4, "must name the subject"),
        (one("https://user:pass@a.example.com"), 4, "must carry no user name or password"),
        (one("https://a.example.com", 'kinds = ["gateway", "gatewya.x"]'), 5, "is no kind of entries"),
        (one("https://a.example.com", 'outcomes = ["alowed"]'), 5, "did you mean `allowed`?"),
        (one("https://a.example.com", 'stalled = "soon"'), 5, "a span such as"),
        (one("https://a.example.com", 'start = "later"'), 5, '"beginning" or "now"'),
        (one("https://a.example.com", 'credential = "hunter2"'), 5, "a reference to a secret"),
        (one("file:x", 'credential = "env:A"'), 5, "is shown to nobody over file:"),
        (one("file:x", 'authorities = "ca.pem"'), 5, "cannot be read"),
        (one("https://a.example.com", kind="webhook"), 1, "the key that its requests are signed with"),
        (one("https://a.example.com", kind="splunk"), 1, "the collector's token"),
        (FILE + FILE, 6, "is the name of connector[0] already"),
        (one("file:x") + one("file:./x").replace("siem", "two"), 8, "is the file of connector[0] already"),
        ('[[connector]]\nname = "Siem"\nkind = "ocsf"\nurl = "file:x"\n', 2, "a lower-case letter"),
    ],
)
def test_what_cannot_be_is_refused_by_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    told = refused(tmp_path, text)
    assert said in told
    assert f"bartizan.toml:{line}" in told
    assert "hunter2" not in told


def test_there_are_so_many_and_no_more(tmp_path: Path) -> None:
    many = "".join(FILE.replace("siem", f"siem-{number}") for number in range(MOST + 1))
    assert "more than the 16" in refused(tmp_path, many)


@pytest.mark.parametrize(
    ("url", "port", "path"),
    [
        ("https://a.example.com", 443, ""),
        ("https://a.example.com:8088/in", 8088, "/in"),
        ("syslog+tls://a.example.com", 6514, ""),
        ("syslog+udp://[2001:db8::1]", 514, ""),
        ("nats+tls://a.example.com/audit.entries", 4222, "/audit.entries"),
        ("nats+tls://a.example.com:443/audit", 443, "/audit"),
        ("syslog+tls://a.example.com:443", 443, ""),
    ],
)
def test_a_url_has_its_schemes_port_unless_it_names_one(url: str, port: int, path: str) -> None:
    found = place(url).at
    assert found is not None
    assert (found.port, found.path, found.tls) == (port, path, "+tls" in url or url.startswith("https"))


def test_references_become_what_each_receiver_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "whsec_" + base64.b64encode(b"k" * 32).decode()
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("KEY", key)
    text = "".join(
        one(url, f'credential = "env:{name}"', kind=kind).replace("siem", f"siem-{at}")
        for at, (url, kind, name) in enumerate(
            (
                ("https://a.example.com", "ocsf", "TOKEN"),
                ("https://a.example.com", "splunk", "TOKEN"),
                ("https://a.example.com", "webhook", "KEY"),
                ("nats+tls://a.example.com/a", "json", "TOKEN"),
            )
        )
    )
    found = wanted(settled(tmp_path, text + FILE).connector, tmp_path)
    assert [each.credential for each in found] == ["Bearer s3cret", "Splunk s3cret", key, "s3cret", ""]
    assert found[1].path == "/services/collector/event"
    assert found[4].file == str(tmp_path / "out.jsonl")
    assert found[0].authorities.startswith("-----BEGIN") or "BEGIN CERTIFICATE" in found[0].authorities
    assert "s3cret" not in repr(found)
    monkeypatch.setenv("KEY", "too-weak")
    with pytest.raises(SecretMissing) as fault:
        wanted(settled(tmp_path, text).connector, tmp_path)
    assert "is no key of a webhook" in str(fault.value)
    assert "too-weak" not in str(fault.value)


def test_what_others_can_read_or_nobody_confirms_is_told_as_weak(tmp_path: Path) -> None:
    text = one("syslog+udp://a.example.com", 'allow_private = ["a.example.com:514"]')
    told = [each for each in weaknesses(settled(tmp_path, text)) if each.startswith("connector")]
    assert told == [
        "connector siem: the record crosses the network in the clear",
        "connector siem: nobody says whether a datagram arrived; entries can be lost",
    ]
    assert not any(each.startswith("connector") for each in weaknesses(settled(tmp_path, FILE)))


def test_workers_do_not_get_to_know_where_the_record_goes_and_what_is_shown_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    (tmp_path / "bartizan.toml").write_text(one("https://a.example.com", 'credential = "env:TOKEN"'))
    found = plan(read(None, tmp_path), tmp_path)
    assert found.connectors[0].credential == "Bearer s3cret"
    assert for_workers(found).connectors == ()
    assert b"s3cret" not in msgspec.json.encode((for_workers(found), found.dialled))
