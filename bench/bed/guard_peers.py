"""Peers of the guard that run without a network: each in an environment and a process of its own, over the same texts."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

import msgspec

from bench.bed import guard_peer
from bench.bed.environments import NotInstalled, environment
from bench.bed.guard_peer import PEERS
from bench.bed.processes import PeerFailed

_PATIENCE_S = 300


class Verdict(msgspec.Struct, frozen=True):
    """What somebody makes of a text.

    Attributes:
        told: whether it is held back or flagged at the setting that ships.
        score: how much it is an attack, in units of whoever says so.
        ms: processor time of it.
    """

    told: bool
    score: float
    ms: float


class Answers(msgspec.Struct, frozen=True):
    """What a peer made of the texts, in their order; or why there is none.

    Attributes:
        peer: its name and version.
        fault: why it did not run; then there are no verdicts.
    """

    peer: str
    verdicts: tuple[Verdict, ...] = ()
    fault: str = ""


def answers(name: str, texts: Sequence[tuple[str, str]]) -> Answers:
    """Return what a peer makes of texts.

    Args:
        name: of it, one of `PEERS`.
        texts: with the channel of each.
    """
    try:
        python = environment(f"guard-{name}")
        return Answers(f"{name} {_version(python, name)}", asked([str(python)], name, texts))
    except (NotInstalled, PeerFailed) as fault:
        return Answers(name, fault=str(fault))


def asked(python: Sequence[str], name: str, texts: Sequence[tuple[str, str]]) -> tuple[Verdict, ...]:
    """Return what a peer makes of texts, in their order.

    Args:
        python: the command of its interpreter.
        name: of it, one of `PEERS`.
        texts: with the channel of each.
    Raises:
        PeerFailed: it ended early, or said something else than verdicts.
    """
    lines = "".join(json.dumps({"text": text, "channel": channel}) + "\n" for text, channel in texts)
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-") as home:
        quiet = {"HOME": home, "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
        command = [*python, "-I", guard_peer.__file__, name]
        try:
            told = subprocess.run(
                command,
                input=lines,
                capture_output=True,
                text=True,
                env=quiet,
                cwd=home,
                check=False,
                timeout=_PATIENCE_S,
            )
        except subprocess.TimeoutExpired:
            raise PeerFailed(f"no end within {_PATIENCE_S} s") from None
    if told.returncode:
        raise PeerFailed((told.stderr.strip().splitlines() or [f"ended with {told.returncode}"])[-1])
    found = tuple(msgspec.json.decode(line, type=Verdict) for line in told.stdout.splitlines())
    if len(found) != len(texts):
        raise PeerFailed(f"{len(found)} answers to {len(texts)} texts")
    return found


def _version(python: Path, name: str) -> str:
    folder = [str(path) for path in python.parents[1].glob("lib/python3*/site-packages")]
    return next(each.version for each in distributions(path=folder) if each.name == name)


__all__ = ["PEERS", "Answers", "Verdict", "answers", "asked"]
