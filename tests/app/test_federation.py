"""The control process's other trust domains, over a real store: what counts, for how long, and what is told of it."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.app.bundle_watch import read_once, watch
from bartizan.app.entry import Entry
from bartizan.app.federation import STORED, Federation, Ports, Source, Standing
from bartizan.app.federation_plan import Federated
from bartizan.app.federation_settings import TrustDomain
from bartizan.app.settings import Settings, settled
from bartizan.app.workload_settings import WorkloadApi
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.svid import Svid
from bartizan.identity.trust_bundle import Bundle, made, written
from bartizan.identity.workload import Workload
from bartizan.store.engine import open_store
from tests.app.workload_service import BUNDLE, CLOCK, serving
from tests.crypto.domains import DOMAIN, NOW, PATH, TOKENS, Authority, public

ROOT, NEXT = Authority(), Authority()
CORP = Federated("corp", DOMAIN, {PATH: "shop"}, file="/nowhere", usable_s=3600)


def bundle(*authorities: Authority, sequence: int | None = None) -> Bundle:
    found = made([each.der for each in authorities], [public(TOKENS)], DOMAIN)
    return Bundle(found.authorities, found.keys, sequence)


@dataclass
class House:
    """A control process's trust domains, and what they did."""

    store: Engine
    domain: Federated = CORP
    at: Nanoseconds = NOW
    recorded: list[Entry] = field(default_factory=list)
    told: list[tuple[Standing, ...]] = field(default_factory=list)
    federation: Federation = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        ports = Ports(self.store, self, self.record, watch, self.told.append)
        self.federation = Federation(ports, (self.domain,))
        self.federation.begin()

    def now(self) -> Nanoseconds:
        return self.at

    def record(self, entries: Sequence[Entry]) -> None:
        self.recorded.extend(entries)

    def later(self, seconds: int) -> None:
        self.at = Nanoseconds(self.at + seconds * SECOND)

    def believes(self, authority: Authority) -> Svid:
        leaf, _ = authority.leaf(seconds=80_000)
        return self.federation.domains.svid(DOMAIN, [leaf], self.at)

    def said(self) -> list[tuple[str, str]]:
        return [
            (each.kind.removeprefix("access.bundle."), str((each.detail or {}).get("reason", "")))
            for each in self.recorded
        ]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(open_store(f"sqlite:///{tmp_path}/store.db"))


def test_a_bundle_turns_without_a_restart_and_the_old_authority_goes(house: House) -> None:
    house.federation.found(DOMAIN, bundle(ROOT))
    house.federation.found(DOMAIN, bundle(ROOT, NEXT))
    assert house.believes(ROOT).uri == house.believes(NEXT).uri
    house.federation.found(DOMAIN, bundle(NEXT))
    house.believes(NEXT)
    with pytest.raises(Exception, match="svid-forged"):
        house.believes(ROOT)
    assert house.said() == [("changed", "")] * 3


def test_the_last_bundle_counts_for_its_time_and_then_nobody_is_believed(house: House) -> None:
    house.federation.found(DOMAIN, bundle(ROOT))
    house.federation.unread(DOMAIN, "unreachable")
    house.federation.unread(DOMAIN, "unreachable")
    house.later(3599)
    house.federation.look()
    house.believes(ROOT)
    house.later(1)
    house.federation.look()
    house.federation.look()
    with pytest.raises(AssertionWrong, match="bundle-outdated"):
        house.believes(ROOT)
    assert house.federation.bundle(DOMAIN) is None
    assert house.said() == [("changed", ""), ("unread", "unreachable"), ("outdated", "")]
    assert house.told[-1][0].word == "unreachable"
    house.federation.found(DOMAIN, bundle(ROOT))
    house.believes(ROOT)
    assert house.told[-1][0] == Standing("corp", DOMAIN, 1, 1, house.at, house.at + 3600 * SECOND)


def test_a_restart_makes_no_bundle_younger_and_loses_none(house: House) -> None:
    house.federation.found(DOMAIN, bundle(ROOT, sequence=5))
    house.later(1800)
    house.restart()
    house.believes(ROOT)
    house.later(1799)
    house.believes(ROOT)
    house.later(1)
    with pytest.raises(AssertionWrong, match="bundle-outdated"):
        house.believes(ROOT)
    house.restart()
    with pytest.raises(AssertionWrong, match="bundle-outdated"):
        house.believes(ROOT)
    house.federation.found(DOMAIN, bundle(NEXT, sequence=4))  # nor is an older one taken then
    assert house.said()[-1] == ("unread", "sequence-went-back")
    with pytest.raises(AssertionWrong, match="bundle-outdated"):
        house.believes(NEXT)


def test_what_holds_is_confirmed_and_the_store_knows_it_within_minutes(house: House) -> None:
    house.federation.found(DOMAIN, bundle(ROOT))
    house.later(3000)
    house.federation.alive(DOMAIN)
    house.later(STORED // SECOND - 1)
    house.federation.alive(DOMAIN)
    house.restart()
    house.later(3300)
    house.believes(ROOT)
    house.later(300)
    with pytest.raises(AssertionWrong, match="bundle-outdated"):
        house.believes(ROOT)


def test_a_source_that_goes_back_confirms_nothing(house: House) -> None:
    house.federation.found(DOMAIN, bundle(ROOT, sequence=5))
    house.later(1800)
    for older in (bundle(NEXT, sequence=4), bundle(NEXT, sequence=5), bundle(NEXT)):
        house.federation.found(DOMAIN, older)
        house.federation.alive(DOMAIN)
    house.believes(ROOT)
    house.later(1800)
    with pytest.raises(AssertionWrong, match="bundle-outdated"):
        house.believes(ROOT)
    assert [word for kind, word in house.said() if kind == "unread"] == [
        "sequence-went-back",
        "sequence-repeated",
        "sequence-went-back",
    ]


def test_another_source_begins_anew_and_a_domain_that_is_gone_is_forgotten(house: House) -> None:
    house.federation.found(DOMAIN, bundle(ROOT, sequence=5))
    house.domain = Federated("corp", DOMAIN, {PATH: "shop"}, file="/elsewhere")
    house.restart()
    with pytest.raises(AssertionWrong, match="bundle-missing"):
        house.believes(ROOT)
    house.federation.found(DOMAIN, bundle(NEXT, sequence=1))
    house.believes(NEXT)
    house.domain = Federated("other", "other.example", file="/elsewhere")
    house.restart()
    house.domain = Federated("corp", DOMAIN, {PATH: "shop"}, file="/elsewhere")
    house.restart()
    with pytest.raises(AssertionWrong, match="bundle-missing"):
        house.believes(NEXT)


def run(house: House, until: str) -> None:
    """Let a house read its source until something is on record."""

    async def keeping() -> None:
        task = asyncio.get_running_loop().create_task(house.federation.keep())
        async with asyncio.timeout(60):
            while until not in [kind for kind, _ in house.said()]:  # noqa: ASYNC110  # threads tell it
                await asyncio.sleep(0.02)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(keeping())


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "corp.json"
    file.write_bytes(written(bundle(ROOT, sequence=1)))
    file.chmod(0o600)
    domain = Federated("corp", DOMAIN, {PATH: "shop"}, file=str(file))
    house = House(open_store(f"sqlite:///{tmp_path}/store.db"), domain)
    run(house, "changed")
    house.believes(ROOT)
    read_once(domain)


def test_a_file_that_is_no_bundle_is_told(tmp_path: Path) -> None:
    domain = Federated("corp", DOMAIN, file=str(tmp_path / "none"))
    house = House(open_store(f"sqlite:///{tmp_path}/store.db"), domain)
    run(house, "unread")
    assert house.said() == [("unread", "unreadable")]


def test_our_own_workload_api_serves_a_bundle_as_any_other(tmp_path: Path) -> None:
    with serving(tmp_path) as (path, _):
        domain = Federated("theirs", "bartizan.local", {"/workload/app": "theirs"}, socket=path)
        house = House(open_store(f"sqlite:///{tmp_path}/store.db"), domain, at=CLOCK.now())
        run(house, "changed")
    found = house.federation.bundle("bartizan.local")
    assert found is not None
    assert found.authorities == (BUNDLE,)
    assert found.keys == ()


def faults(*domains: TrustDomain, own: str = "bartizan.local") -> list[str]:
    settings = Settings(
        workload=(Workload("app", os.geteuid()),),
        workload_api=WorkloadApi(trust_domain=own),
        trust_domain=domains,
    )
    return [".".join(map(str, fault.path)) for fault in settled(settings)]


def test_a_domain_has_one_source_and_a_principal_one_domain() -> None:
    good = TrustDomain("corp", DOMAIN, {PATH: "shop"}, endpoint_socket="unix:///run/agent.sock")
    assert faults(good) == []
    assert faults(good, own=DOMAIN) == ["trust_domain.0.trust_domain"]
    assert faults(TrustDomain("corp", DOMAIN)) == ["trust_domain.0"]
    both = TrustDomain("corp", DOMAIN, endpoint_socket="unix:///a", bundle_file="b")
    assert faults(both) == ["trust_domain.0"]
    assert faults(TrustDomain("corp", DOMAIN, endpoint_socket="/a")) == ["trust_domain.0.endpoint_socket"]
    assert faults(TrustDomain("corp", DOMAIN, bundle_file="b", socket_owner=1)) == [
        "trust_domain.0.socket_owner"
    ]
    assert faults(TrustDomain("corp", DOMAIN, bundle_endpoint="http://a")) == [
        "trust_domain.0.bundle_endpoint"
    ]
    assert faults(TrustDomain("corp", DOMAIN, bundle_endpoint="https://a", profile="https_spiffe")) == [
        "trust_domain.0.profile"
    ]
    assert faults(TrustDomain("corp", DOMAIN, bundle_file="b", authorities="c")) == ["trust_domain.0"]
    named = TrustDomain("corp", DOMAIN, {"/a/*": "shop", "/b": "app"}, bundle_file="b")
    assert faults(named) == ["trust_domain.0.workloads./a/*", "trust_domain.0.workloads./b"]
    again = TrustDomain("corp", DOMAIN, {"/z": "shop"}, bundle_file="b")
    assert "trust_domain.1.trust_domain" in faults(good, again)
    other = TrustDomain("more", "more.example", {"/z": "shop"}, bundle_file="b")
    assert faults(good, other) == ["trust_domain.1.workloads./z"]


def test_a_reader_that_breaks_is_told_and_stops() -> None:
    told: list[str] = []

    def broken() -> Bundle | None:
        raise RuntimeError("a mistake of ours")

    endpoint = Federated("corp", DOMAIN, url="https://localhost:1/")
    with pytest.raises(RuntimeError):
        watch(endpoint, Source(lambda _: None, lambda: None, told.append, broken))
    assert told == ["failed"]
