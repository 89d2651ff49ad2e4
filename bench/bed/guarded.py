"""A platform whose services differ in their guard alone, and what a request of new text costs all of its processes."""

import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bed.alone import command
from bench.bed.load import BODY, Entry, LoadFailed, connect, request, whole
from bench.bed.platform import Owner, tokens_of
from bench.bed.processes import PeerFailed, cpu_ns, tree

GUARDS = ("off", "observe", "standard")
PRINCIPALS = 16
"""Who ask in turn, since what one of them may have inspected is bounded."""
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running platform.

    Attributes:
        port: of its gateway.
        pids: of its processes, the sample left out.
        tokens: one of each principal.
        status: the file that says how it is.
    """

    port: int
    pids: list[int]
    tokens: Sequence[str]
    status: Path

    def entry(self, guard: str, kind: str = "whole") -> Entry:
        """Return where a service of a kind with this guard answers, to every principal in turn."""
        path = f"/{kind}-{guard}/v1/chat/completions"
        return Entry(self.port, False, tuple((path, token) for token in self.tokens))

    def sieve(self) -> str:
        """Return what patterns are looked for with."""
        said: str = json.loads(self.status.read_text())["sieve"]
        return said


@contextmanager
def guarded(ports: Mapping[str, int]) -> Iterator[Guarded]:
    """Run a platform in front of services, each with every guard, until the block ends.

    Args:
        ports: kind of a service -> where it answers; `whole` must be there.

    What reads like an injection goes on all the same, since texts of people are sent, a few of which do.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-") as name:
        folder = Path(name)
        state = folder / "state"
        services = [_service(kind, port, guard) for kind, port in ports.items() for guard in GUARDS]
        (folder / "bartizan.toml").write_text('tls = "off"\n' + "".join(services))
        try:
            command(folder, "up", "--detach", "--port", "0", "--no-drill", "--state", str(state))
            place = state / "run" / "status.json"
            status, owner = json.loads(place.read_text()), Owner(state / "run" / "owner.sock")
            port = int(status["listen"].rpartition(":")[2])
            sample = {each["pid"] for each in status["processes"] if each["kind"] == "sample"}
            pids = [pid for pid in tree(int(status["pid"])) if pid not in sample]
            people = [owner.post("/principals", {"name": f"load-{n:02}"}) for n in range(PRINCIPALS)]
            found = Guarded(port, pids, tokens_of(people, port, PRINCIPALS, tls=False), place)
            _warm(found)
            yield found
        finally:
            command(folder, "down", "--state", str(state))


def _service(kind: str, port: int, guard: str) -> str:
    actions = 'guard_actions = { "prompt-injection" = "flag" }\n' if guard != "off" else ""
    return (
        f'[[service]]\nname = "{kind}-{guard}"\nupstream = "http://127.0.0.1:{port}/v1"\n'
        f'allow_private = ["127.0.0.1:{port}"]\nguard = "{guard}"\n{actions}'
        "limits = { requests_per_minute = 1_000_000_000 }\n"
    )


def _warm(place: Guarded) -> None:
    """Have everything loaded, and wait until the faster patterns are compiled."""
    until, drawn = time.monotonic() + _PATIENCE_S, prose(0, 32)
    while place.sieve() != "hyperscan":
        if time.monotonic() > until:
            raise PeerFailed(f"patterns are looked for with {place.sieve()} after {_PATIENCE_S:g} s")
        for guard in GUARDS:
            cost(place, guard, [next(drawn)])
        time.sleep(0.5)


def prose(seed: int, kilobytes: int) -> Iterator[str]:
    """Yield texts of so many KB, each of them new: sentences in an order by chance, with numbers in them."""
    drawn = random.Random(seed)
    while True:
        said, size = list[str](), 0
        while size < kilobytes * 1024:
            said.append(drawn.choice(_SENTENCES).replace("#", f"{drawn.randrange(10**6)}"))
            size += len(said[-1]) + 1
        yield " ".join(said)[: kilobytes * 1024]


_SENTENCES = tuple(
    line.strip()
    for line in """
    The ferry to the island leaves at # in the morning and takes about an hour when the sea is calm.
    Please write a short letter to the landlord about the broken heating in flat #.
    In chapter # the author compares two ways to store grain through a wet winter.
    My grandmother kept # recipes in a tin box, and most of them begin with a pound of butter.
    What would you say are the three most useful books on the history of bridges, and why?
    The museum has # paintings, a garden with old roses, and a small room for children.
    Summarize the minutes of the meeting below in five sentences, with the names of who has to do what.
    We measured the length of # leaves and found that those in the shade were longer by a third.
    If the train is late, take bus # from the station square to the river and walk across the bridge.
    Could you explain how a rainbow forms, in words that a child of eight can follow?
    The team repaired the pump on Tuesday; since then it has moved # litres without a fault.
    Here is the draft of my speech for the wedding; it should be warmer and half as long.
    """.splitlines()
    if line.strip()
)


def cost(place: Guarded, guard: str, texts: Sequence[str]) -> float:
    """Return what a request with each of these texts costs all processes, CPU ms, on one connection, one after another."""
    entry = place.entry(guard)
    bodies = [chat(text) for text in texts]
    octets = [request(entry.calls[number % len(entry.calls)], body) for number, body in enumerate(bodies)]
    with connect(entry) as sock:
        sock.sendall(request(entry.calls[0], BODY))
        whole(sock)
        before = cpu_ns(place.pids)
        for each in octets:
            sock.sendall(each)
            whole(sock)
        return (_settled(place.pids) - before) / len(texts) / 1e6


def _settled(pids: Sequence[int]) -> int:
    """Return the processor time of processes once they have done what was left to do beside the requests."""
    until, spent = time.monotonic() + _PATIENCE_S, cpu_ns(pids)
    while time.monotonic() < until:
        time.sleep(0.03)
        before, spent = spent, cpu_ns(pids)
        if spent - before < _IDLE_NS:
            return spent
    raise PeerFailed(f"the platform is not idle within {_PATIENCE_S:g} s")


_IDLE_NS = 2_000_000
"""What an idle platform uses in 30 ms at most."""


def chat(text: str) -> bytes:
    """Return the body of a request with one text of a user."""
    return json.dumps({"model": "sample", "messages": [{"role": "user", "content": text}]}).encode()


@dataclass(frozen=True, slots=True)
class Beside:
    """What a client that asks steadily saw: milliseconds to its answers, meanwhile, and while a long prompt was inspected.

    Attributes:
        alone, during: milliseconds from the moment at which a request was due to its whole answer.
        longest_ms: how long the long prompts took, each.
    """

    alone: list[float]
    during: list[float]
    longest_ms: list[float]


def beside_long_prompts(place: Guarded, guard: str, prompts: Sequence[str], apart_s: float) -> Beside:
    """Return what another connection to a service sees while prompts are inspected by `standard`.

    Args:
        place: the platform.
        guard: of the service that the other connection asks.
        prompts: long ones.
        apart_s: seconds between the end of one and the next.
    Raises:
        LoadFailed: a request was not answered 200.
    """
    spans, stop, seen = list[tuple[float, float]](), threading.Event(), list[tuple[float, float]]()
    faults = list[Exception]()

    def ask() -> None:
        try:
            _steadily(place.entry(guard), stop, seen)
        except (LoadFailed, OSError) as fault:
            faults.append(fault)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        entry = place.entry("standard")
        for number, text in enumerate(prompts):
            time.sleep(apart_s)
            octets = request(entry.calls[1 + number % (len(entry.calls) - 1)], chat(text))
            with connect(entry) as sock:
                begun = time.perf_counter()
                sock.sendall(octets)
                whole(sock)
                spans.append((begun, time.perf_counter()))
    finally:
        stop.set()
        thread.join()
    if faults:
        raise LoadFailed(f"the connection beside long prompts ended: {faults[0]}")
    during = [ms for due, ms in seen if any(begun <= due + ms / 1000 and due <= end for begun, end in spans)]
    alone = [
        ms for due, ms in seen if not any(begun <= due + ms / 1000 and due <= end for begun, end in spans)
    ]
    return Beside(alone, during, [(end - begun) * 1000 for begun, end in spans])


_RATE = 50
"""Requests a second of the client beside."""


def _steadily(entry: Entry, stop: threading.Event, seen: list[tuple[float, float]]) -> None:
    octets = request(entry.calls[0], BODY)
    with connect(entry) as sock:
        begun, number = time.perf_counter(), 0
        while not stop.is_set():
            due = begun + number / _RATE
            number += 1
            time.sleep(max(0.0, due - time.perf_counter()))
            sock.sendall(octets)
            whole(sock)
            seen.append((due, (time.perf_counter() - due) * 1000))
