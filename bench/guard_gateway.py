"""What the guard costs in the gateway: `python -m bench.guard_gateway`. CPU counts every process of the platform but the sample.

Services with `off`, `observe` and `standard` stand on one platform in front of one upstream, and are asked in turn, round by
round. Every text is new, so that nothing is remembered of it. Streams are counted event by event: the service says the next
one once the client has what came of the last. Each figure is the median of the rounds, or the most that was seen; what is
added at best is that of the cheapest rounds, for other processes take caches away. The guard alone is what an event costs
without a gateway, in this process.
"""

import argparse
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bartizan import __version__
from bartizan.app.replying import Replying
from bartizan.control import discover
from bartizan.gateway.inspected import EVENTS
from bartizan.text.patterns import Patterns
from bartizan.text.rule import rules
from bartizan.text.sieve_hyperscan import HyperscanSieve
from bartizan.threats import controls
from bartizan.threats.injection import load as load_model
from bartizan.threats.inspect import Inspector
from bartizan.threats.lane import Guarding
from bartizan.threats.overlap import Echo, Prompt
from bartizan.threats.profile import PROFILES
from bench.bed import load, peers
from bench.bed.guarded import GUARDS, Guarded, beside_long_prompts, cost, guarded, prose
from bench.bed.load import LoadFailed
from bench.bed.processes import PeerFailed, cpu_ns
from bench.bed.report import machine, record, table
from bench.bed.sse_steps import Held, Service, event, stepped
from bench.bed.steady import percentile

SIZES = {1: 120, 4: 80, 16: 40, 64: 16}
"""KB of new text -> requests of it in a round."""
LONG_KB, APART_S = 1024, 1.0
PIECES = 600
FIXED_MS, A_KB_MS, RISE_MS, FIRST_MS, HELD, CHUNK_US = 0.1, 0.3, 5.0, 2.0, 256, 50.0
Row = Sequence[str]


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where the platform or its upstream does not run."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.guard_gateway", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long", type=int, default=10, help="prompts of 1 MB")
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    lines = peers.missing(frozenset({"nginx"}))
    if lines:
        print("install first:", *lines, sep="\n  ", file=sys.stderr)
        return 3
    try:
        body = _measured(arguments.rounds, arguments.long)
    except (PeerFailed, LoadFailed) as fault:
        print(fault, file=sys.stderr)
        return 3
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("The guard in the gateway", {"Bartizan": __version__}, body)
    return 0


def _measured(rounds: int, long: int) -> str:
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with peers.upstream(folder) as behind, Service() as service:
            ports = {"whole": behind.whole, "stream": behind.streams, "steps": service.port}
            with guarded(ports) as place:
                rows = [*_requests(place, rounds), *_others(place, long)]
                rows += _first_bytes(place, behind, rounds)
                rows += _chunks(place, service, rounds)
    return table(("what", "off", "observe", "standard", "goal", "seen", ""), rows)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _requests(place: Guarded, rounds: int) -> list[Row]:
    """Return what a request costs with each guard, by size."""
    rows = list[Row]()
    for size, times in SIZES.items():
        _say(f"requests of {size} KB")
        texts, seen = prose(size, size), {guard: list[float]() for guard in GUARDS}
        for _ in range(rounds):
            for guard in GUARDS:
                seen[guard].append(cost(place, guard, [next(texts) for _ in range(times)]))
        added = statistics.median(
            one - other for one, other in zip(seen["standard"], seen["off"], strict=True)
        )
        goal, least = FIXED_MS + A_KB_MS * size, min(seen["standard"]) - min(seen["off"])
        cells = [f"{statistics.median(each):.2f}" for each in seen.values()]
        what = f"CPU ms a request of {size} KB (added at best {least:.2f})"
        rows.append((what, *cells, *_goal(f"+{goal:.1f}", goal, added)))
    return rows


def _others(place: Guarded, long: int) -> list[Row]:
    """Return what other connections see while long prompts are inspected."""
    rows, texts = list[Row](), prose(2, LONG_KB)
    for guard in ("off", "standard"):
        _say(f"others at {guard}, beside prompts of {LONG_KB} KB")
        seen = beside_long_prompts(place, guard, [next(texts) for _ in range(long)], APART_S)
        alone, during = percentile(seen.alone, 0.99), percentile(seen.during, 0.99)
        cells = ["", "", ""]
        cells[GUARDS.index(guard)] = f"{alone:.1f} -> {during:.1f}"
        what = f"others' p99 ms beside 1 MB at standard ({statistics.median(seen.longest_ms):.0f} ms each)"
        rows.append((what, *cells, *_goal(f"+{RISE_MS:g}", RISE_MS, during - alone)))
    return rows


def _first_bytes(place: Guarded, behind: peers.Upstream, rounds: int) -> list[Row]:
    """Return when the first event of a stream comes, beside a client that asks the service itself."""
    _say("streams")
    entries = {"direct": peers.entries(behind.streams, tls=False)[1]}
    entries |= {guard: place.entry(guard, "stream") for guard in GUARDS}
    seen = {name: list[load.Stream]() for name in entries}
    for _ in range(2 * rounds + 1):
        for name, entry in entries.items():
            seen[name].append(load.stream(entry))
    firsts = {name: statistics.median(each.first_ms for each in mine[1:]) for name, mine in seen.items()}
    added = [firsts[guard] - firsts["direct"] for guard in GUARDS]
    merged = [sum(each.merged for each in seen[guard]) for guard in GUARDS]
    events = sum(each.events for each in seen["off"])
    return [
        (
            "SSE: first byte, ms more than direct",
            *(f"{each:.2f}" for each in added),
            *_goal(f"off, observe +{FIRST_MS:g}", FIRST_MS, max(added[:2])),
        ),
        (
            f"SSE: events merged, of {events}",
            *map(str, merged),
            *_goal("off, observe 0", 0, max(merged[:2])),
        ),
    ]


def _chunks(place: Guarded, service: Service, rounds: int) -> list[Row]:
    """Return what is held back of a stream, and what an event costs."""
    texts, seen = prose(3, 8), {guard: list[Held]() for guard in GUARDS}
    spent = partial(cpu_ns, place.pids)
    for _ in range(rounds):
        for guard in GUARDS:
            pieces = [f"{word} " for word in next(texts).split()][:PIECES]
            seen[guard].append(stepped(service, place.entry(guard, "steps"), pieces, spent))
    most = [max(each.most for each in seen[guard]) for guard in GUARDS]
    costs = [statistics.median(each.cpu_us for each in seen[guard]) for guard in GUARDS]
    least = min(each.cpu_us for each in seen["standard"]) - min(each.cpu_us for each in seen["off"])
    whole = all(each.whole for mine in seen.values() for each in mine)
    return [
        ("SSE: letters held back of a choice, at most", *map(str, most), *_goal(f"<= {HELD}", HELD, most[2])),
        ("SSE: head and comment alone, and every letter", "", "", "", "all", *_all(whole=whole)),
        (
            f"SSE: CPU us an event, one at a time (added at best {least:.0f})",
            *(f"{each:.0f}" for each in costs),
            *_goal(f"+{CHUNK_US:g}", CHUNK_US, costs[2] - costs[0]),
        ),
        ("SSE: CPU us an event, the guard alone", "", "", "", *_goal(f"<= {CHUNK_US:g}", CHUNK_US, _alone())),
    ]


def _alone() -> float:
    """Return what an event costs the guard, CPU us: the median over a stream."""
    every = rules()
    patterns = Patterns(every, HyperscanSieve.compiled(every))
    inspector = Inspector(patterns, discover(controls), secrets.token_bytes(32), model=load_model())
    replying = Replying(Guarding(inspector, PROFILES["standard"], Echo(Prompt([]))))
    costs = list[int]()
    for word in next(prose(4, 16)).split():
        said = event({"content": f"{word} "}, None)
        begin = time.process_time_ns()
        for _ in replying.steps(said, EVENTS, last=False):
            pass
        costs.append(time.process_time_ns() - begin)
    return statistics.median(costs[len(costs) // 4 :]) / 1000


def _all(*, whole: bool) -> tuple[str, str]:
    return ("all", "met") if whole else ("not all", "not met")


def _goal(told: str, most: float, seen: float) -> tuple[str, str, str]:
    return told, f"{seen:.2f}".rstrip("0").rstrip("."), "met" if seen <= most else "not met"


if __name__ == "__main__":
    sys.exit(main())
