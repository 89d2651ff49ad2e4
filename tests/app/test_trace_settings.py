"""`[traces]`: what may be said, and what it comes to."""

from pathlib import Path

import pytest

from bartizan.app.platform import plan
from bartizan.app.settings import read
from bartizan.app.tracing import exporting, for_workers, teller_of, tracing
from bartizan.app.weakness import weaknesses
from bartizan.clock import SystemClock
from bartizan.crypto.x509 import certificate_pem, make_authority
from tests.app.written import wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('endpoint = "https://c.example.com"\nshare = 1.5', "a number from 0 to 1"),
        ('endpoint = "https://c.example.com"\nshare = nan', "a number from 0 to 1"),
        ('endpoint = "https://c.example.com"\nshare = "all"', "a number from 0 to 1"),
        ('endpoint = "https://c.example.com"\nshare = true', "a number from 0 to 1"),
        ("share = 0.5", "needs an `endpoint`"),
        ('endpoint = "http://c.example.com:4318"', 'allow_private = ["c.example.com:4318"]'),
        ('endpoint = "https://10.0.0.1:4318"', 'allow_private = ["10.0.0.1:4318"]'),
        ('endpoint = "https://u:secret@c.example.com"', "no user name or password"),
        ('endpoint = "grpc://c.example.com"', "must be a URL"),
        ('endpoint = "https://c.example.com"\nallow_private = ["x"]', "must be host and port"),
        ('endpoint = "https://c.example.com"\ncredential = "abc"', "a reference to a secret"),
        ('endpiont = "https://c.example.com"', "did you mean `endpoint`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    found = wrong(tmp_path, f"[traces]\n{text}\n")
    assert said in found
    assert "traces" in found
    assert "secret@" not in found


def test_nothing_is_traced_unless_somebody_says_whereto(tmp_path: Path) -> None:
    found = plan(read(None, tmp_path), tmp_path)
    assert found.traces is None
    assert tracing(found, ()) is None


def test_workers_do_not_get_to_know_what_the_collector_is_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("collectors-secret")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "ca.pem").write_bytes(
        certificate_pem(make_authority("server", ("c.example.com",), SystemClock().now())[0])
    )
    (tmp_path / "bartizan.toml").write_text(
        '[traces]\nendpoint = "https://c.example.com:4318/in"\nshare = 1\ncredential = "file:key"\n'
        'authorities = "ca.pem"\n'
        '[[service]]\nname = "a"\nupstream = "https://a.example.com"\nauthorities = "ca.pem"\n'
        'models = { "fast" = "big" }\n'
    )
    found = plan(read(None, tmp_path), tmp_path)
    assert found.traces is not None
    assert (found.traces.host, found.traces.port, found.traces.path) == ("c.example.com", 4318, "/in")
    assert found.traces.credential == "Bearer collectors-secret"
    seen = for_workers(found).traces
    assert seen is not None
    assert (seen.credential, seen.authorities, seen.share) == ("", "", 1)
    how = tracing(for_workers(found), [1 << 20])
    assert how is not None
    assert how.models == {"fast", "sample"}
    assert not how.write(b"to a descriptor that there is not")
    teller = teller_of(exporting(found, "0" * 32))
    assert {name for name, _ in teller.places} == {"a", "sample", "control"}
    assert teller.places["a", "main"].host == "a.example.com"


def test_a_path_of_its_own_is_kept_and_a_clear_way_is_told_as_weak(tmp_path: Path) -> None:
    text = '[traces]\nendpoint = "http://{0}:4318"\nallow_private = ["{0}:4318"]\n'
    for host, weak in (("10.0.0.1", 1), ("127.0.0.1", 0)):
        (tmp_path / "bartizan.toml").write_text(text.format(host))
        settings = read(None, tmp_path).sections
        assert settings.traces.where is not None
        assert settings.traces.where.path == "/v1/traces"
        assert len([one for one in weaknesses(settings) if one.startswith("traces")]) == weak
