"""The peers and their one upstream, each with a worker or thread, kept connections and no access log."""

import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from subprocess import run

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.bed import sse
from bench.bed.environments import FOLDER, NotInstalled, environment
from bench.bed.load import Entry
from bench.bed.processes import PeerFailed, free_port, running

_USAGE = {"prompt_tokens": 38, "completion_tokens": 24, "total_tokens": 62}
_TEXT = "The north tower is the highest; on Sundays everybody who brings a lantern may climb it until dusk, weather permitting."
_MESSAGE = {"role": "assistant", "content": _TEXT, "refusal": None}
ANSWER = json.dumps(
    {
        "id": "chatcmpl-B8Yq2c5nJm3Xw0aTz7LkRv1P",
        "object": "chat.completion",
        "created": 1767225600,
        "model": "sample",
        "choices": [{"index": 0, "message": _MESSAGE, "logprobs": None, "finish_reason": "stop"}],
        "usage": _USAGE,
        "system_fingerprint": "fp_4c1d1f1a7e",
    }
)
"""What the upstream answers: 481 octets."""


@dataclass(frozen=True, slots=True)
class System:
    """A system under test, running.

    Attributes:
        name: in the table.
        root: process id; what stems from it belongs to it.
        load, streaming: where it answers the load, and a request for a stream.
        apart: process ids under the root that do not count (the built-in sample).
        during: what goes on beside the load.
    """

    name: str
    root: int
    load: Entry
    streaming: Entry
    apart: frozenset[int] = frozenset()
    during: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class Upstream:
    """Ports of the upstream: whole answers, and streams."""

    whole: int
    streams: int


def missing(wanted: frozenset[str]) -> list[str]:
    """Return what of these programs has to be installed first, a line each; environments of Python are made where they are missing."""
    debian = {"nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk"}
    absent = [debian[name] for name in sorted(wanted & debian.keys()) if not _sbin(name)]
    return [f"apt-get install --no-install-recommends {' '.join(absent)}"] if absent else []


def _sbin(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def versions(wanted: frozenset[str]) -> dict[str, str]:
    """Return name -> version of the peers."""
    told = {
        "nginx": _first(
            run([_sbin("nginx") or "nginx", "-v"], capture_output=True, text=True, check=True).stderr
        )
    }
    if "haproxy" in wanted:
        told["haproxy"] = _first(
            run([_sbin("haproxy") or "haproxy", "-v"], capture_output=True, text=True, check=True).stdout
        )
    if "litellm" in wanted:
        folder = [str(path) for path in (FOLDER / "litellm").glob("lib/python3*/site-packages")]
        told["litellm"] = next(
            found.version for found in distributions(path=folder) if found.name == "litellm"
        )
    told["wrk"] = _first(run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout)
    return told


def _first(text: str) -> str:
    return text.splitlines()[0].split("Copyright")[0].strip()


@contextmanager
def upstream(folder: Path) -> Iterator[Upstream]:
    """Run the upstream: nginx with one fixed answer, and the server of streams."""
    whole, streams = free_port(), free_port()
    site = f"""server {{ listen 127.0.0.1:{whole} backlog=4096; client_max_body_size 16m;
      location / {{ default_type application/json; return 200 '{ANSWER}'; }} }}"""
    with ExitStack() as stack:
        stack.enter_context(_nginx(folder / "upstream", site, whole))
        script = [sys.executable, "-I", sse.__file__, str(streams)]
        stack.enter_context(running(script, folder / "sse.log", streams))
        yield Upstream(whole, streams)


@contextmanager
def nginx(folder: Path, behind: Upstream, *, tls: bool) -> Iterator[tuple[System, ...]]:
    """Run nginx as a plain reverse proxy."""
    port, name = free_port(), "nginx TLS" if tls else "nginx"
    place = folder / name.replace(" ", "-")
    secure = ""
    if tls:
        certificate, key = self_signed(folder)
        secure = f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3; ssl_session_tickets off;"
    site = f"""
    upstream whole {{ server 127.0.0.1:{behind.whole}; keepalive 64; keepalive_requests 100000000; }}
    upstream streams {{ server 127.0.0.1:{behind.streams}; keepalive 64; }}
    server {{ listen 127.0.0.1:{port} {"ssl" if tls else ""} backlog=4096; {secure}
      proxy_http_version 1.1; proxy_set_header Connection "";
      location / {{ proxy_pass http://whole; }}
      location /stream/ {{ proxy_buffering off; proxy_pass http://streams; }} }}"""
    with _nginx(place, site, port) as root:
        yield (System(name, root, *entries(port, tls=tls)),)


def entries(port: int, *, tls: bool) -> tuple[Entry, Entry]:
    """Return the entries of a peer that looks at neither path nor token but for streams."""
    calls = (("/v1/chat/completions", "sk-benchmark"),)
    return Entry(port, tls, calls), Entry(port, tls, (("/stream/v1/chat/completions", "sk-benchmark"),))


@contextmanager
def _nginx(place: Path, site: str, port: int) -> Iterator[int]:
    place.mkdir()
    place.chmod(0o755)
    (place / "nginx.conf").write_text(f"""
    user root; worker_processes 1; pid {place}/pid; error_log {place}/error.log crit;
    events {{ worker_connections 4096; }}
    http {{ access_log off; keepalive_timeout 600; keepalive_requests 100000000;
      client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f;
      uwsgi_temp_path {place}/u; scgi_temp_path {place}/s; {site} }}""")
    command = [_sbin("nginx") or "nginx", "-c", str(place / "nginx.conf"), "-g", "daemon off;"]
    with running(command, place / "log", port) as root:
        yield root


@contextmanager
def haproxy(folder: Path, behind: Upstream) -> Iterator[tuple[System, ...]]:
    """Run HAProxy as a plain reverse proxy."""
    port, configuration = free_port(), folder / "haproxy.cfg"
    configuration.write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
  option http-no-delay
frontend in
  bind 127.0.0.1:{port} backlog 4096
  use_backend streams if {{ path_beg /stream/ }}
  default_backend whole
backend whole
  server one 127.0.0.1:{behind.whole}
backend streams
  server one 127.0.0.1:{behind.streams}
""")
    command = [_sbin("haproxy") or "haproxy", "-f", str(configuration), "-db"]
    with running(command, folder / "haproxy.log", port) as root:
        yield (System("HAProxy", root, *entries(port, tls=False)),)


@contextmanager
def litellm(folder: Path, behind: Upstream) -> Iterator[tuple[System, ...]]:
    """Run the LiteLLM proxy: one worker, a master key, no database.

    Raises:
        PeerFailed: it cannot be installed.
    """
    try:
        python = environment("litellm")
    except NotInstalled as fault:
        raise PeerFailed(f"LiteLLM: {fault}") from None
    port, configuration = free_port(), folder / "litellm.json"  # JSON is YAML
    models = [
        _model("sample", f"http://127.0.0.1:{behind.whole}/v1"),
        _model("sample-stream", f"http://127.0.0.1:{behind.streams}/v1"),
    ]
    settings = {"model_list": models, "general_settings": {"master_key": "sk-benchmark"}}
    configuration.write_text(json.dumps(settings))
    command = [str(python.with_name("litellm")), "--config", str(configuration), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    quiet = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_DOCS": "True"}
    with running(command, folder / "litellm.log", port, quiet) as root:
        entry = Entry(port, False, (("/v1/chat/completions", "sk-benchmark"),))
        yield (System("LiteLLM", root, entry, entry),)


def _model(name: str, base: str) -> dict[str, object]:
    return {
        "model_name": name,
        "litellm_params": {"model": "openai/sample", "api_base": base, "api_key": "none"},
    }


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Return a certificate and its P-256 key, as Bartizan's own are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    certificate, private = folder / "peer.pem", folder / "peer.key"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, private
