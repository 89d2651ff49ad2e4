"""What the sections say together: each refusal with its line, and nothing accepted that does nothing."""

import os
from pathlib import Path

import pytest

from bartizan.app.platform import plan
from bartizan.app.service_settings import RESERVED
from bartizan.app.settings import Pq, Settings, read
from bartizan.app.weakness import weaknesses
from bartizan.config import ConfigurationInvalid
from bartizan.gateway.protocols.control import CONTROL

SERVICE = '[[service]]\nname = "a"\nupstream = "https://api.example.com"\n'
TARGET = '[[service.target]]\nname = "{}"\nupstream = "{}"\n'


def refusal(folder: Path, text: str) -> str:
    file = folder / "bartizan.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationInvalid) as caught:
        read(file, folder)
    return str(caught.value).replace(f"{folder}/", "")


def accepted(folder: Path, text: str) -> Settings:
    file = folder / "bartizan.toml"
    file.write_text(text)
    return read(file, folder).sections


def test_nothing_configured_listens_on_this_machine_only(tmp_path: Path) -> None:
    settings = read(None, tmp_path).sections
    assert settings.address.loopback
    assert settings.address.port == 8443


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('tls = "off"\nlisten = "0.0.0.0:8443"', 'bartizan.toml:1: tls: may be "off" only where'),
        ('tls = "off"\npq = "required"', 'bartizan.toml:2: pq: cannot be "required" while `tls` is "off"'),
        ('listen = "example.com:1"', "bartizan.toml:1: listen: must be an address of this machine"),
        ('listen = "8443"', "bartizan.toml:1: listen: must be an address and a port"),
        ('listen = "127.0.0.1:65536"', "bartizan.toml:1: listen: must be an address and a port"),
        ('names = ["ok.example", "https://x"]', "bartizan.toml:1: names[1]: must be a host name"),
        (SERVICE + SERVICE, "bartizan.toml:5: service[1].name: is the name of service[0] already"),
        (SERVICE.replace('"a"', '"v1"'), "bartizan.toml:2: service[0].name: is a name of Bartizan's own"),
        (SERVICE.replace('"a"', '"A b"'), "bartizan.toml:2: service[0].name: must be a name: a lower-case letter"),
        (SERVICE + 'credential = "sk-12345"', "bartizan.toml:4: service[0].credential: must be a reference to a secret"),
        (SERVICE + 'guard = "off"\nguard_actions = { secret = "block" }', "service[0].guard_actions: is for services with a guard"),
        (SERVICE + 'guard = "strict"\nguard_actions = { secret = "hide" }', "service[0].guard_actions.secret: must be"),
        (SERVICE + 'guard = "strict"\nguard_actions = { secrets = "block" }', "service[0].guard_actions.secrets: must be one of prompt-injection, "),
        (SERVICE + 'guard = "off"\nguard_links = ["example.com"]', "service[0].guard_links: is for services with a guard"),
        (SERVICE + 'guard = "strict"\nguard_links = ["https://example.com"]', "service[0].guard_links[0]: must be a host in small"),
        (SERVICE + 'guard = "strict"\nguard_links = ["*.a.example", "*"]', "service[0].guard_links[1]: must be a host in small"),
        (SERVICE + 'guard = "off"\ncanary = true', "service[0].canary: is for services with a guard"),
        (SERVICE + 'protocol = "mcp"\nguard = "strict"\ncanary = true', "service[0].canary: is for services that have a system prompt"),
        ('[[canary]]\nname = "a"\ndigest = "zqxt-bbbb"', "canary[0].digest: must be 64 lower-case hexadecimal digits"),
        (f'[[canary]]\nname = "a"\ndigest = "{"0" * 64}"\n' * 2, "canary[1].name: is the name of canary[0] already"),
        (SERVICE + 'protocol = "http"', 'service[0].protocol: is "http", whose routes a description has'),
        (SERVICE + 'openapi = "x"', 'service[0].openapi: describes services of protocol "http" alone'),
        (SERVICE + 'protocol = "mcp"\n[[service.target]]\nname = "b"\nupstream = "https://b.example.com"', "target[0]: is not for"),
        (SERVICE + 'tools = { unpinned = "refused" }', "service[0].tools: is for services of protocol"),
        (SERVICE + 'protocol = "mcp"\ntools = { pins = ["a 12"] }', "service[0].tools.pins[0]: must be a tool's name, a space and 64"),
        (SERVICE + f'protocol = "mcp"\ntools = {{ pins = ["a {"0" * 64}", "a {"0" * 64}"] }}', "tools.pins[1]: stands there already"),
        (SERVICE + 'protocol = "mcp"\ntools = { approved = ["a b"] }', "must be the name of a tool"),
        (
            SERVICE + 'protocol = "azure"\n' + SERVICE.replace('"a"', '"openai"'),
            "bartizan.toml:6: service[1].name: is where the first service, an Azure one, has its paths",
        ),
        ('listen = "[::]:1"\n' + SERVICE + 'binding = "optional"', 'service[0].binding: may be "optional" only where'),
        ('url = "https://ai.example.com/v1"', "bartizan.toml:1: url: must be a URL without a path"),
        ('url = "http://ai.example.com"\ntls = "off"', "bartizan.toml:1: url: must be https: tokens"),
        ('url = "http://localhost:8443"', 'bartizan.toml:1: url: must be https while `tls` is "required"'),
        ('url = "https://u:p@ai.example.com"', "bartizan.toml:1: url: must carry no user name or password"),
        ('evidence = "366d"', "bartizan.toml:1: evidence: is 365 days at most"),
        ('evidence = "30y"', "evidence: must be"),
        (SERVICE + 'guard = "off"\nevidence = "30d"', "service[0].evidence: is of what the guard finds"),
        (SERVICE + 'guard = "strict"\nevidence = "9999d"', "service[0].evidence: is 365 days at most"),
        (SERVICE + 'guard = "strict"\nevidence = "0d"', "service[0].evidence: must be"),
        ('[store]\nurl = "postgresql://x"', "bartizan.toml:2: store.url: is not in this version"),
        ('[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "http://x.example"', "bartizan.toml:4: issuer[0].url: is not encrypted"),
        ('[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "https://x.example"\ngiven = ["owner"]', 'issuer[0].given: may not hold "owner"'),
        ('[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "https://x.example"\nroles = { a = ["caller"] }', "issuer[0].roles_claim: and `roles` go together"),
        ('[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "https://x.example"\nroles_claim = "g"\nroles = { a = ["drill"] }', 'issuer[0].roles.a: may not hold "drill"'),
        ('[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "https://x.example"\nkeys_at = ["http://y.example"]', "issuer[0].keys_at[0]: must be an origin"),
        ('[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "https://x.example"\nalgorithms = ["HS256"]', "issuer[0].algorithms[0]"),
        (2 * '[[issuer]]\nname = "a"\naudiences = ["x"]\nurl = "https://x.example"\n', "issuer[1].name: is that of issuer[0] already"),
        ('[[schedule]]\nrun = "drill"\nevery = "1 day"', "bartizan.toml:3: schedule[0].every: must be a span such as"),
        (SERVICE + 'allow_private = ["::1:80"]', "service[0].allow_private[0]: must be host and port"),
        (SERVICE + TARGET.format("main", "https://eu.example.com"), "service[0].target[0].name: is the name of another"),
        (SERVICE + 2 * TARGET.format("b", "https://eu.example.com"), "service[0].target[1].name: is the name of another"),
        (SERVICE + TARGET.format("b", "http://eu.example.com"), "service[0].target[0].upstream: is not encrypted"),
        (SERVICE + TARGET.format("b", "https://10.0.0.1"), "service[0].target[0].upstream: is a private address"),
        (
            SERVICE + 'allow_private = ["10.0.0.1:443"]\n' + TARGET.format("b", "https://10.0.0.1"),
            "service[0].target[0].upstream: is a private address",
        ),
        (SERVICE + "weight = 1001", "service[0].weight: must be a whole number from 0 to 1000"),
        (SERVICE + "models = 3", "service[0].models: must be a table"),
        (SERVICE + 'models = { m = "" }', "service[0].models.m: must be the name of a model"),
        (SERVICE + 'models = { "\\u00e9" = "m" }', "must be the name of a model"),
        (SERVICE + 'protocol = "azure"\nmodels = { m = "a/b" }', "service[0].models.m: must be a deployment"),
    ],
)  # fmt: skip
def test_what_sections_may_not_say_together_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    assert said in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9100", 'is a private address: allow it with allow_private = ["127.0.0.1:9100"]'),
        (
            "https://169.254.169.254",
            'is a private address: allow it with allow_private = ["169.254.169.254:443"]',
        ),
        ("https://[::1]:9", 'is a private address: allow it with allow_private = ["[::1]:9"]'),
        ("https://[::ffff:127.0.0.1]", "is a private address"),
        ("http://vllm.example", 'is not encrypted (http): allow it with allow_private = ["vllm.example:80"]'),
        ("https://u:p@x.example", "must carry no user name or password"),
        ("https://x.example/a/../b", "must have a plain path"),
        ("https://x.example/?q", "must have a plain path"),
        ("https://x.example/%2e", "must have a plain path"),
        ("https://2130706433", "must be a URL such as"),
        ("https://0x7f.1", "must be a URL such as"),
        ("https://x.example:99999", "must be a URL such as"),
        ("https://x.example:0", "must be a URL such as"),
        ("https://[::1", "must be a URL such as"),
        ("ftp://x.example", "must be a URL such as"),
        ("x.example", "must be a URL such as"),
        ("https://exämple.com", "must be a URL of visible ASCII"),
    ],
)
def test_an_upstream_that_cannot_be_trusted_as_written_is_refused(
    tmp_path: Path, url: str, said: str
) -> None:
    found = refusal(tmp_path, SERVICE.replace("https://api.example.com", url))
    assert "service[0].upstream: " in found
    assert said in found
    assert "u:p" not in found


@pytest.mark.parametrize(
    ("line", "tls", "host", "port", "path"),
    [
        ('upstream = "https://API.example.com"', True, "api.example.com", 443, "/v1"),
        ('upstream = "https://api.example.com/openai/v1/"', True, "api.example.com", 443, "/openai/v1"),
        (
            'upstream = "http://127.0.0.1:9100"\nallow_private = ["127.0.0.1:9100"]',
            False,
            "127.0.0.1",
            9100,
            "/v1",
        ),
        ('protocol = "anthropic"\nupstream = "https://api.example.com"', True, "api.example.com", 443, "/v1"),
        ('protocol = "azure"\nupstream = "https://x.example.com/"', True, "x.example.com", 443, "/openai"),
        ('protocol = "azure"\nupstream = "https://x.example.com/p"', True, "x.example.com", 443, "/p"),
        ('upstream = "https://[0:0::1]:9"\nallow_private = ["[::1]:9"]', True, "::1", 9, "/v1"),
        ('upstream = "http://Localhost:9"\nallow_private = ["localhost:9"]', False, "localhost", 9, "/v1"),
    ],
)
def test_upstreams_are_taken_apart(
    tmp_path: Path,
    line: str,
    tls: bool,  # noqa: FBT001 - a column of the table
    host: str,
    port: int,
    path: str,
) -> None:
    settings = accepted(tmp_path, f'[[service]]\nname = "a"\n{line}\n')
    ((_, _, found),) = settings.upstreams
    assert (found.tls, found.host, found.port, found.path) == (tls, host, port, path)


@pytest.mark.parametrize(
    ("lines", "url", "certified"),
    [
        ("", "", ""),
        ('url = "https://AI.example.com:443/"', "https://ai.example.com", "ai.example.com"),
        ('url = "https://[2001:db8::1]:8443"', "https://[2001:db8::1]:8443", "2001:db8::1"),
        ('url = "http://localhost:80"\ntls = "off"', "http://localhost", ""),
        (
            'url = "https://ai.example.com"\nedge = { hosts = ["ai.example.com"] }',
            "https://ai.example.com",
            "",
        ),
    ],
)
def test_where_clients_reach_the_platform_is_written_as_they_write_it_and_its_host_is_certified(
    tmp_path: Path, lines: str, url: str, certified: str
) -> None:
    file = tmp_path / "bartizan.toml"
    file.write_text(lines)
    made = plan(read(file, tmp_path), tmp_path)
    own = ("localhost", "127.0.0.1", "::1")
    assert (made.url, made.names) == (url, (*own, certified) if certified else own)


def test_a_platform_that_nobody_knows_by_its_address_is_said(tmp_path: Path) -> None:
    public = 'url = "https://a.example"'
    table = (("0.0.0.0", "", 1), ("[::]", "", 1), ("0.0.0.0", public, 0), ("10.0.0.1", "", 0))  # noqa: S104
    for address, url, weak in table:
        said = weaknesses(accepted(tmp_path, f'listen = "{address}:8443"\n{url}\n'))
        assert len([each for each in said if each.startswith("listen")]) == weak


def test_what_is_weaker_than_it_could_be_is_said(tmp_path: Path) -> None:
    settings = accepted(tmp_path, 'isolation = "none"\ntls = "off"\n' + SERVICE)
    said = "\n".join(weaknesses(settings))
    for word in (
        'isolation = "none"',
        'tls = "off"',
        "need not be bound to a key",
        "nothing is done about it",
    ):
        assert word in said
    unguarded = accepted(tmp_path, SERVICE + 'guard = "off"\n')
    assert "prompts are not inspected" in "\n".join(weaknesses(unguarded))
    assert 'pq = "preferred"' in "\n".join(weaknesses(Settings()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "leads to no folder with *.cedar files"),
        (b"permit\n\xff", 'holds "a.cedar", which cannot be read: line 2 is not UTF-8'),
        (b"/" * (1 << 20) + b"/", 'holds "a.cedar", which cannot be read: it is larger than 1048576 octets'),
    ],
)
def test_policies_that_cannot_be_used_are_not_silently_the_built_in_ones(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    (tmp_path / "policies").mkdir()
    if content is not None:
        (tmp_path / "policies" / "a.cedar").write_bytes(content)
    assert said in refusal(tmp_path, '[policy]\npath = "policies/"')


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link", "device"])
def test_a_policy_that_is_no_file_is_named_and_nobody_waits_for_it(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "policies" / "a.cedar"
    place.parent.mkdir()
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "dangling link":
            place.symlink_to(tmp_path / "nowhere")
        case _:
            place.symlink_to("/dev/zero")
    said = refusal(tmp_path, '[policy]\npath = "policies/"')
    assert 'policy.path: holds "a.cedar", which cannot be read: ' in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SERVICE.replace("https", "http"), "service[0].authorities: is for TLS; `upstream`"),
        (SERVICE + TARGET.format("b", "http://b.example.com"), "service[0].target[0].authorities: is for TLS; `upstream`"),
        ('[traces]\nendpoint = "http://c.example.com"\n', "traces.authorities: is for TLS; `endpoint`"),
    ],
)  # fmt: skip
def test_authorities_of_what_is_not_encrypted_are_refused_for_they_would_do_nothing(
    tmp_path: Path, text: str, said: str
) -> None:
    assert f"{said} must begin with https://" in refusal(tmp_path, f'{text}authorities = "ca.pem"')


PLACES = {
    SERVICE: "service[0].authorities",
    SERVICE + TARGET.format("b", "https://b.example.com"): "service[0].target[0].authorities",
    '[limiter]\nurl = "valkeys://limits.example.com"\n': "limiter.authorities",
    '[traces]\nendpoint = "https://c.example.com"\n': "traces.authorities",
}


@pytest.mark.parametrize("text", PLACES, ids=PLACES.get)
def test_authorities_that_nothing_could_be_verified_by_are_named_before_anything_starts(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "other.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (tmp_path / "cut.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for file, why in (
        ("nowhere.pem", "cannot be read: there is no such file"),
        ("folder", "cannot be read: it is a folder"),
        ("pipe", "cannot be read: it is not a regular file"),
        ("a\\u0000b", "cannot be read: its name holds a null character"),
        ("/dev/zero", "cannot be read: it is not a regular file"),
        ("other.pem", "cannot be used: it is not a PEM file with certificates"),
        ("cut.pem", "cannot be used: it is not a PEM file with certificates"),
        ("broken.pem", "cannot be used: an authority's certificate cannot be read"),
    ):
        said = refusal(tmp_path, f'{text}authorities = "{file}"')
        line = text.count("\n") + 1
        assert said.startswith(f"bartizan.toml:{line}: {PLACES[text]}: {why}"), said
        assert "name a PEM file" in said


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    assert accepted(tmp_path, "\ufeff" + 'pq = "required"\n').pq is Pq.REQUIRED


def test_no_service_stands_where_the_platforms_own_endpoints_do() -> None:
    first = {row.path.split("/")[1] for row in CONTROL.rows} - {".well-known"}  # which no name can be
    assert first <= RESERVED
