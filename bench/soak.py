"""Ten minutes at 70 % of what the platform can: `python -m bench.soak`. Nothing may grow: memory, descriptors, threads.

The platform runs over TLS in front of nginx. What it can is measured first, by wrk with 32 connections that ask
again at once; then, in cycles of ten seconds, wrk asks for seven and rests for three, on new connections each time, with
a new token every five minutes. Every process is looked at every two seconds. A line is laid through what was seen, the first tenth left
out, by least squares; something grows where its line rises, over the whole time, by more than a hundredth of its level,
and by more than three standard errors. Descriptors need root to be seen, for a worker shows nobody its own.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bartizan import __version__
from bench.bed import load, peers
from bench.bed.alone import Place, alone
from bench.bed.processes import PeerFailed, pss_mb
from bench.bed.report import machine, record, table

_CYCLE_S, _BUSY_S, _LOOK_S, _TOKEN_S = 10, 7, 2.0, 300.0
_MODULES = {
    "supervise": "supervisor",
    "worker": "worker",
    "dialer": "dialer",
    "serve": "control",
    "sealer": "sealer",
}


@dataclass(slots=True)
class Track:
    """What was seen of one thing: seconds since the start, and how much there was of it."""

    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through a track: its mean, its rise over the whole time, and the standard error of that."""

    mean: float
    rise: float
    error: float

    @property
    def grows(self) -> bool:
        """Whether it rises by more than chance and more than a hundredth."""
        return self.rise > max(3 * self.error, self.mean / 100)


def line(track: Track) -> Line:
    """Return the line by least squares, the first tenth of the track left out."""
    start = len(track.times) // 10
    times, values = track.times[start:], track.values[start:]
    mean_time, mean = statistics.fmean(times), statistics.fmean(values)
    spread = sum((each - mean_time) ** 2 for each in times)
    slope = sum((t - mean_time) * (v - mean) for t, v in zip(times, values, strict=True)) / spread
    left = sum((v - mean - slope * (t - mean_time)) ** 2 for t, v in zip(times, values, strict=True))
    error = math.sqrt(left / (len(times) - 2) / spread)
    whole = times[-1] - times[0]
    return Line(mean, slope * whole, error * whole)


def main(words: Sequence[str] | None = None) -> int:
    """Load, look and print; 0, 1 where something grows, 3 where something is missing or does not run."""
    arguments = _arguments(words)
    lines = peers.missing(frozenset({"nginx", "wrk"}))
    if lines:
        print("install first:", *lines, sep="\n  ", file=sys.stderr)
        return 3
    try:
        with alone() as place:
            can = load.burst(place.entry, 5, place.folder)
            tracks, asked, failed = _soak(place, arguments.seconds)
    except (PeerFailed, load.LoadFailed) as fault:
        print(fault, file=sys.stderr)
        return 3
    found = {name: line(track) for name, track in tracks.items()}
    rate = asked / arguments.seconds
    told = f"{asked:,} requests, {rate / can.rate:.0%} of {can.rate:,.0f} a second; {failed} failed."
    body = f"{told}\n\n{_told(found)}"
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record(f"Soak, {arguments.seconds:g} s", {"Bartizan": __version__}, body)
    return int(any(each.grows for each in found.values()))


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    return parser.parse_args(words)


def _soak(place: Place, seconds: float) -> tuple[dict[str, Track], int, int]:
    names = _names(place.pids)
    tracks: dict[str, Track] = {}
    begun = fresh = time.monotonic()
    asked = failed = 0
    while time.monotonic() - begun < seconds:
        if time.monotonic() - fresh > _TOKEN_S:
            place, fresh = place.again(), time.monotonic()
        cycle = time.monotonic()
        with load.bursting(place.entry, _BUSY_S, place.folder) as wrk:
            while time.monotonic() - cycle < _CYCLE_S:
                time.sleep(_LOOK_S)
                _look(names, tracks, time.monotonic() - begun)
        asked, failed = asked + wrk.seen.requests, failed + wrk.seen.failed
    return tracks, asked, failed


def _names(pids: Sequence[int]) -> dict[int, str]:
    """Return process -> what it is; the second worker is the spare."""
    names: dict[int, str] = {}
    for pid in pids:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        modules = [word.rpartition(".")[2] for word in words if word.startswith("bartizan.")]
        kind = _MODULES.get(modules[-1]) if modules else None  # `app.start` comes first
        if kind is not None:
            names[pid] = f"{kind} {pid}"
    missing = set(_MODULES.values()) - {name.partition(" ")[0] for name in names.values()}
    if missing:
        raise PeerFailed(f"nothing would be seen of {', '.join(sorted(missing))}")
    return names


def _look(names: Mapping[int, str], tracks: dict[str, Track], now: float) -> None:
    for pid, name in names.items():
        seen = {"PSS MB": pss_mb([pid]), "threads": float(_threads(pid))}
        try:
            seen["descriptors"] = float(len(list(Path(f"/proc/{pid}/fd").iterdir())))
        except PermissionError:
            pass
        except FileNotFoundError as fault:
            raise PeerFailed(f"{name} ended under load") from fault
        for what, value in seen.items():
            track = tracks.setdefault(f"{name}, {what}", Track())
            track.times.append(now)
            track.values.append(value)


def _threads(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[17])


def _told(found: Mapping[str, Line]) -> str:
    rows = [
        [
            name,
            f"{each.mean:.2f}",
            f"{each.rise:+.3f}",
            f"{each.error:.3f}",
            "GROWS" if each.grows else "holds",
        ]
        for name, each in found.items()
    ]
    return table(["what", "mean", "rise over the run", "standard error", ""], rows)


if __name__ == "__main__":
    sys.exit(main())
