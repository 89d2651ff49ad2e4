"""The guard beside its offline peers on the same texts, in one run: `python -m bench.guard`.

Each peer stands as it comes in an environment of its own, and in a process of its own. The texts are our development sets; of
ours, each is judged by a model that has not learned from its source (`bench.bed.guard_folds`), by the rules and curves that
ship. No peer was fitted to these sets as far as is known, but agentbastion brings `bastioncorpus` along. Told is what a
peer would hold back or flag at its own setting, and of ours a finding `prompt-injection`. Peers are compared at
their own share of false alarms, within what users write, disguised texts and documents apart. Wants numpy and scipy: `python3 tools/install.py train`.
"""

import argparse
import importlib.util
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bartizan import __version__
from bench.bed.guard_goals import goals
from bench.bed.guard_peers import PEERS, Answers, Verdict, answers
from bench.bed.guard_sets import DISGUISED, DOCUMENTS, USERS, Case, cases
from bench.bed.report import machine, record, table

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "guard"
SIZE, TIMED = 4096, 40
OURS = "Bartizan"


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where something has to be installed first."""
    arguments = _arguments(words)
    if importlib.util.find_spec("scipy") is None:
        print("install first:\n  python3 tools/install.py train", file=sys.stderr)
        return 3
    from bench.bed.guard_folds import ours, shipped, verdict  # noqa: PLC0415 - wants numpy and scipy

    texts, timed = cases(DATA, arguments.most), _timed()
    peers = list[Answers]()
    for name in PEERS:
        if name not in arguments.without:
            _say(name)
            both = [*((each.text, each.channel) for each in texts), *((text, "user") for text in timed)]
            peers.append(answers(name, both))
    inspector = shipped()
    mine = [*ours(texts, DATA, lambda source: _say(f"held out: {source}"))]
    mine += [verdict(inspector, text, "user") for text in timed]
    note = f"At most {arguments.most} texts of a source in a set."
    body = f"{note}\n\n" + told(texts, [*peers, Answers(f"{OURS} {__version__}", tuple(mine))])
    print(body, machine(), sep="\n\n")
    if arguments.record:
        versions = dict(each.peer.rsplit(" ", 1) for each in peers if not each.fault)
        record("The guard beside its peers", {OURS: __version__, **versions}, body)
    return 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=200, help="texts of one source in one set")
    parser.add_argument("--without", action="append", default=[], choices=PEERS, help="leave one out")
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    return parser.parse_args(words)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _timed() -> list[str]:
    """Return texts of 4 KB that are all prose of people."""
    prose = "\n".join(each.text for each in cases(DATA, TIMED * 20) if each.of == USERS and not each.attack)
    letters = prose.encode("ascii", "ignore").decode()
    return [letters[at * SIZE : (at + 1) * SIZE] for at in range(TIMED)]


def told(texts: Sequence[Case], every: Sequence[Answers]) -> str:
    """Return the tables.

    Args:
        texts: that were judged.
        every: peers' answers and then ours: a verdict on each of these texts, and on those that were timed.
    """
    ran, failed = [each for each in every if each.verdicts], [each for each in every if each.fault]
    names = [each.peer.rsplit(" ", 1)[0] for each in ran]
    said = dict(zip(names, (each.verdicts[: len(texts)] for each in ran), strict=True))
    costs = [statistics.median(v.ms for v in each.verdicts[len(texts) :]) for each in ran]
    parts = [
        table(["set, share told", "texts", *names], [_shares(name, texts, said) for name in _sets(texts)]),
        table(["CPU ms per 4 KB, median", *names], [["", *(f"{cost:.2f}" for cost in costs)]]),
        *(_beside(texts, said, of) for of in _ORDER if any(each.of == of for each in texts)),
        goals(texts, every[-1].verdicts),
        *(f"{each.peer} did not run: {each.fault}" for each in failed),
    ]
    return "\n\n".join(parts)


def _sets(texts: Sequence[Case]) -> list[str]:
    return [
        *dict.fromkeys(
            each.name for each in sorted(texts, key=lambda each: (_ORDER[each.of], not each.attack))
        )
    ]


_ORDER = {USERS: 0, DISGUISED: 1, DOCUMENTS: 2}
Said = Mapping[str, Sequence[Verdict]]


def _shares(name: str, texts: Sequence[Case], said: Said) -> list[str]:
    places = [number for number, each in enumerate(texts) if each.name == name]
    shares = [sum(verdicts[n].told for n in places) / len(places) for verdicts in said.values()]
    return [name, f"{len(places):,}", *(f"{share:.3f}" for share in shares)]


def _beside(texts: Sequence[Case], said: Said, of: str) -> str:
    """Return recall of each peer on each set of attacks, and ours where we raise no more false alarms."""
    others = [number for number, each in enumerate(texts) if each.of == of and not each.attack]
    rows = [["false alarms of the peer"]]
    sets = _sets([each for each in texts if each.of == of and each.attack])
    rows += [[name] for name in sets]
    ahead = level = 0
    for peer, theirs in said.items():
        if peer == OURS:
            continue
        alarms = sum(theirs[n].told for n in others)
        rows[0].append(f"{alarms / len(others):.3f}")
        least = above([said[OURS][n].score for n in others], alarms)
        for row, name in zip(rows[1:], sets, strict=True):
            places = [n for n, each in enumerate(texts) if each.name == name]
            one = sum(theirs[n].told for n in places)
            other = sum(said[OURS][n].score > least for n in places)
            ahead, level = ahead + (other > one), level + (other == one)
            row.append(f"{one / len(places):.3f} -> {other / len(places):.3f}")
    count = len(sets) * (len(said) - 1)
    verdict = "met" if ahead == count else f"not met: ahead in {ahead} of {count}, level in {level}"
    heads = [f"{of}: recall of the peer -> ours at its false alarms", *(n for n in said if n != OURS)]
    return f"{table(heads, rows)}\n\nGoal: higher recall than each peer at its own false alarms, set by set: {verdict}."


def above(scores: Sequence[float], alarms: int) -> float:
    """Return the score above which no more than so many of these are."""
    ordered = sorted(scores, reverse=True)
    return ordered[alarms] if alarms < len(ordered) else float("-inf")


if __name__ == "__main__":
    sys.exit(main())
