"""What our guard makes of texts whose source its model has not learned from. Wants numpy and scipy.

For each source a model is fitted without it, by the tools that made the one that ships, and read with the curves that ship.
Rules, controls and readings are those of the gateway.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.app.judgement import judgement
from bartizan.control import discover
from bartizan.text.patterns import Patterns
from bartizan.text.rule import rules
from bartizan.text.sieve_hyperscan import HyperscanSieve
from bartizan.threats import controls
from bartizan.threats.injection import Model, load
from bartizan.threats.inspect import Inspector
from bartizan.threats.profile import PROFILES
from bartizan.threats.subject import Channel
from bench.bed.guard_peers import Verdict
from bench.bed.guard_sets import SHIPPED, Case
from tools.train_guard.curation import curated, group
from tools.train_guard.fitting import fitted, rows_of
from tools.train_guard.holding_out import read_as
from tools.train_guard.written import written

_TOLD = "prompt-injection"


def ours(cases: Sequence[Case], data: Path, said: Callable[[str], None]) -> list[Verdict]:
    """Return what our guard makes of each text, in their order.

    Args:
        cases: the texts.
        data: folder of train.jsonl and benign.jsonl.
        said: is told of each source that is held out.
    """
    every = rules()
    patterns = Patterns(every, HyperscanSieve.compiled(every))
    texts, found = [*curated(data), *written()], dict[int, Verdict]()
    rows = {each: rows_of(each.said, attack=each.attack) for each in texts}
    for source in sorted({each.source for each in cases}):
        said(source or "none, the model that ships")
        model = load()
        if source != SHIPPED:
            left = [row for each in texts if group(each) != source for row in rows[each]]
            model = read_as(fitted(left), model.header.curves)
        inspector = _inspector(patterns, model)
        mine = [(number, each) for number, each in enumerate(cases) if each.source == source]
        found |= {number: verdict(inspector, each.text, each.channel) for number, each in mine}
    return [found[number] for number in range(len(cases))]


def shipped() -> Inspector:
    """Return the inspector as it ships."""
    every = rules()
    return _inspector(Patterns(every, HyperscanSieve.compiled(every)), load())


def _inspector(patterns: Patterns, model: Model) -> Inspector:
    return Inspector(patterns, discover(controls), secrets.token_bytes(32), remembers=1, model=model)


def verdict(inspector: Inspector, text: str, channel: str) -> Verdict:
    """Return what an inspector makes of a text."""
    begin = time.process_time_ns()
    inspected = inspector.inspect(text, Channel(channel))
    cost = (time.process_time_ns() - begin) / 1e6
    told = any(each.reason == _TOLD for each in inspected.found)
    return Verdict(told, judgement(PROFILES["standard"], inspected).score, cost)
