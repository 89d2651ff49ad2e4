"""Our client of the Workload API against a server of another make: gRPC's own, with the messages of the package `spiffe`."""

import json
import subprocess
import threading
from pathlib import Path

import pytest

from bartizan.app.workload_api import Wanted, follow
from bartizan.identity.trust_bundle import Bundle, made
from tests.crypto.domains import DOMAIN, TOKENS, Authority, public
from tests.foreign import environment

pytestmark = pytest.mark.slow
SERVES = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import grpc
from spiffe._proto import workload_pb2 as pb, workload_pb2_grpc as api

first, second, keys = (open(path, "rb").read() for path in sys.argv[2:5])
domain, turned = "spiffe://corp.example", threading.Event()

class Service(api.SpiffeWorkloadAPIServicer):
    def FetchX509Bundles(self, request, context):
        assert dict(context.invocation_metadata())["workload.spiffe.io"] == "true"
        yield pb.X509BundlesResponse(bundles={domain: first, "spiffe://other.example": second})
        turned.wait()
        yield pb.X509BundlesResponse(crl=[b"x"], bundles={domain: second})
        threading.Event().wait()

    def FetchJWTBundles(self, request, context):
        yield pb.JWTBundlesResponse(bundles={domain: keys})
        threading.Event().wait()

server = grpc.server(ThreadPoolExecutor(8))
api.add_SpiffeWorkloadAPIServicer_to_server(Service(), server)
server.add_insecure_port("unix:" + sys.argv[1])
server.start()
print("there", flush=True)
sys.stdin.readline()
turned.set()
sys.stdin.readline()
server.stop(0)
"""


class Ended(Exception):
    """The reader has told enough."""


def test_bundles_of_both_kinds_are_read_and_a_change_is_told(tmp_path: Path) -> None:
    root, new = Authority(), Authority()
    shown = {name: value for name, value in public(TOKENS).items() if name != "use"}
    for name, octets in (
        ("first", root.der),
        ("second", root.der + new.der),
        ("keys", json.dumps({"keys": [shown]}).encode()),
    ):
        (tmp_path / name).write_bytes(octets)
    path = tmp_path / "agent.sock"
    script: list[str | Path] = [environment("spiffe") / "python", "-c", SERVES, path]
    script += [tmp_path / name for name in ("first", "second", "keys")]
    told: list[Bundle] = []
    pipe = subprocess.PIPE
    with subprocess.Popen(script, stdin=pipe, stdout=pipe) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        assert server.stdout.readline() == b"there\n"
        say = server.stdin

        def found(bundle: Bundle) -> None:
            told.append(bundle)
            if len(told) == 2:
                raise Ended
            threading.Timer(0.1, lambda: (say.write(b"\n"), say.flush())).start()

        with pytest.raises(Ended):
            follow(Wanted(str(path), None, DOMAIN), found, lambda: None)
        server.kill()
    assert told == [
        made([root.der], [public(TOKENS)], DOMAIN),
        made([root.der, new.der], [public(TOKENS)], DOMAIN),
    ]
