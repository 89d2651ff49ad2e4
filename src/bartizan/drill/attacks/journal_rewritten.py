"""Somebody who may write to a worker's journal changes what it said a moment ago, before it is sealed.

The sealer is held for that moment, so that there is one. What is changed is whose request it was, in the file alone:
the key by which it was written exists nowhere any more.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import STRICT, Platform, Target
from bartizan.drill.trial import PLAIN
from bartizan.ledger.installation import SEGMENTS

_ROUNDS, _ROUND_S = 100, 0.05
_ALTERED = "ledger.segment.altered"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    token, since = twin.caller(), twin.size()
    sealer = next((one.pid for one in twin.processes() if one.name == "sealer"), None)
    if sealer is None:
        return Undecided("the throw-away platform shows no sealer")
    with _held(sealer):
        answer = twin.door.chat(PLAIN, token=token)
        changed = any(_rewrite(target, twin, answer.request) for _ in range(_ROUNDS))
    if not answer.served or not changed:
        return Undecided(f"answered {answer.status}; its record was not found in a journal")
    for _ in range(_ROUNDS):
        known = twin.entries(since)
        if any(entry.event.subject == _other(answer.request) for entry in known):
            return GotThrough("a record that was changed in a journal is in the ledger")
        if any(entry.event.kind == _ALTERED for entry in known):
            return Held("the journal was stopped at the changed record, which is named in the ledger")
        target.sleep(_ROUND_S)
    return GotThrough("a changed journal was not noticed")


@contextmanager
def _held(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _other(request: str) -> str:
    """Return the id of a request that was never made."""
    return request[:-1] + ("0" if request[-1] != "0" else "1")


def _rewrite(target: Target, platform: Platform, request: str) -> bool:
    """Have a journal say that another request was allowed; return whether there was one that spoke of this one.

    Where there is none yet, a moment has passed.
    """
    said, forged = (f'"outcome":"allowed","subject":"{each}"'.encode() for each in (request, _other(request)))
    for path in sorted(Path(platform.ledger, SEGMENTS).glob("*.journal")):
        octets = path.read_bytes()
        at = octets.find(said)
        if at >= 0:
            with path.open("r+b") as file:
                file.seek(at)
                file.write(forged)
            return True
    target.sleep(_ROUND_S)
    return False


ATTACK = Attack(
    name="journal-rewritten",
    control="ledger.intact",
    title="rewritten journal",
    skill=4,
    stage=Stage.WRECK,
    because="between a deed and its seal lies a moment in which its only trace is a file",
    references=("AML.T0107", "CWE-345", "CWE-117"),
    weakening="tags_unchecked",
    act=_act,
)
