"""Scanning beside picklescan, modelscan, fickling and modelaudit: `python -m bench.scan`. The same files for everyone, in one run.

Files are the public corpus of pickles (`../shared/data/pickles`: malicious, damaged, benign) and the zoo (`bench/bed/zoo.py`): benign files
of published packages, and others that the real libraries make. Everyone is asked for one file after another, each in a process and an
environment of its own. "told" is what speaks against a file, "unread" what was not looked at, or failed; "clean" of a malicious file is a
miss, and of a benign one all but "clean" keeps a person busy. Ours reads in a process of its own, which counts. A checkpoint of
1 GB and 1,000 tensors is scanned by a whole process, start-up included.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bartizan import __version__
from bench.bed import zoo
from bench.bed.environments import FOLDER, LOCKS, environment
from bench.bed.report import machine, record, table
from bench.bed.scan_peers import CLEAN, OURS, PEERS, TOLD, UNREAD, Answers, Verdict, answers

CORPUS: Final = Path(__file__).parents[2] / "shared" / "data" / "pickles"
BENIGN: Final = frozenset(
    {"benign0_v0.pkl", "benign0_v3.pkl", "benign0_v4.pkl", "new_pytorch_model.bin", "pytorch_model.bin"}
)
DAMAGED: Final = frozenset({"bad_pytorch.pt", "benign_password_protected.zip", "not_a_pickle.bin"})
"""What nobody can call harmless, since it is cut off or locked, and what holds nothing bad all the same."""
SETS: Final = ("malicious", "damaged", "data, published", "data, made", "estimators", "code")
LARGE: Final = """
import sys, torch
torch.save({f"layer{i}.weight": torch.empty(256, 1024).uniform_() for i in range(1000)}, sys.argv[1])
"""
_GOALS: Final = (
    "Goals: every malicious file not clean; no false alarm on >= 200 files of data; at most 5 % of estimators need a person; "
    "<= 0.1 CPU s a GB of checkpoint; <= 1 ms a small file."
)
_SHOWN: Final = 40


class File(NamedTuple):
    """A file and what it is.

    Attributes:
        path: of it.
        set: one of `SETS`.
        name: how it is told.
    """

    path: Path
    set: str
    name: str


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--only", action="append", choices=PEERS, help="of all scanners, this one")
    parser.add_argument("--no-large", action="store_true", help="without the checkpoint of 1 GB")
    arguments = parser.parse_args(words)
    files = [*corpus(), *menagerie(zoo.gathered())]
    names = arguments.only or list(PEERS)
    found = [answers(name, [each.path for each in files]) for name in names]
    parts = [table(*verdicts(files, found)), table(*costs(found)), listed(files, found)]
    if not arguments.no_large:
        parts.insert(2, table(*large(names)))
    body = "\n\n".join([*parts, _GOALS])
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Scanning beside peers", {"Bartizan": __version__, **_versions()}, body)
    return 0


def corpus(folder: Path = CORPUS) -> list[File]:
    """Return the files of the public corpus; none where it is not there."""
    kinds = {**dict.fromkeys(BENIGN, "data, published"), **dict.fromkeys(DAMAGED, "damaged")}
    return [
        File(each, kinds.get(each.name, "malicious"), f"pickles/{each.name}")
        for each in sorted(folder.glob("*"))
    ]


def menagerie(animals: Iterable[zoo.Animal]) -> list[File]:
    """Return the files of the zoo."""
    return [File(each.path, _set(each), each.name) for each in animals]


def _set(animal: zoo.Animal) -> str:
    if animal.tier == "data":
        return "data, published" if animal.foreign else "data, made"
    return "estimators" if animal.tier == "estimator" else "code"


def verdicts(files: Sequence[File], found: Sequence[Answers]) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows: a scanner's verdicts for each set, as clean / told / unread."""
    counts = {each: sum(file.set == each for file in files) for each in SETS}
    heading = ["clean / told / unread", *(f"{each} ({count})" for each, count in counts.items())]
    return heading, [[each.peer, *_counted(files, each)] for each in found]


def _counted(files: Sequence[File], said: Answers) -> list[str]:
    if said.fault:
        return [f"not run: {said.fault}"] + [""] * (len(SETS) - 1)
    rows = []
    for kind in SETS:
        of = [verdict.verdict for file, verdict in zip(files, said.verdicts, strict=True) if file.set == kind]
        rows.append(" / ".join(str(of.count(word)) for word in (CLEAN, TOLD, UNREAD)))
    return rows


def costs(found: Sequence[Answers]) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows: what all of the files cost a scanner."""
    heading = ["all files", "CPU s", "CPU ms a file, median", "slowest", "peak MiB"]
    return heading, [
        [
            each.peer,
            f"{each.cpu:.1f}",
            f"{statistics.median(one.ms for one in each.verdicts):.2f}",
            f"{max(one.ms for one in each.verdicts) / 1e3:.1f} s",
            f"{each.peak_mib:,.0f}",
        ]
        for each in found
        if each.verdicts
    ]


def large(names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return heading and rows: what a checkpoint of 1 GB costs a scanner, its start-up apart."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-", dir=FOLDER) as folder:
        file, small = Path(folder) / "large.pt", Path(folder) / "small.txt"
        subprocess.run(
            [str(environment("zoo-makers")), "-c", LARGE, str(file)], check=True, capture_output=True
        )
        small.write_text("words\n")
        for name in names:
            whole, start = answers(name, [file]), answers(name, [small])
            if whole.verdicts:
                (said,) = whole.verdicts
                rows.append(
                    [name, said.verdict, f"{start.cpu:.2f}", f"{said.ms / 1e3:.3f}", f"{whole.peak_mib:,.0f}"]
                )
    return ["1 GB, 1,000 tensors", "verdict", "start-up CPU s", "scan CPU s", "peak MiB"], rows


def listed(files: Sequence[File], found: Sequence[Answers]) -> str:
    """Return each scanner's misses and false alarms by name."""
    lines = []
    for each in found:
        said = list(zip(files, each.verdicts, strict=False))
        missed = [file.name for file, verdict in said if file.set == "malicious" and verdict.verdict == CLEAN]
        alarms = [
            _alarm(file, verdict)
            for file, verdict in said
            if file.set.startswith("data") and _alarms(each.peer, verdict)
        ]
        lines += [
            f"**{each.peer}** misses: {_some(missed)}",
            f"**{each.peer}** false alarms: {_some(alarms)}",
        ]
    return "\n\n".join(lines)


def _alarms(peer: str, verdict: Verdict) -> bool:
    """Return whether a verdict on a benign file is a false alarm: of ours, whatever is not proven inert."""
    return verdict.verdict != CLEAN if peer == OURS else verdict.verdict == TOLD


def _alarm(file: File, verdict: Verdict) -> str:
    return f"{file.name} ({verdict.why})" if verdict.why and len(verdict.why) <= _SHOWN else file.name


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}{': ' if names else ''}{', '.join(names[:_SHOWN])}{more}"


def _versions() -> Mapping[str, str]:
    found = {}
    for name in PEERS:
        if name != OURS:
            found[name] = (LOCKS / f"bench-scan-{name}.in").read_text().split()[0].partition("==")[2]
    return found


if __name__ == "__main__":
    sys.exit(main())
