"""Floods of strangers while a client goes on asking: `python -m bench.flood`. The goal: its p99 stays within 5 times.

The platform runs as it comes, over TLS, in front of nginx. A client with a token asks 200 times a second on a kept
connection and 5 times a second on a new one, each counted from when it was due. Then the same beside each flood: two
processes that come from forty /24 networks of loopback, as fast as they can. They share this machine's cores with
what they flood, which floods from outside do not: so they run on one core, when nobody else wants it, and the row
`burn` shows what even that costs, for it uses as much and sends nothing. Floods and quiet take turns, and a ratio is
the median over the rounds of a flood's percentile against the quiet one's of the same round.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bartizan import __version__
from bench.bed import peers
from bench.bed.alone import Place, alone
from bench.bed.load import LoadFailed
from bench.bed.processes import PeerFailed, cpu_us, pss_mb
from bench.bed.report import machine, record, table
from bench.bed.steady import Steady, percentile, steady

KINDS = (
    "burn",
    "no-token",
    "wrong-token",
    "churn",
    "handshakes",
    "half-open",
    "half-hello",
    "slow-heads",
    "big-bodies",
)
GOAL = 5
_MOST_S = 600
"""Seconds after which a flooder ends by itself."""
_NETWORKS = ((1, 20), (21, 40))
"""The second-last octets that each of the two flooders comes from."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one flood, or none, did in one round.

    Attributes:
        client: what the client saw.
        tries_s: how often strangers tried, a second.
        cores: processor time that the platform used, a second.
        mb: PSS of the platform under it.
    """

    client: Steady
    tries_s: float
    cores: float
    mb: float


Round = Mapping[str, Seen]


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where something is missing or does not run."""
    arguments = _arguments(words)
    lines = peers.missing(frozenset({"nginx"}))
    if lines:
        print("install first:", *lines, sep="\n  ", file=sys.stderr)
        return 3
    kinds = ["none", *(kind for kind in KINDS if not arguments.only or kind in arguments.only)]
    try:
        with alone() as place:
            steady(place.entry, 1)
            begun = pss_mb(place.pids)
            rounds = [_round(place, kinds, arguments.seconds, number) for number in range(arguments.rounds)]
    except (PeerFailed, LoadFailed) as fault:
        print(fault, file=sys.stderr)
        return 3
    body = f"{_told(kinds, rounds)}\n\nPSS of the platform before the first flood: {begun:.0f} MB."
    print(body, machine(), sep="\n\n")
    if arguments.record:
        note = f"{arguments.rounds} rounds of {arguments.seconds:g} s a flood."
        record("Flood", {"Bartizan": __version__}, f"{note}\n\n{body}")
    return 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each flood in each round")
    parser.add_argument("--only", action="append", choices=KINDS, help="leave the other kinds out")
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    return parser.parse_args(words)


def _round(place: Place, kinds: Sequence[str], seconds: float, number: int) -> Round:
    seen = {}
    for kind in kinds:
        print(f"round {number + 1}: {kind}", file=sys.stderr)
        seen[kind] = _seen(place, kind, seconds)
    return seen


def _seen(place: Place, kind: str, seconds: float) -> Seen:
    used, begun = cpu_us(place.pids), time.monotonic()
    with flooding(place, kind) as flood:
        time.sleep(0 if kind == "none" else 1)
        client = steady(place.entry, seconds)
        took = time.monotonic() - begun
        cores, under = (cpu_us(place.pids) - used) / 1e6 / took, pss_mb(place.pids)
    return Seen(client, flood.tried / took, cores, under)


@dataclass(slots=True)
class Flooding:
    """A flood: its processes, and how often they tried, once it is over."""

    flooders: Sequence["subprocess.Popen[str]"]
    tried: int = 0


@contextmanager
def flooding(place: Place, kind: str) -> Iterator[Flooding]:
    """Flood a platform as long as the block takes; by nobody where the kind is `none`.

    Raises:
        PeerFailed: a flooder ended before the block did, or never tried.
    """
    flooders = [] if kind == "none" else [_flooder(place, kind, nets) for nets in _NETWORKS]
    flood = Flooding(flooders)
    try:
        yield flood
        ended = [each for each in flooders if each.poll() is not None]
    finally:
        for each in flooders:
            each.terminate()
        told = [each.communicate()[0] for each in flooders]
    flood.tried = sum(int(each or 0) for each in told)
    if ended or any(each.returncode for each in flooders) or not all(int(each or 0) for each in told):
        raise PeerFailed(
            f"the flood {kind} ended early, or never began: {len(ended)} of {len(flooders)} ended; they tried {told}"
        )


def _flooder(place: Place, kind: str, nets: tuple[int, int]) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "bench.bed.flooder", kind, str(place.entry.port), str(_MOST_S)]
    flooder = subprocess.Popen(
        [*words, *map(str, nets)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert flooder.stdin is not None
    flooder.stdin.write(place.token)
    flooder.stdin.close()
    flooder.stdin = None
    return flooder


def _told(kinds: Sequence[str], rounds: Sequence[Round]) -> str:
    heading = ["flood", "tries/s", "platform's cores", "kept p50 ms", "p99 ms", "x quiet", f"goal: {GOAL}",
               "new p50 ms", "p99 ms", "x quiet", "failed", "PSS MB"]  # fmt: skip
    return table(heading, [_row(kind, rounds) for kind in kinds])


def _row(kind: str, rounds: Sequence[Round]) -> list[str]:
    mine, median = [each[kind] for each in rounds], statistics.median
    ratio, fresh = _ratio(kind, rounds, "kept"), _ratio(kind, rounds, "fresh")
    return [
        kind,
        f"{median(each.tries_s for each in mine):,.0f}",
        f"{median(each.cores for each in mine):.2f}",
        f"{median(percentile(each.client.kept, 0.5) for each in mine):.2f}",
        f"{median(percentile(each.client.kept, 0.99) for each in mine):.2f}",
        f"{ratio:.1f}",
        "met" if ratio <= GOAL else "not met",
        f"{median(percentile(each.client.fresh, 0.5) for each in mine):.1f}",
        f"{median(percentile(each.client.fresh, 0.99) for each in mine):.1f}",
        f"{fresh:.1f}",
        str(sum(each.client.failed for each in mine)),
        f"{max(each.mb for each in mine):.0f}",
    ]


def _ratio(kind: str, rounds: Sequence[Round], which: str) -> float:
    """Return the median over the rounds of p99 against the quiet one's in the same round."""
    return statistics.median(
        percentile(getattr(each[kind].client, which), 0.99)
        / percentile(getattr(each["none"].client, which), 0.99)
        for each in rounds
    )


if __name__ == "__main__":
    sys.exit(main())
