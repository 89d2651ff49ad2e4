"""A caller who is revoked in the middle of an answer goes on reading it."""

import json
import re

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Trace, Undecided
from bartizan.drill.door import Door
from bartizan.drill.target import Scene, Target
from bartizan.drill.trial import asked_for_token, recorded, trace
from bartizan.egress.line import Line
from bartizan.ledger.event import Outcome as Word

_HEAD = re.compile(rb"HTTP/1\.1 200 .*\r\nx-request-id: (q-[0-9a-f]{16})\r\n", re.DOTALL | re.IGNORECASE)
_NAME = "drill-dismissed"
"""Of a workload of its own, so that it can be revoked; the scene's policies know it."""
_SERVED = b"HTTP/1.1 200 "
_ASKS = {"messages": [{"role": "user", "content": "hi"}], "stream": True}


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, since = scene.door("endless"), scene.platform.size()
    given = asked_for_token(door, *scene.platform.client(_NAME, (), ""))
    if not given.served:
        return Undecided(f"a caller's request for a token was answered {given.status}", trace(given))
    token = str(json.loads(given.body)["access_token"])
    with door.line() as line:
        request = _begun(door, line, token)
        if not request:
            return Undecided("an answer without an end was not begun")
        scene.platform.revoke(f"workload.{_NAME}")
        return _ended(target, scene, since, request)


def _begun(door: Door, line: Line, token: str) -> str:
    """Return the id of a request whose answer has begun; empty where it was answered otherwise."""
    body = door.body(_ASKS)
    line.send(door.request("POST", door.path("chat/completions"), token=token, body=body))
    received = b""
    while b"\ndata:" not in received:
        more = line.recv()
        received += more
        if not more or not received.startswith(_SERVED[: len(received)]):
            return ""
    found = _HEAD.match(received)
    return found[1].decode() if found else ""


def _ended(target: Target, scene: Scene, since: int, request: str) -> Outcome:
    """Return whether the answer ended while its reader stayed, by the record."""
    about = recorded(target, since, frozenset({request}), of=scene.platform, times=2)
    ends = [each.event for each in about if each.event.kind == "gateway.request.completed"]
    requests = Trace(frozenset({request}))
    if not ends:
        return GotThrough("somebody who was revoked goes on reading the answer that had begun", requests)
    if ends[0].outcome is not Word.FAILED:
        return Undecided("the answer ended by itself", requests)
    return Held("the answer that had begun was cut, and the record says so", requests)


ATTACK = Attack(
    name="stream-outlived",
    control="access.request-authenticated",
    title="open stream of somebody revoked",
    skill=2,
    stage=Stage.SCENE,
    because="an answer may take minutes, and who was dismissed reads on meanwhile (NIST SP 800-207, tenet 6)",
    references=("AML.T0012", "API2:2023", "CWE-613"),
    weakening="streams_go_on",
    act=_act,
)
