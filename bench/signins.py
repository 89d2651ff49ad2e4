"""How well the watch over sign-ins keeps its budget and what it finds: `python -m bench.signins`.

Companies of 200 principals for 30 days, drawn from seeds. Clean replays tell how many alerts there are against the budget;
replays with campaigns tell how many of those are found by kind, and how soon. `--held-out` takes seeds, and so
parameters of companies and campaigns, that development did not use.
"""

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from statistics import median

from bartizan import __version__
from bartizan.access.signin.budget import LEARNING
from bartizan.access.signin.fold import Fold
from bartizan.access.signin.suspicion import Suspicion
from bartizan.clock import DAY, SECOND
from bench.bed.campaigns import CAMPAIGNS, Campaign
from bench.bed.report import machine, record, table
from bench.bed.staff import DAYS, company

BUDGETS = (2, 5, 10, 20)
USUAL = 5
GOAL_FAST, GOAL_SLOW, GOAL_BUDGET = 0.9, 0.6, 0.2
_AT_ONCE = 4
"""Campaigns that run in one company."""
_ATTACKED = 5
"""Companies that have campaigns, for each clean one."""


@dataclass(frozen=True)
class Try:
    """One campaign in one company, and what came of it."""

    name: str
    slow: bool
    found: bool
    any: bool
    seconds: float
    share: float


@dataclass(frozen=True)
class Clean:
    """One clean replay: alerts a day after learning, by budget, and what it cost."""

    alerts: dict[int, float]
    kinds: dict[str, int]
    events: int
    micros: float
    kept: int


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.signins", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument(
        "--held-out", action="store_true", help="take the seeds that development does not use"
    )
    parser.add_argument(
        "--worlds", type=int, default=24, help="clean companies; five times as many have campaigns"
    )
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args(words)
    prefix = "held-out" if arguments.held_out or arguments.record else "development"
    with Pool(arguments.processes) as pool:
        clean = pool.map(_clean, [f"{prefix} clean {n}" for n in range(arguments.worlds)])
        tried = [
            each
            for found in pool.map(_attacked, _deals(prefix, _ATTACKED * arguments.worlds))
            for each in found
        ]
    body, missed = _report(clean, tried, prefix)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Sign-ins", {"Bartizan": __version__}, body)
    return missed


# ---- replays -----------------------------------------------------------------------------------------------
def _clean(seed: str) -> Clean:
    events = company(seed).events
    alerts, kinds, kept = dict[int, float](), defaultdict[str, int](int), 0
    began = time.process_time()
    for budget in BUDGETS:
        fold, many = Fold(budget), 0
        for each in events:
            for told in fold.step(each):
                many += not fold.budget.learning
                if budget == USUAL:
                    kinds[told.stream] += 1
        alerts[budget], kept = many / (DAYS - LEARNING), fold.kept
    spent = time.process_time() - began
    return Clean(alerts, dict(kinds), len(events), spent / len(events) / len(BUDGETS) * 1e6, kept)


def _deals(prefix: str, worlds: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return which campaigns run in which company, each as often as every other."""
    order = [n % len(CAMPAIGNS) for n in range(worlds * _AT_ONCE)]
    return [(f"{prefix} attacked {world}", tuple(order[world::worlds])) for world in range(worlds)]


def _attacked(deal: tuple[str, tuple[int, ...]]) -> list[Try]:
    seed, chosen = deal
    made = company(seed)
    rng = random.Random(f"{seed} campaigns")
    scripts = [(CAMPAIGNS[each], CAMPAIGNS[each].script(made, rng, "bench")) for each in chosen]
    events = [(each.at, 0, each) for each in made.events]
    for number, (_, script) in enumerate(scripts, 1):
        events.extend((each.at, number, each) for each in script)
    events.sort(key=lambda item: item[:2])
    fold, told = Fold(USUAL), defaultdict[int, list[Suspicion]](list)
    for _, number, each in events:
        told[number].extend(fold.step(each))
    return [_judged(campaign, script, told[number]) for number, (campaign, script) in enumerate(scripts, 1)]


def _judged(campaign: Campaign, script: Sequence, told: Iterable[Suspicion]) -> Try:  # type: ignore[type-arg]
    fitting = [each for each in told if each.kind in campaign.kinds]
    begun, ended = min(each.at for each in script), max(each.at for each in script)
    if not fitting:
        return Try(campaign.name, campaign.slow, False, bool(list(told)), 0.0, 1.0)
    after = fitting[0].at - begun
    return Try(campaign.name, campaign.slow, True, True, after / SECOND, after / max(1, ended - begun))


# ---- the report --------------------------------------------------------------------------------------------
def _report(clean: list[Clean], tried: list[Try], prefix: str) -> tuple[str, int]:
    missed = 0
    rows = []
    for budget in BUDGETS:
        seen = [each.alerts[budget] for each in clean]
        mean = sum(seen) / len(seen)
        within = sum(abs(each / budget - 1) <= GOAL_BUDGET for each in seen)
        met = abs(mean / budget - 1) <= GOAL_BUDGET
        missed |= not met or within < len(seen)
        rows.append(
            [str(budget), f"{mean:.2f}", f"{min(seen):.2f} to {max(seen):.2f}", f"{within} of {len(seen)}"]
        )
    about = (
        f"Seeds: {prefix}. {len(clean)} clean companies, {len({*map(id, tried)})} campaigns; {DAYS} days, of which "
        f"{LEARNING} are learnt from; events a company {median(each.events for each in clean):,.0f}; "
        f"{median(each.micros for each in clean):.1f} us of CPU an event; {median(each.kept for each in clean):,.0f} keys kept."
    )
    parts = [about, table(["alerts a day: budget", "mean", "companies", "within 20 %"], rows)]
    rows = []
    for slow in (False, True):
        chosen = [each for each in tried if each.slow is slow]
        goal = GOAL_SLOW if slow else GOAL_FAST
        for name in dict.fromkeys(each.name for each in CAMPAIGNS):
            alike = [each for each in chosen if each.name == name]
            rows.append(_row(name, alike, slow=slow))
            missed |= sum(each.found for each in alike) < goal * len(alike)
        rows.append(_row("all", chosen, slow=slow))
    parts.append(
        table(["campaign", "speed", "tried", "found", "recall", "alert after, median", "goal"], rows)
    )
    kinds: dict[str, int] = defaultdict(int)
    for each in clean:
        for kind, many in each.kinds.items():
            kinds[kind] += many
    total = sum(kinds.values())
    parts.append(
        f"Alerts of clean companies at a budget of {USUAL}, by stream: "
        + ", ".join(
            f"{kind} {many / total:.0%}" for kind, many in sorted(kinds.items(), key=lambda item: -item[1])
        )
    )
    return "\n\n".join(parts), missed


def _row(name: str, tried: list[Try], *, slow: bool) -> list[str]:
    found = [each for each in tried if each.found]
    recall = len(found) / len(tried) if tried else 0.0
    goal = GOAL_SLOW if slow else GOAL_FAST
    after = _span(median(each.seconds for each in found)) if found else ""
    met = "met" if recall >= goal else "not met"
    return [
        name,
        "slow" if slow else "quick",
        str(len(tried)),
        str(len(found)),
        f"{recall:.2f}",
        after,
        f">= {goal}: {met}",
    ]


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < DAY // SECOND else f"{seconds / 86400:.1f} days"


if __name__ == "__main__":
    sys.exit(main())
