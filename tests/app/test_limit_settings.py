"""What may be said of limits: money to the millionth, nothing that would count nothing, nothing twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.limit_plan import PapersUnusable, limiter, meters, prices
from bartizan.app.limit_settings import limiter_address, micros
from bartizan.app.plan import Limiter, Meter, Price
from bartizan.app.route_plan import limiter_context
from bartizan.app.weakness import weaknesses
from bartizan.config import ConfigurationInvalid, SecretMissing
from tests.app.test_settings import SERVICE, accepted, refusal
from tests.valkey import papers

PRICE = '[[price]]\nservice = "a"\ninput = "2.5"\noutput = "10"\n'


@given(st.integers(0, 999_999_999), st.integers(0, 999_999))
def test_money_is_read_to_the_millionth(whole: int, part: int) -> None:
    assert micros(f"{whole}.{part:06}") == whole * 1_000_000 + part
    assert micros(str(whole)) == whole * 1_000_000
    assert micros(None) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('limits = { spend_per_day = "1" }', 'service[0].limits.spend_per_day: needs a [[price]] with service = "a"'),
        ('limits = { spend_per_day = "0" }\n' + PRICE, "service[0].limits.spend_per_day: must be more than nothing"),
        ("limits = { spend_per_day = 1 }", "service[0].limits.spend_per_day"),
        ('limits = { spend_per_day = "1e3" }', "an amount of money in quotes"),
        ('limits = { spend_per_day = "-1" }', "an amount of money in quotes"),
        ("limits = { concurrent = 0 }", "service[0].limits.concurrent"),
        ('[[limit]]\nper = "service"', "limit[0]: limits nothing"),
        ('[[limit]]\nper = "planet"\nconcurrent = 1', "limit[0].per"),
        ('[[limit]]\nper = "service"\nservices = ["b"]\nconcurrent = 1', "limit[0].services[0]: is none of a"),
        ('[[limit]]\nper = "route"\nroutes = ["chats"]\nconcurrent = 1', "limit[0].routes[0]: is none of chat"),
        ('[[limit]]\nper = "principal"\nservices = ["a"]\nconcurrent = 1', "limit[0].per: counts what another"),
        (2 * '[[limit]]\nper = "service"\nconcurrent = 1\n', "limit[1].per: counts what another"),
        ('[[limit]]\nper = "service"\nspend_per_month = "1"', "limit[0].spend_per_month: needs a [[price]]"),
        (PRICE.replace('"a"', '"b"'), "price[0].service: is not the name of a service"),
        (2 * PRICE, "price[1]: is there already"),
        ('[limiter]\nurl = "valkey://"', "limiter.url: must be"),
        ('[limiter]\nurl = "valkey://u:p@h:1"', "limiter.url: must name a host and a port"),
        ('[limiter]\nurl = "http://h:1"', "limiter.url: must be"),
        ('[limiter]\nurl = "valkey://127.0.0.1"', 'allow it with allow_private = ["127.0.0.1:6379"]'),
        ('[limiter]\nurl = "valkey://h"\nuser = "u"', "limiter.user: needs a `password` too"),
        ('[limiter]\nurl = "valkey://h"\npassword = "secret"', "limiter.password: must be a reference to a secret"),
        ('[limiter]\npassword = "env:P"', "limiter.password: is for a server"),
    ],
)  # fmt: skip
def test_a_limit_that_would_not_hold_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, SERVICE + text)


def test_a_services_limits_and_further_ones_become_meters(tmp_path: Path) -> None:
    text = 'limits = { tokens_per_minute = 9, spend_per_day = "0.5" }\n' + PRICE
    text += '[[limit]]\nper = "client"\nroutes = ["chat"]\nconcurrent = 3\n'
    settings = accepted(tmp_path, SERVICE + text)
    assert meters(settings) == (
        Meter("principal", ("a",), tokens_per_minute=9, spend_per_day=500_000, own=True),
        Meter("client", routes=("chat",), concurrent=3),
    )
    assert prices(settings) == (Price("a", "*", 2_500_000, 10_000_000),)
    assert any(sentence.startswith("budgets are counted in memory") for sentence in weaknesses(settings))


def test_requests_are_a_meter_only_where_several_workers_share_them(tmp_path: Path) -> None:
    assert meters(accepted(tmp_path, SERVICE)) == ()
    shared = accepted(tmp_path, SERVICE + '[limiter]\nurl = "valkeys://limits.example.com"')
    assert meters(shared) == (Meter("principal", ("a",), requests_per_minute=600, own=True),)


def test_a_server_has_its_usual_port_and_may_be_asked_over_tls() -> None:
    plain, encrypted = limiter_address("valkey://h"), limiter_address("valkeys://[::1]:7000")
    assert plain is not None
    assert encrypted is not None
    assert (plain.host, plain.port, plain.tls) == ("h", 6379, False)
    assert (encrypted.host, encrypted.port, encrypted.tls) == ("::1", 7000, True)


SERVER = '[limiter]\nurl = "valkeys://limits.example.com"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SERVER + 'certificate = "c.pem"', "limiter.certificate: needs a `key` too"),
        (SERVER + 'key = "file:k"', "limiter.key: needs a `certificate` too"),
        (SERVER + 'certificate = "c.pem"\nkey = "k.pem"', "limiter.key: must be a reference to a secret"),
        ('[limiter]\nurl = "valkey://h"\nauthorities = "a.pem"', "limiter.authorities: is for TLS; `url` must begin"),
        ('[limiter]\nurl = "valkey://h"\ncertificate = "c.pem"\nkey = "file:k"', "limiter.certificate: is for TLS"),
        ('[limiter]\ncertificate = "c.pem"\nkey = "file:k"', "limiter.certificate: is for a server"),
    ],
)  # fmt: skip
def test_what_is_shown_over_tls_is_a_pair_and_for_tls(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, SERVICE + text)


def shown(folder: Path, certificate: str, key: str, authority: str = "server.ca") -> Limiter | None:
    text = SERVER + f'authorities = "{authority}"\ncertificate = "{certificate}"\nkey = "file:{key}"'
    return limiter(accepted(folder, SERVICE + text), folder)


def test_a_certificate_and_its_key_become_part_of_the_plan(tmp_path: Path) -> None:
    papers(tmp_path)
    found = shown(tmp_path, "client.crt", "client.key")
    assert found is not None
    assert found.certificate == (tmp_path / "client.crt").read_text()
    assert found.key.strip() == (tmp_path / "client.key").read_text().strip()
    assert limiter_context(found) is not None


def test_what_is_no_certificate_with_its_key_is_refused_before_anything_starts(tmp_path: Path) -> None:
    papers(tmp_path)
    for certificate, key in (
        ("client.crt", "stranger.key"),
        ("client.ca", "client.key"),
    ):
        with pytest.raises(
            PapersUnusable, match="the key cannot be read or is not the certificate's"
        ) as fault:
            shown(tmp_path, certificate, key)
        assert "PRIVATE" not in str(fault.value)
    (tmp_path / "broken.ca").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for certificate, authority, key in (
        ("client.crt", "broken.ca", "limiter.authorities"),
        ("client.key", "server.ca", "limiter.certificate"),
    ):
        with pytest.raises(ConfigurationInvalid, match=f"{key}: cannot be used: ") as refused:
            shown(tmp_path, certificate, "client.key", authority)
        assert "PRIVATE" not in str(refused.value)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    papers(tmp_path)
    (tmp_path / "client.key").chmod(0o644)
    with pytest.raises(SecretMissing, match="can be read or changed by others"):
        shown(tmp_path, "client.crt", "client.key")
