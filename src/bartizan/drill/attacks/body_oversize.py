"""A body far beyond what a chat needs: once announced, once in chunks that announce nothing."""

import contextlib
import json

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.door import Answer, Door, read_answer
from bartizan.drill.target import Target
from bartizan.drill.trial import unforwarded
from bartizan.egress.faults import UpstreamUnreachable

_OCTETS = 6 << 20
_WORD = "lighthouse "
_PIECE = 1 << 16
_TOO_LARGE = frozenset({413})


def _act(target: Target) -> Outcome:
    door, token = target.door, target.caller()
    message = {"role": "user", "content": _WORD * (_OCTETS // len(_WORD))}
    body = json.dumps({"model": door.model, "messages": [message]}).encode()
    goal = f"a body of {_OCTETS >> 20} MiB was read whole and forwarded"
    return unforwarded(
        target, lambda: [_sent(door, token, body, chunked) for chunked in (False, True)], _TOO_LARGE, goal
    )


def _sent(door: Door, token: str, body: bytes, chunked: bool) -> Answer:  # noqa: FBT001 - one of two framings
    path = door.path("chat/completions")
    if not chunked:
        head = door.request("POST", path, token=token, headers=[("content-length", str(len(body)))])
        pieces = [body[start : start + _PIECE] for start in range(0, len(body), _PIECE)]
    else:
        head = door.request("POST", path, token=token, headers=[("transfer-encoding", "chunked")])
        pieces = [
            b"%x\r\n%s\r\n" % (len(piece), piece)
            for piece in (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
        ]
        pieces.append(b"0\r\n\r\n")
    head = head.replace(b"\r\nhost:", b"\r\ncontent-type: application/json\r\nhost:", 1)
    with door.line() as line:
        # A gateway that refuses by the head alone answers at once, and reads on for a while; one that
        # closes breaks the writing, and its answer is there all the same.
        with contextlib.suppress(UpstreamUnreachable):
            for piece in (head, *pieces):
                line.send(piece)
        return read_answer(line, "POST")


ATTACK = Attack(
    name="body-oversize",
    control="gateway.input-valid",
    title="oversize body",
    skill=1,
    stage=Stage.FRONT,
    because="one caller's giant prompt takes memory and model time from all others (OWASP API4:2023)",
    references=("AML.T0029", "API4:2023", "CWE-770"),
    weakening="body_unbounded",
    act=_act,
)
