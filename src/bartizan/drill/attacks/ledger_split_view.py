"""The owner of a ledger shows one history to one witness and another to a second one, both under its own keys."""

import tempfile
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from bartizan.clock import SystemClock
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.ledger_copy import Copy, copied, covered
from bartizan.drill.shown import Shown, taken
from bartizan.drill.target import STRICT, Target
from bartizan.ledger.checkpoint import Verifiers, parse_point
from bartizan.ledger.cosignature import Cosigner, words
from bartizan.ledger.witness_store import Store, create

_LEAST = 8


class _Witness:
    """A witness of its own, without a server: whoever submits is nobody in particular anyway."""

    def __init__(self, stack: ExitStack, folder: Path, name: str, trusted: Verifiers) -> None:
        keys = (SigningKey.generate(algorithm) for algorithm in (Algorithm.ED25519, Algorithm.ML_DSA_44))
        self._cosigner, self._clock = Cosigner(f"{name}.invalid/w", *keys), SystemClock()
        folder.mkdir(mode=0o700)
        create(folder, self._cosigner.witness, ("drill.invalid",))
        self._store = stack.enter_context(Store(folder, self._cosigner.witness))
        self._store.trust(trusted)

    def vouches(self, shown: Shown, old: int) -> bool:
        """Return whether it cosigns what it is shown."""
        answer = self._store.add(shown.request(old), self._cosigner, self._clock)
        point, note = parse_point(shown.note() + answer.lines) if answer.lines else (None, None)
        return point is not None and note is not None and bool(words((self._cosigner.witness,), point, note))


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    keys, now = taken(twin), SystemClock().now()
    with ExitStack() as stack:
        true, false = stack.enter_context(copied(twin)), stack.enter_context(copied(twin))
        size = _forked(true, false)
        if size < _LEAST:
            return Undecided("the record has too few entries to have two histories")
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-witness-")))
        pair = [_Witness(stack, place / name, name, keys.verifiers) for name in ("one", "two")]
        histories = [Shown(copy, keys, size, now) for copy in (true, false)]
        return _judged(pair, histories)


def _judged(pair: list[_Witness], histories: list[Shown]) -> Outcome:
    """Show each witness its own history first, then the other one in every way."""
    size = histories[0].size
    if not all(one.vouches(shown, 0) for one, shown in zip(pair, histories, strict=True)):
        return Undecided("a witness did not vouch for the first history that it was shown")
    for one, shown in zip(pair, reversed(histories), strict=True):
        parts = [Shown(shown.copy, shown.keys, part, shown.now) for part in (size, size - 1, size // 2, 1)]
        for part, old in product(parts, (size, size - 1, size // 2, 1, 0)):
            if one.vouches(part, old):
                return GotThrough(
                    "a witness vouched for a history that contradicts the one it had vouched for"
                )
    return Held("each witness vouches for the history it saw first; no history has two")


def _forked(true: Copy, false: Copy) -> int:
    """Give both copies as many entries, the second one's different from the middle on; return how many."""
    entries = true.entries()
    size = len(entries)
    middle = size // 2
    true.rebuild(entries)
    false.rebuild([*entries[:middle], *reversed(entries[middle:])])
    return size


ATTACK = Attack(
    name="ledger-split-view",
    control="ledger.intact",
    title="two histories, one witness each",
    skill=4,
    stage=Stage.TWIN,
    because="who has the keys can sign one history for the auditor and another for everybody else (RFC 9162, section 11.3)",
    references=("AML.T0107", "CWE-345"),
    weakening="histories_contradict",
    act=_act,
)
