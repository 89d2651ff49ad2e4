"""Slow clients: requests that never become whole, an octet now and then to look alive.

Rules of this file: what counts is that each of them is ended, while somebody else is served. A dropped connection is an
end here, for that is what they hold; but one that nobody is told of could be a gateway that fell over, so at least one
must be told, and somebody else be served afterwards too.
"""

from contextlib import ExitStack
from typing import Final

from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.door import Door
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN
from bartizan.egress.line import Deadline, Line

_LINES: Final = 8
_ROUNDS, _ROUND_S = 16, 0.1
_GLANCE_S, _WORD_S = 0.1, 1.0
"""How long a line is listened to in each round, and once it has ended."""
_LATE: Final = b"HTTP/1.1 408"


def trickled(target: Target, begun: bytes, what: str) -> Outcome:
    """Return whether slow requests are ended, and somebody else is served meanwhile.

    Args:
        target: whose scene is attacked.
        begun: the octets that each of them begins with; `a` may follow any number of times.
        what: they are, in the plural, for people.
    """
    scene = target.scene()
    door, token = scene.door("honest"), scene.platform.caller()
    with ExitStack() as stack:
        lines = [stack.enter_context(door.line()) for _ in range(_LINES)]
        for line in lines:
            line.send(begun)
        other = door.chat(PLAIN, token=token)
        ended = _wait(target, lines)
    after = door.chat(PLAIN, token=token)
    if not other.served or not after.served:
        return Undecided(f"beside slow {what} others were answered {other.status} and {after.status}")
    if len(ended) < _LINES:
        return GotThrough(f"{_LINES - len(ended)} of {_LINES} {what} may take as long as they like")
    if not any(told.startswith(_LATE) for told in ended):
        return Undecided(f"slow {what} were ended without a word that says why")
    return Held(f"{_LINES} {what} ended with 408; others were served meanwhile")


def _wait(target: Target, lines: list[Line]) -> list[bytes]:
    """Return what each line said when it ended, of those that ended."""
    ended: list[bytes] = []
    for _ in range(_ROUNDS):
        for line in tuple(lines):
            told = _said(line)
            if told is not None:
                lines.remove(line)
                ended.append(told)
        if not lines:
            break
        target.sleep(_ROUND_S)
    return ended


def _said(line: Line) -> bytes | None:
    """Send an octet and return what the other side has to say; None where it says nothing and listens on."""
    told = _heard(line, _GLANCE_S)
    if told is not None:
        return told
    try:
        line.deadline = Deadline(_WORD_S)
        line.send(b"a")
    except OSError:  # it has ended; perhaps it said why since the glance
        return _heard(line, _WORD_S) or b""
    return None


def _heard(line: Line, seconds: float) -> bytes | None:
    """Return what comes next on a line; None where nothing does in that time."""
    line.deadline = Deadline(seconds)
    try:
        return line.recv()
    except OSError:
        return None


def opening(door: Door, token: str, length: int) -> bytes:
    """Return the beginning of a request that announces a body of so many octets, up to its first."""
    whole = door.request("POST", door.path("chat/completions"), token=token, body=b" " * length)
    return whole[: len(whole) - length] + b'{"a":"'
