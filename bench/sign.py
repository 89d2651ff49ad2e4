"""Signing and verifying beside OpenSSF's model-signing: `python -m bench.sign`. Whole processes, start-up included.

Models lie in memory (tmpfs). Every round runs each command once, one after another; the best of the rounds counts, by CPU time and by the
clock. "Own format" is the peer's: SHA-256 and an OpenSSF bundle, which ours reads for once and writes its attestation and a sidecar beside.
"BLAKE3" is ours alone. Nothing is cached but in the last row, where one file of a signed model has changed. The peer stands in an environment of its own.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from bartizan import __version__
from bench.bed.environments import environment
from bench.bed.report import machine, record, table

BARTIZAN: Final = str(Path(sys.executable).parent / "bartizan")
MODELS: Final[Mapping[str, tuple[int, int]]] = {
    "1 file of 1 GiB": (1, 1 << 30),
    "8 files of 128 MiB": (8, 128 << 20),
    "2,000 files of 16 KiB": (2_000, 16 << 10),
    "1 file of 1 KiB (start-up)": (1, 1 << 10),
}
OWN_GOAL, BLAKE3_GOAL = 1.3, 3.0


class NotMeasured(RuntimeError):
    """A command did not do what is timed; of another answer there is no figure."""


class Cost(NamedTuple):
    """What one run of a command cost, in seconds."""

    cpu: float
    wall: float


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.sign", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args(words)
    peer = str(environment("model-signing").parent / "model_signing")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:  # noqa: PTH112 - a mount
        bed = Bed(Path(folder), peer)
        rows = [row for name in MODELS for row in bed.rows(name, arguments.rounds)]
        again = bed.changed(arguments.rounds)
    heading = (
        "model",
        "",
        "theirs CPU",
        "own format CPU",
        "BLAKE3 CPU",
        "own format",
        "BLAKE3",
        "by the clock",
    )
    body = f"{table(heading, rows)}\n\n{again}\n\nGoals: own format >= {OWN_GOAL} x, BLAKE3 >= {BLAKE3_GOAL} x of the peer's speed; one changed file reads one file."
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Signing beside model-signing", {"Bartizan": __version__, "model-signing": "1.1.1"}, body)
    return 0


class Bed:
    """Models and keys in a folder."""

    def __init__(self, folder: Path, peer: str) -> None:
        self._folder, self._peer = folder, peer
        self._key, self._public, self._ec = folder / "k.pem", folder / "k.pem.pub", folder / "ec.pem"
        _run(BARTIZAN, "sign-key", self._key)
        self._ec.write_bytes(
            self._key.read_bytes().partition(b"-----END PRIVATE KEY-----\n")[0]
            + b"-----END PRIVATE KEY-----\n"
        )

    def rows(self, name: str, rounds: int) -> list[list[str]]:
        """Return what signing and verifying a model cost."""
        model = self._model(name)
        costs: dict[str, list[Cost]] = {}
        for _ in range(rounds):
            for what, command in self._commands(model).items():
                costs.setdefault(what, []).append(_run(*command))
        best = {
            what: Cost(min(one.cpu for one in all_), min(one.wall for one in all_))
            for what, all_ in costs.items()
        }
        _empty(model)
        return [_row(name if act == "sign" else "", act, best) for act in ("sign", "verify")]

    def _model(self, name: str) -> Path:
        count, octets = MODELS[name]
        model = self._folder / "model"
        model.mkdir(exist_ok=True)
        for number in range(count):
            with (model / f"{number:05}.bin").open("wb") as file:
                for start in range(0, octets, 1 << 20):
                    file.write(os.urandom(min(1 << 20, octets - start)))
        return model

    def _commands(self, model: Path) -> dict[str, tuple[str | Path, ...]]:
        theirs, ours, tree = (self._folder / name for name in ("theirs.sig", "ours.sig", "tree.json"))
        sign = (BARTIZAN, "sign", model, "--key", self._key, "--no-cache", "--output")
        verify = (BARTIZAN, "verify", model, "--public-key", self._public)
        return {
            "sign theirs": (
                self._peer,
                "sign",
                "key",
                "--private_key",
                self._ec,
                "--signature",
                theirs,
                model,
            ),
            "sign own": (*sign, self._folder / "own.json", "--digest", "sha256", "--openssf", ours),
            "sign tree": (*sign, tree, "--digest", "blake3"),
            "verify theirs": (
                self._peer,
                "verify",
                "key",
                "--public_key",
                self._public,
                "--signature",
                theirs,
                model,
            ),
            "verify own": (*verify, "--openssf", ours),
            "verify tree": (*verify, "--attestation", tree),
        }

    def changed(self, rounds: int) -> str:
        """Return what signing anew costs where one of eight files has changed."""
        model = self._model("8 files of 128 MiB")
        command = (BARTIZAN, "sign", model, "--key", self._key, "--json")
        time.sleep(0.1)  # a tick of the file system's clock: what changed just now is not kept
        whole, found = _run(*command), []
        for number in range(rounds):
            with (model / "00003.bin").open("r+b") as file:
                file.write(bytes([number]))
            time.sleep(0.1)
            told, cost = _told(*command)
            if msgspec.json.decode(told)["hashed"] != 1:
                raise NotMeasured("more was read than the one file that changed")
            found.append(cost.cpu)
        _empty(model)
        return f"8 files of 128 MiB, both digests: {whole.cpu:.2f} CPU s; one of them changed: {min(found):.2f} CPU s, 1 file read."


def _row(name: str, act: str, best: Mapping[str, Cost]) -> list[str]:
    theirs, own, tree = (best[f"{act} {whose}"] for whose in ("theirs", "own", "tree"))
    ratios = [f"{theirs.cpu / one.cpu:.2f} x" for one in (own, tree)]
    walls = " / ".join(f"{theirs.wall / one.wall:.2f} x" for one in (own, tree))
    return [name, act, *(f"{one.cpu:.2f} s" for one in (theirs, own, tree)), *ratios, walls]


def _run(*command: str | Path) -> Cost:
    return _told(*command)[1]


def _told(*command: str | Path) -> tuple[bytes, Cost]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise NotMeasured(
            f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:].decode()}"
        )
    return done.stdout, Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def _empty(model: Path) -> None:
    for file in model.iterdir():
        file.unlink()


if __name__ == "__main__":
    sys.exit(main())
