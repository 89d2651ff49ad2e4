import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app import messages as m
from bartizan.app import workload_messages as wm
from bartizan.app.channel import Channel, close, pair
from bartizan.app.settings import Settings, settled
from bartizan.app.svids import MOST
from bartizan.app.workload_settings import WorkloadApi, weak_workloads
from bartizan.app.workload_wire import Certified, bundles_response, svid_response
from bartizan.app.workloads import Asking
from bartizan.identity.workload import Workload, in_cgroup
from tests.app.workload_client import Client, read
from tests.app.workload_service import BUNDLE, URI, serving, signed


@given(
    st.lists(st.tuples(st.text(), st.binary(max_size=40000), st.binary(), st.binary(), st.text()), max_size=4)
)
def test_what_is_sent_reads_by_the_schema_as_it_was_meant(
    svids: list[tuple[str, bytes, bytes, bytes, str]],
) -> None:
    found: Any = read("X509SVIDResponse", svid_response(Certified(*each) for each in svids))
    assert [(s.spiffe_id, s.x509_svid, s.x509_svid_key, s.bundle, s.hint) for s in found.svids] == svids


@given(st.dictionaries(st.text(), st.binary(), max_size=4))
def test_bundles_read_by_the_schema_too(bundles: dict[str, bytes]) -> None:
    found: Any = read("X509BundlesResponse", bundles_response(bundles))
    assert {each.key: each.value for each in found.bundles} == bundles


def test_a_workload_gets_a_certificate_of_its_key_and_a_new_one_before_that_expires(tmp_path: Path) -> None:
    with serving(tmp_path, renewed_s=0.05) as (path, _), Client(path) as client:
        call, keys = client.call(), set[bytes]()
        for _ in range(3):
            told = client.message(call)
            assert told is not None
            found: Any = read("X509SVIDResponse", told)
            (svid,) = found.svids
            key = load_der_private_key(svid.x509_svid_key, None)
            assert x509.load_der_x509_certificate(svid.x509_svid).public_key() == key.public_key()
            assert (svid.spiffe_id, svid.bundle) == (URI, BUNDLE)
            keys.add(svid.x509_svid_key)
        assert len(keys) == 3


def test_who_is_no_workload_any_more_gets_no_further_certificate(tmp_path: Path) -> None:
    faults = iter(["", "no-workload"])

    def answer(request: str) -> m.SvidSigned:
        fault = next(faults)
        return m.SvidSigned(1, fault=fault) if fault else signed(request)

    with serving(tmp_path, answer, renewed_s=0.05) as (path, sealer):
        with Client(path) as client:
            call = client.call()
            assert client.message(call)
            assert client.message(call) is None
            assert client.status(call) == 7
        assert sealer.asked == 2


@pytest.mark.parametrize(
    ("fault", "status"), [("no-workload", 7), ("gone", 7), ("busy", 14), ("sealer-unavailable", 14)]
)
def test_a_refusal_says_whether_to_try_again(fault: str, status: int, tmp_path: Path) -> None:
    with serving(tmp_path, lambda _: m.SvidSigned(1, fault=fault)) as (path, _), Client(path) as client:
        assert client.status(client.call()) == status


def test_the_bundle_is_told_without_a_key(tmp_path: Path) -> None:
    with serving(tmp_path) as (path, _), Client(path) as client:
        told = client.message(client.call("/SpiffeWorkloadAPI/FetchX509Bundles"))
        assert told is not None
        found: Any = read("X509BundlesResponse", told)
        assert [(each.key, each.value) for each in found.bundles] == [("bartizan.local", BUNDLE)]
        assert client.status(client.call("/SpiffeWorkloadAPI/FetchJWTSVID")) == 12


@pytest.mark.parametrize(
    ("pattern", "path", "inside"),
    [
        ("/app.slice/a.service", "/app.slice/a.service", True),
        ("/app.slice/a.service", "/app.slice/a.service/child", False),
        ("/app.slice/a.service", "/app.slice/a_service", False),
        ("/app.slice/*", "/app.slice/a.service", True),
        ("/app.slice/*", "/app.slice/a/b", False),
        ("/app.slice/*", "/../app.slice/a", False),
        ("/app.slice/a-*.scope", "/app.slice/a-1.scope", True),
        ("/*", "/", True),
        ("/app", "", False),
        ("/app", "/app\n", False),
    ],
)
def test_a_star_stands_for_one_part_of_a_cgroups_path(pattern: str, path: str, inside: bool) -> None:  # noqa: FBT001
    assert in_cgroup(Workload("app", 1, cgroup=pattern), path) is inside


def faults(*workloads: Workload, at: str | None = None) -> list[str]:
    settings = Settings(workload=workloads, workload_api=WorkloadApi(at))
    return [".".join(map(str, fault.path)) for fault in settled(settings)]


def test_what_workloads_cannot_be_is_told_by_its_place() -> None:
    app = Workload("app", 1000)
    assert faults(app, Workload("b", 1)) == []
    assert faults(app, at="/run/bartizan/workload.sock") == []
    assert faults(app, app) == ["workload.1.name"]
    assert faults(app, at="here.sock") == ["workload_api.socket"]
    assert faults(app, at="/" + "a" * 120) == ["workload_api.socket"]
    assert faults(at="/run/w.sock") == ["workload_api"]
    assert faults(*(Workload(f"a{number}", 1) for number in range(65))) == ["workload"]


def test_a_workload_of_the_platforms_own_user_is_told_as_weak() -> None:
    assert len(list(weak_workloads((Workload("a", 5), Workload("b", 6)), 5))) == 1


def test_who_leaves_without_an_answer_makes_room_for_no_more_orders_than_are_answered() -> None:
    ours, theirs = pair()
    with ours, theirs:
        asyncio.run(_leaving(Channel(theirs), ours))


async def _leaving(channel: Channel, supervisor: socket.socket) -> None:
    asking, (connection, end) = Asking(channel), socket.socketpair()
    with connection, end:
        for _ in range(3 * MOST):
            task = asyncio.create_task(asking.ask(connection, 1, ""))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
        orders = Channel(supervisor, wm.WorkloadsReports)
        seen = []
        with contextlib.suppress(BlockingIOError):
            while True:
                order, fds = orders.receive()
                seen.append(order.ticket)
                close(fds)
        assert seen == list(range(1, MOST // 2 + 1))
        waits = asyncio.create_task(asking.ask(connection, 1, ""))
        asking.answered(m.SvidSigned(seen[0], fault="gone"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        order, fds = orders.receive()
        close(fds)
        asking.answered(m.SvidSigned(order.ticket, fault="busy"))
        assert (await waits).fault == "busy"
