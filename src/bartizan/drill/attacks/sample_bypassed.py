"""Somebody on the same machine looks for a way to the assistant that does not lead through the gateway."""

from collections.abc import Iterator

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import read_answer
from bartizan.drill.listeners import Listener, Tcp, Unix, belonging
from bartizan.drill.target import Target
from bartizan.egress.connect import connect, connect_unix
from bartizan.egress.line import Deadline, Line

_ASKED = b'{"model":"sample","messages":[{"role":"user","content":"hi"}]}'
_REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s"
) % (len(_ASKED), _ASKED)

_WAIT_S = 2.0


def _act(target: Target) -> Outcome:
    platform = target.platform
    processes = platform.processes()
    if not any(process.name == "sample" for process in processes):
        return Undecided("the platform shows no process of the sample")
    doors = belonging([process.pid for process in processes], platform.ledger.parent)
    if Tcp(platform.door.port) not in doors:
        return Undecided("the kernel shows no listener of the gateway, so it may hide the sample's too")
    others = [door for door in doors if door != Tcp(platform.door.port)]
    answering = sorted(_answering(others))
    if answering:
        return GotThrough(f"the assistant answers without the gateway, at {', '.join(answering)}")
    return Held(f"none of {len(others)} other listeners answers for the assistant")


def _answering(doors: list[Listener]) -> Iterator[str]:
    for door in doors:
        try:
            with _line(door) as line:
                line.send(_REQUEST)
                answer = read_answer(line, "POST")
        except OSError:
            continue  # it takes no connection, or says nothing to a request
        if answer.served and b'"choices"' in answer.body:
            yield str(door.port) if isinstance(door, Tcp) else door.path


def _line(door: Listener) -> Line:
    match door:
        case Tcp(port):
            return Line(
                connect("127.0.0.1", port, allowed=frozenset({"127.0.0.1"})), str(port), Deadline(_WAIT_S)
            )
        case Unix(path):
            return Line(
                connect_unix(f"\0{path[1:]}" if path.startswith("@") else path), path, Deadline(_WAIT_S)
            )


ATTACK = Attack(
    name="sample-bypassed",
    control="access.request-authenticated",
    title="a way around the gateway",
    skill=3,
    stage=Stage.SAMPLE,
    because="a service that answers beside its gateway is protected by none of the gateway's checks",
    references=("AML.T0049", "AML.T0006", "API9:2023", "CWE-288"),
    weakening="sample_exposed",
    act=_act,
)
