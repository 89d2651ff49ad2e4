"""What is agreed on with clients, and what that costs: `python -m bench.handshake`.

New connections, one request on each, of clients that offer X25519MLKEM768 first, as browsers and OpenSSL do, and of
clients that know X25519 alone, in turn. What was agreed on is what the client saw and what the record of each request
says. Then the same before a platform that requires a quantum-safe group. Processor time is all of the platform's.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from OpenSSL import SSL

from bartizan import __version__
from bartizan.crypto.tls import client_context
from bartizan.crypto.tls_groups import HYBRID
from bartizan.drill.door import Door, read_answer
from bartizan.egress.faults import HandshakeRefused
from bench.bed.alone import Place, alone, command
from bench.bed.load import BODY
from bench.bed.processes import PeerFailed, cpu_us
from bench.bed.report import machine, record, table

OFFERS = {"X25519MLKEM768 first": "X25519MLKEM768:X25519:secp256r1", "X25519 alone": "X25519"}
"""What a client offers, in words and as OpenSSL's list of groups."""
_ROUND = 50
_REFUSED = "refused"


@dataclass(slots=True)
class Seen:
    """What came of one kind of client: groups, by request too, and how many of those are on record as the client saw."""

    groups: Counter[str] = field(default_factory=Counter)
    asked: dict[str, str] = field(default_factory=dict)
    recorded: int = 0
    cpu_us: list[float] = field(default_factory=list)


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where a platform did not run or answer."""
    parser = argparse.ArgumentParser(prog="python -m bench.handshake", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--rounds", type=int, default=10, help=f"of {_ROUND} connections of each client")
    arguments = parser.parse_args(words)
    try:
        preferred, required = (
            _measured(said, arguments.rounds) for said in ('pq = "preferred"\n', 'pq = "required"\n')
        )
    except PeerFailed as fault:
        print(fault, file=sys.stderr)
        return 3
    body = _told(preferred, required)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        versions = {"Bartizan": __version__, "TLS": SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode()}
        record("Handshakes", versions, body)
    return 0


def _measured(said: str, rounds: int) -> dict[str, Seen]:
    seen = {offer: Seen() for offer in OFFERS}
    with alone(said=said) as place:
        authority = (place.state / "ca.pem").read_bytes()
        door = Door("localhost", place.entry.port, authority, "service")
        clients = {offer: client_context(authority, groups=groups) for offer, groups in OFFERS.items()}
        for _ in range(rounds):
            for offer, client in clients.items():
                _round(place, door, client, seen[offer])
        record_of = _recorded(place, {request for each in seen.values() for request in each.asked})
    for each in seen.values():
        each.recorded = sum(record_of[request] == group for request, group in each.asked.items())
    return seen


def _round(place: Place, door: Door, client: SSL.Context, seen: Seen) -> None:
    used = cpu_us(place.pids)
    for _ in range(_ROUND):
        request, group = _ask(place, door, client)
        seen.groups[group] += 1
        if request:
            seen.asked[request] = group
    seen.cpu_us.append((cpu_us(place.pids) - used) / _ROUND)


def _ask(place: Place, door: Door, client: SSL.Context) -> tuple[str, str]:
    """Return the id of a request on a new connection and the group of that; no id where it was refused."""
    try:
        with door.line(client) as line:
            line.send(door.request("POST", door.path("chat/completions"), token=place.token, body=BODY))
            answer = read_answer(line, "POST")
            if not answer.served:
                raise PeerFailed(f"a request was answered {answer.status}: {answer.body[:300]!r}")
            return answer.request, line.group
    except HandshakeRefused:
        return "", _REFUSED


def _recorded(place: Place, requests: set[str]) -> dict[str, str]:
    """Return the group that the record of each of these requests names.

    Raises:
        PeerFailed: they were not all on record within ten seconds.
    """
    words = ("ledger", "query", "--kind", "gateway.request.admitted", "--limit", "100000", "--json")
    found: dict[str, str] = {}
    for _ in range(20):
        told = json.loads(command(place.folder, *words, "--state", str(place.state)))
        found = {each["subject"]: str(each["detail"]["group"]) for each in told}
        if requests <= found.keys():
            return found
        time.sleep(0.5)
    raise PeerFailed(f"{len(requests - found.keys())} requests are not on record")


def _told(preferred: dict[str, Seen], required: dict[str, Seen]) -> str:
    rows = []
    for said, seen in (("preferred", preferred), ("required", required)):
        for offer, each in seen.items():
            groups = ", ".join(f"{count} {group}" for group, count in each.groups.most_common())
            on_record = f"{each.recorded} of {sum(each.groups.values()) - each.groups[_REFUSED]}"
            cost = f"{statistics.median(each.cpu_us):,.0f} us"
            rows.append([said, offer, groups, _verdict(said, offer, each), on_record, cost])
    return table(
        ["hybrid groups are", "client offers", "agreed on", "goal", "of these on record", "CPU each"], rows
    )


def _verdict(said: str, offer: str, seen: Seen) -> str:
    """Return whether all that offer a hybrid group got one and, where that is required, nobody else got anything."""
    total = sum(seen.groups.values())
    if offer != "X25519 alone":
        met = sum(seen.groups[group] for group in HYBRID) == total
    elif said == "required":
        met = seen.groups[_REFUSED] == total
    else:
        return ""
    return "met" if met and seen.recorded == total - seen.groups[_REFUSED] else "not met"


if __name__ == "__main__":
    sys.exit(main())
