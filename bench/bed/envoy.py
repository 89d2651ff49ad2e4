"""Envoy as a peer: a plain reverse proxy with one worker thread, with and without TLS."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bed.peers import System, Upstream, entries, self_signed
from bench.bed.processes import free_port, running

ENVOY = shutil.which("envoy", path=str(Path(sys.executable).parent)) or shutil.which("envoy")
"""The binary of `make install EDGE=1`, or another one on the path."""
_HTTP = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


def version() -> str:
    """Return Envoy's version."""
    told = subprocess.run([str(ENVOY), "--version"], capture_output=True, text=True, check=True).stdout
    return told.strip().rpartition("version: ")[2].split("/")[1]


@contextmanager
def envoy(folder: Path, behind: Upstream, *, tls: bool) -> Iterator[tuple[System, ...]]:
    """Run Envoy in front of the upstream."""
    port, name = free_port(), "Envoy TLS" if tls else "Envoy"
    file = folder / f"{name.replace(' ', '-')}.json"
    file.write_text(json.dumps(_configuration(folder, port, behind, tls=tls)))
    command = [str(ENVOY), "-c", str(file), "--concurrency", "1", "--disable-hot-restart"]
    command += ["--log-level", "error"]
    with running(command, folder / f"{file.stem}.log", port) as root:
        yield (System(name, root, *entries(port, tls=tls)),)


def _configuration(folder: Path, port: int, behind: Upstream, *, tls: bool) -> dict[str, object]:
    chain: dict[str, object] = {"filters": [_manager()]}
    if tls:
        certificate, key = self_signed(folder)
        pair = {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}}
        limits = {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"}
        common = {"tls_params": limits, "tls_certificates": [pair]}
        secure = {"@type": _TLS, "common_tls_context": common}
        chain["transport_socket"] = {"name": "tls", "typed_config": secure}
    listener = {"name": "in", "address": _address(port), "filter_chains": [chain]}
    clusters = [_cluster("whole", behind.whole), _cluster("streams", behind.streams)]
    return {"static_resources": {"listeners": [listener], "clusters": clusters}}


def _manager() -> dict[str, object]:
    routes = [
        {"match": {"prefix": "/stream/"}, "route": {"cluster": "streams", "timeout": "0s"}},
        {"match": {"prefix": "/"}, "route": {"cluster": "whole", "timeout": "600s"}},
    ]
    hosts = [{"name": "all", "domains": ["*"], "routes": routes}]
    return {
        "name": "http",
        "typed_config": {
            "@type": _HTTP,
            "stat_prefix": "in",
            "codec_type": "HTTP1",
            "route_config": {"virtual_hosts": hosts},
            "http_filters": [{"name": "router", "typed_config": {"@type": _ROUTER}}],
        },
    }


def _cluster(name: str, port: int) -> dict[str, object]:
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}]
    assignment = {"cluster_name": name, "endpoints": endpoints}
    return {"name": name, "type": "STATIC", "connect_timeout": "5s", "load_assignment": assignment}


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
