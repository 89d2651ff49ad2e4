"""The gateway beside nginx, HAProxy, Envoy and LiteLLM on one upstream, in one run: `python -m bench.gateway`.

Every system gets the same load in turn, round by round, so that a busy minute of the machine hits them all.
Ratios are taken within a round, and the median of the rounds is told. Processor time and memory count every
process of a system: for Bartizan the supervisor, worker, spare, dialer, control and sealer, not the sample.
Bartizan runs with every check on: 1,000 tokens of 50 principals over 100 services, drawn by Zipf's law, a
token revoked each second, policy, limits, validation, both journal records; the rows "one token" show it
without what distinct tokens and revocations cost. The others check nothing, but LiteLLM its master key. wrk offers X25519 only, so TLS is classical for all in this load.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bartizan import __version__
from bench.bed import envoy, load, peers
from bench.bed.load import Burst, Stream
from bench.bed.peers import System, Upstream
from bench.bed.platform import bartizan
from bench.bed.processes import PeerFailed, cpu_us, pss_mb, tree
from bench.bed.report import machine, record, table

Starter = Callable[[Path, Upstream], AbstractContextManager[tuple[System, ...]]]
STARTERS: Mapping[str, Starter] = {
    "nginx": partial(peers.nginx, tls=False),
    "haproxy": peers.haproxy,
    "envoy": partial(envoy.envoy, tls=False),
    "litellm": peers.litellm,
    "bartizan": partial(bartizan, tls=False),
    "nginx-tls": partial(peers.nginx, tls=True),
    "envoy-tls": partial(envoy.envoy, tls=True),
    "bartizan-tls": partial(bartizan, tls=True),
}


@dataclass(slots=True)
class Seen:
    """What was measured of one system."""

    bursts: list[Burst] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    latency_us: list[float] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    pss_mb: float = 0.0


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where a peer is missing or does not run."""
    arguments = _arguments(words)
    wanted = frozenset(STARTERS) - frozenset(arguments.without)
    lines = peers.missing(wanted | {"nginx", "wrk"})
    if wanted & {"envoy", "envoy-tls"} and envoy.ENVOY is None:
        lines.append("make install EDGE=1")
    if lines:
        print("install first (or leave a peer out with --without):", *lines, sep="\n  ", file=sys.stderr)
        return 3
    try:
        seen = _measure(wanted, arguments.rounds, arguments.seconds)
    except (PeerFailed, load.LoadFailed) as fault:
        print(fault, file=sys.stderr)
        return 3
    body = _told(seen)
    print(body, machine(), sep="\n")
    if arguments.record:
        note = f"{arguments.rounds} rounds of {arguments.seconds} s, {load.CONNECTIONS} connections, one wrk thread."
        record(
            "Gateway",
            {"Bartizan": __version__, **peers.versions(wanted), **_envoys(wanted)},
            f"{note}\n\n{body}",
        )
    return 0


def _envoys(wanted: frozenset[str]) -> dict[str, str]:
    return {"envoy": envoy.version()} if wanted & {"envoy", "envoy-tls"} else {}


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of load for one system in one round")
    parser.add_argument(
        "--without", action="append", default=[], choices=sorted(STARTERS), help="leave one out"
    )
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    return parser.parse_args(words)


def _measure(wanted: frozenset[str], rounds: int, seconds: int) -> dict[str, Seen]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-bench-")))
        folder.chmod(0o755)
        behind = stack.enter_context(peers.upstream(folder))
        starters = [start for name, start in STARTERS.items() if name in wanted]
        systems = [system for start in starters for system in stack.enter_context(start(folder, behind))]
        direct = System("direct", 0, *_direct(behind))
        seen = {system.name: Seen() for system in (direct, *systems)}
        for system in (direct, *systems):
            load.burst(system.load, 5 if system.name == "LiteLLM" else 1, folder)  # warm: connections, caches
        for number in range(rounds):
            for system in (direct, *systems):
                print(f"round {number + 1} of {rounds}: {system.name}", file=sys.stderr)
                _one(system, seen[system.name], seconds, folder)
        return seen


def _direct(behind: Upstream) -> tuple[load.Entry, load.Entry]:
    return peers.entries(behind.whole, tls=False)[0], peers.entries(behind.streams, tls=False)[1]


def _one(system: System, seen: Seen, seconds: int, folder: Path) -> None:
    pids = [pid for pid in tree(system.root) if pid not in system.apart] if system.root else []
    before = cpu_us(pids)
    with system.during():
        burst = load.burst(system.load, seconds, folder)
    seen.cpu_us.append((cpu_us(pids) - before) / burst.requests)
    seen.bursts.append(burst)
    slow = system.name == "LiteLLM"
    seen.latency_us.append(load.latency_us(system.load, 50 if slow else 1000))
    seen.streams += [load.stream(system.streaming) for _ in range(5)]
    seen.pss_mb = pss_mb(pids)


def _told(seen: Mapping[str, Seen]) -> str:
    heading = ["system", "requests/s", "x nginx", "CPU us/request", "x nginx", "p50 ms", "p99 ms", "added us",
               "first byte ms", "merged", "PSS MB", "failed"]  # fmt: skip
    rows = [_row(name, each, seen) for name, each in seen.items()]
    return f"{table(heading, rows)}\n\n{_goals(seen)}"


def _row(name: str, each: Seen, seen: Mapping[str, Seen]) -> list[str]:
    base = (
        seen["nginx TLS" if name.endswith("TLS") and "nginx TLS" in seen else "nginx"]
        if "nginx" in seen
        else each
    )
    median = statistics.median
    streams = each.streams
    return [
        name,
        f"{median(burst.rate for burst in each.bursts):,.0f}",
        f"{_ratio(each, base):.3f}",
        f"{median(each.cpu_us):.1f}" if name != "direct" else "",
        f"{median(each.cpu_us) / median(base.cpu_us):.2f}" if name != "direct" else "",
        f"{median(burst.p50_ms for burst in each.bursts):.2f}",
        f"{median(burst.p99_ms for burst in each.bursts):.2f}",
        f"{median(each.latency_us) - median(seen['direct'].latency_us):.0f}",
        f"{median(stream.first_ms for stream in streams):.2f}",
        f"{sum(stream.merged for stream in streams)}/{sum(stream.events for stream in streams)}",
        f"{each.pss_mb:.0f}" if name != "direct" else "",
        f"{sum(burst.failed for burst in each.bursts)}",
    ]


def _ratio(each: Seen, base: Seen) -> float:
    """Return the median over the rounds of a system's rate against another's in the same round."""
    pairs = zip(each.bursts, base.bursts, strict=True)
    return statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)


def _goals(seen: Mapping[str, Seen]) -> str:
    """Return the goals beside what was seen."""
    rows = []
    median = statistics.median
    if {"Bartizan", "nginx"} <= seen.keys():
        ours, base = seen["Bartizan"], seen["nginx"]
        added = median(ours.latency_us) - median(seen["direct"].latency_us)
        first = median(s.first_ms for s in ours.streams) - median(s.first_ms for s in seen["direct"].streams)
        rows += [
            _goal("requests/s against nginx", ">=", 0.5, _ratio(ours, base)),
            _goal("CPU a request against nginx", "<=", 2.5, median(ours.cpu_us) / median(base.cpu_us)),
            _goal("added latency p50, one connection, us", "<=", 200, added),
            _goal("first byte of a stream, added ms", "<=", 2, first),
            _goal("events of streams merged", "<=", 0, sum(stream.merged for stream in ours.streams)),
            _goal("sum of PSS, MB (goal: ten minutes after load)", "<=", 250, ours.pss_mb),
        ]
    if {"Bartizan TLS", "nginx TLS"} <= seen.keys():
        rows.append(
            _goal(
                "TLS: requests/s against nginx TLS",
                ">=",
                0.4,
                _ratio(seen["Bartizan TLS"], seen["nginx TLS"]),
            )
        )
    if {"Bartizan TLS", "Envoy TLS"} <= seen.keys():
        rows.append(
            _goal(
                "TLS: CPU a request, us, against Envoy's plain TLS",
                "<=",
                median(seen["Envoy TLS"].cpu_us),
                median(seen["Bartizan TLS"].cpu_us),
            )
        )
    if {"Bartizan", "LiteLLM"} <= seen.keys():
        rows.append(_goal("requests/s against LiteLLM", ">=", 200, _ratio(seen["Bartizan"], seen["LiteLLM"])))
    return table(["goal", "wanted", "seen", ""], rows)


def _goal(what: str, sign: str, wanted: float, found: float) -> list[str]:
    met = found >= wanted if sign == ">=" else found <= wanted
    return [what, f"{sign} {wanted:g}", f"{found:.3g}", "met" if met else "not met"]


if __name__ == "__main__":
    sys.exit(main())
