"""What is written for proxies: whole, well formed, and with the gateway's own bounds, whatever is asked for."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.app.address import host_name
from bartizan.app.edge.write import KINDS, Edge, Place, written
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.gateway import bounds

LABELS = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z]", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join).filter(host_name)
PLACES = st.builds(Place, NAMES, st.integers(1, 65535))
EDGES = st.builds(
    Edge,
    kind=st.sampled_from(KINDS),
    gateways=st.lists(PLACES, min_size=1, max_size=4).map(tuple),
    ca=st.from_regex(r"/[A-Za-z0-9/._~+@=,: -]{1,30}", fullmatch=True),
    hosts=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    port=st.integers(1, 65535),
    certificate=st.just("/c.pem"),
    key=st.just("/k.pem"),
    hybrid=st.booleans(),
    service=LABELS,
)


@settings(max_examples=20, deadline=None)  # PyYAML takes a while
@given(edge=EDGES)
def test_nothing_is_left_open_and_every_gateway_is_there(edge: Edge) -> None:
    text = written(edge)
    assert not re.search(r"@[A-Z_]+@", text.replace(edge.ca, ""))
    for place in edge.gateways:
        assert place.host in text
        assert str(place.port) in text
    if edge.kind == "caddy":
        assert text.count("{") == text.count("}")
        return
    found = yaml.safe_load(text)
    clusters = found["clusters"] if edge.kind == "ext-authz" else found["static_resources"]["clusters"]
    points = clusters[0]["load_assignment"]["endpoints"][0]["lb_endpoints"]
    addresses = [one["endpoint"]["address"]["socket_address"] for one in points]
    assert [(one["address"], one["port_value"]) for one in addresses] == [
        (place.host, place.port) for place in edge.gateways
    ]
    tls = clusters[0]["transport_socket"]["typed_config"]
    assert tls["auto_sni_san_validation"] is True
    assert tls["common_tls_context"]["validation_context"]["trusted_ca"]["filename"] == edge.ca
    assert tls["common_tls_context"]["tls_params"]["ecdh_curves"] == ["X25519MLKEM768"]


def test_the_bounds_are_the_gateways() -> None:
    edge = Edge("envoy", (Place("gw", 1),), "/ca", ("h",), certificate="/c", key="/k")
    listeners = yaml.safe_load(written(edge))["static_resources"]["listeners"]
    for listener in listeners:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        assert manager["max_request_headers_kb"] == bounds.HEAD_OCTETS // 1024
        assert manager["common_http_protocol_options"]["max_headers_count"] == bounds.FIELDS
        routes = manager["route_config"]["virtual_hosts"][0]["routes"]
        assert all("retry_policy" not in route.get("route", {}) for route in routes)
    assert "lb_retries 0" in written(Edge("caddy", (Place("gw", 1),), "/ca", ("h",)))


CONFIGURED = """
[bounds]
head_seconds = 3
body_seconds = 41
idle_seconds = 20
[[service]]
name = "a"
upstream = "https://a.example"
bounds = { body_octets = 2048, answer_seconds = 7, gap_seconds = 8 }
[[service]]
name = "b"
upstream = "https://b.example"
bounds = { body_octets = 9_000_000, answer_seconds = 1000, gap_seconds = 2000 }
"""


def test_a_proxy_has_the_bounds_that_its_gateways_are_configured_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bartizan.toml").write_text(CONFIGURED)
    own = ["--host", "h.example", "--certificate", "/c", "--key", "/k"]
    assert run(["edge", "envoy", *own]) == Exit.CLEAN
    found = yaml.safe_load(capsys.readouterr().out)["static_resources"]
    manager = found["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    assert [
        manager[name] for name in ("request_headers_timeout", "request_timeout", "stream_idle_timeout")
    ] == [
        "3s",
        "41s",
        "2030s",
    ]
    assert manager["common_http_protocol_options"]["idle_timeout"] == "20s"
    first = manager["route_config"]["virtual_hosts"][0]["routes"][0]["match"]["headers"][0]
    assert first["range_match"]["start"] == 9_000_001
    (options,) = found["clusters"][0]["typed_extension_protocol_options"].values()
    assert options["common_http_protocol_options"]["idle_timeout"] == "12s"
    assert run(["edge", "caddy", *own]) == Exit.CLEAN
    text = capsys.readouterr().out
    for line in (
        "read_header 3s",
        "read_body 41s",
        "idle 20s",
        "max_size 9000000",
        "response_header_timeout 2030s",
        "keepalive 12s",
    ):
        assert f" {line}\n" in text
    (tmp_path / "bartizan.toml").write_text("bounds = 1")
    assert run(["edge", "caddy", *own]) == Exit.USAGE
    assert "bartizan.toml:1: bounds: must be a table" in capsys.readouterr().err


def test_a_path_that_reads_like_a_gap_of_the_template_stays_as_it_is() -> None:
    edge = Edge("envoy", (Place("gw", 1),), "/@KEY@", ("h",), certificate="/@CA@", key="/k")
    assert '"/@CA@"' in written(edge)
    assert '"/@KEY@"' in written(edge)


@pytest.mark.parametrize("kind", ["caddy", "envoy"])
def test_required_offers_nothing_classical(kind: str) -> None:
    edge = Edge(kind, (Place("gw", 1),), "/ca", ("h",), certificate="/c", key="/k", hybrid=True)
    assert not re.search(r"x25519 |X25519,|secp256r1|P-256", written(edge))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["caddy"], "--host NAME is needed"),
        (["envoy", "--host", "h.example"], "Envoy needs --certificate"),
        (
            ["envoy", "--host", "h", "--gateway", "10.0.0.1:1", "--certificate", "c", "--key", "k"],
            "Envoy needs the gateways' names",
        ),
        (["ext-authz"], "--service NAME goes with ext-authz"),
        (["caddy", "--host", "h", "--service", "s"], "--service NAME goes with ext-authz"),
        (["ext-authz", "--service", "s", "--host", "h"], "is for one that asks"),
        (["caddy", "--host", "h", "--key", "k"], "go together"),
        (["caddy", "--host", "a b"], "a host name is needed"),
        (["caddy", "--host", "h", "--gateway", "gw"], "a gateway is HOST:PORT"),
        (["caddy", "--host", "h", "--gateway", "gw:0"], "a gateway is HOST:PORT"),
        (["caddy", "--host", "h", "--listen", "x\n}"], "an address of the proxy's machine"),
        (["caddy", "--host", "h", "--ca", 'a"\n'], "plain characters"),
    ],
)
def test_what_is_missing_or_could_be_read_otherwise_is_refused(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["edge", *words]) == Exit.USAGE
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
