"""What a peer of the guard makes of texts: `python guard_peer.py PEER`, run by the interpreter of the peer's own environment.

Takes JSON lines `{"text", "channel"}` and answers each with `{"told", "score", "ms"}`: whether the peer, set up as it comes,
would hold the text back or flag it; how sure it is, where it says so; and the processor time of this process that it took.
Standard library alone, beside the peer.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Verdict = tuple[bool, float]
Judge = Callable[[str, str], Verdict]
"""(text, channel: `user` or `document`) -> whether it is told, and a score."""


def forcefield() -> Judge:
    """Return its guard with the model that it comes with, at `medium`, its own threshold."""
    guard = importlib.import_module("forcefield").Guard(telemetry=False)
    if not importlib.import_module("forcefield.ml").is_available():
        raise RuntimeError("forcefield goes on without its model, which it cannot load here")

    def judge(text: str, _: str) -> Verdict:
        said = guard.scan(text)
        return bool(said.blocked), float(said.risk_score)

    return judge


def inferwall() -> Judge:
    """Return its pipeline as it is without models to download; `flag` counts like `block`."""
    scan: Any = importlib.import_module("inferwall").scan_input

    def judge(text: str, _: str) -> Verdict:
        said = scan(text)
        return said.decision != "allow", float(said.score)

    return judge


def agentbastion() -> Judge:
    """Return its firewall without a language model that judges."""
    firewall = importlib.import_module("agentbastion").Firewall()

    def judge(text: str, channel: str) -> Verdict:
        check = firewall.check_input if channel == "user" else firewall.check_tool_result
        told = not check(text).allowed
        return told, float(told)

    return judge


def aicordon() -> Judge:
    """Return Picket, for what users type and for what agents read."""
    load = importlib.import_module("aicordon.picket").load
    detectors = {"user": load(mode="dpi"), "document": load(mode="ipi")}

    def judge(text: str, channel: str) -> Verdict:
        told = bool(detectors[channel].check(text).flagged)
        return told, float(told)

    return judge


def nukon_pi_detect() -> Judge:
    """Return its scan; `SUSPICIOUS` counts like `MALICIOUS`."""
    scan: Any = importlib.import_module("nukon_pi_detect").scan

    def judge(text: str, _: str) -> Verdict:
        said = scan(text)
        return said.decision != "CLEAN", float(said.score)

    return judge


def prompt_guardrail() -> Judge:
    """Return its default model."""
    detect: Any = importlib.import_module("guardify").detect
    detect("a first text loads the model")

    def judge(text: str, _: str) -> Verdict:
        said = detect(text)
        told = said["label"] == "injection"
        return told, said["score"] if told else 1 - said["score"]

    return judge


PEERS: dict[str, Callable[[], Judge]] = {
    "forcefield": forcefield,
    "inferwall": inferwall,
    "agentbastion": agentbastion,
    "aicordon": aicordon,
    "nukon-pi-detect": nukon_pi_detect,
    "prompt-guardrail": prompt_guardrail,
}


def main(name: str) -> None:
    """Judge what comes until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    judge = PEERS[name]()
    for line in sys.stdin:
        asked = json.loads(line)
        begin = time.process_time_ns()
        told, score = judge(asked["text"], asked["channel"])
        cost = (time.process_time_ns() - begin) / 1e6
        answers.write(json.dumps({"told": told, "score": score, "ms": cost}) + "\n")
    answers.close()


if __name__ == "__main__":
    main(sys.argv[1])
