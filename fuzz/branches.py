"""Which branches inputs reach: measured apart from the fuzzing, and the reason for which an input is kept.

As a command, `python -m fuzz.branches TARGET FOLDER...` prints as JSON how many branches the inputs of the folders and
of the corpus reach, of how many; with `--keep`, it makes the corpus anew out of them: for each branch, and for each
word of what became of an input, the smallest input that has it.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import coverage

from fuzz.target import CORPORA, Target, kept, load

Reached = set[tuple[str, int, int] | str]


def main() -> None:
    """Measure, and keep where that is asked for."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--keep"]
    name, *folders = arguments
    tracer = coverage.Coverage(branch=True, data_file=None, source_pkgs=["bartizan"], messages=False)
    tracer.start()
    target = load(name)
    octets = [data for _, data in kept(name)]
    octets += [file.read_bytes() for folder in folders for file in sorted(Path(folder).glob("*"))]
    if "--keep" in sys.argv:
        chosen = dict(_choose(target, octets, tracer))
        _keep(name, chosen.keys() - set(target.seeds))
    else:
        for data in octets:
            target.run(data)
    print(json.dumps({**_count(target, tracer), "inputs": len(octets)}))


def _choose(
    target: Target, octets: list[bytes], tracer: coverage.Coverage
) -> Iterable[tuple[bytes, Reached]]:
    """Yield each input, smallest first, that reaches what none before it did."""
    seen: Reached = set()
    for data in sorted(set(octets), key=lambda each: (each not in target.seeds, len(each), each)):
        fresh = _reached(target, data, tracer) - seen
        if fresh:
            seen |= fresh
            yield data, fresh


def _reached(target: Target, data: bytes, tracer: coverage.Coverage) -> Reached:
    before = _arcs(target, tracer)
    word = target.run(data)
    return {word, *(_arcs(target, tracer) - before)}


def _arcs(target: Target, tracer: coverage.Coverage) -> set[tuple[str, int, int]]:
    measured = tracer.get_data()
    files = {module: str(sys.modules[module].__file__) for module in target.modules}
    return {(module, *arc) for module, file in files.items() for arc in measured.arcs(file) or ()}


def _count(target: Target, tracer: coverage.Coverage) -> dict[str, int]:
    tracer.stop()
    branches = missed = 0
    for module in target.modules:
        found = tracer._analyze(sys.modules[module])
        branches += found.numbers.n_branches
        missed += found.numbers.n_missing_branches
    return {"branches": branches, "reached": branches - missed}


def _keep(name: str, inputs: Iterable[bytes]) -> None:
    folder = CORPORA / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*"):
        file.unlink()
    for data in inputs:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    main()
